"""The actions and lenses offered for a place, as pure functions of the document."""

from typing import Any

import pytest

from codecompanion.server.requests.code_action import Selection, code_actions, instruction_for
from codecompanion.server.requests.code_lens import lens
from codecompanion.server.requests.found_requests import FoundRequests
from codecompanion.server.wire.documents import OpenDocument, split_lines
from codecompanion.server.wire.positions import PositionEncoding

URI = "file:///w/app.py"


def document(
    text: str, language: str = "python", encoding: PositionEncoding = PositionEncoding.UTF16
) -> OpenDocument:
    return OpenDocument(URI, language, 0, tuple(split_lines(text)), encoding)


def actions(text: str, first: int, last: int | None = None, **more: Any) -> dict[str, dict[str, Any]]:
    shown = document(text, more.pop("language", "python"))
    selection = Selection(first, first if last is None else last, empty=last is None)
    requests = FoundRequests().of(shown)
    return {a["title"]: a for a in code_actions(shown, requests, selection, more.get("diagnostics", ()))}


def test_a_cursor_on_a_request_can_run_it() -> None:
    offered = actions("x = 1\n# orchestra: add a test\n", 1)
    assert list(offered) == ["Run with Orchestra"]
    command = offered["Run with Orchestra"]["command"]
    assert command["command"] == "orchestra.runRequest"
    (argument,) = command["arguments"]
    assert argument["request"] == "add a test"
    assert argument["uri"] == URI
    assert argument["range"]["start"]["line"] == 1


def test_a_cursor_elsewhere_offers_nothing() -> None:
    assert actions("x = 1\n# orchestra: add a test\n", 0) == {}


@pytest.mark.parametrize("text", ["# orchestra: be quick\nx = 1\n", "y = 2\n# orchestra: be quick\n"])
def test_a_selection_is_changed_by_the_request_in_or_above_it(text: str) -> None:
    offered = actions(text, 1, 1)
    (argument,) = offered["Change with Orchestra…"]["command"]["arguments"]
    assert argument["request"] == "be quick"
    assert argument["range"] == {"start": {"line": 1, "character": 0}, "end": {"line": 2, "character": 0}}
    assert "Write tests with Orchestra" in offered


def test_a_selection_without_a_request_gets_a_line_to_write_one() -> None:
    offered = actions("def f():\n    return 1\n", 1, 1)
    action = offered["Change with Orchestra…"]
    assert "command" not in action
    (edit,) = action["edit"]["changes"][URI]
    assert edit["newText"] == "    # orchestra: \n"
    assert edit["range"] == {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 0}}


def test_that_line_is_written_in_the_language_and_endings_of_the_file() -> None:
    offered = actions("<p>\r\n<b>\r\n", 1, 1, language="html")
    (edit,) = offered["Change with Orchestra…"]["edit"]["changes"][URI]
    assert edit["newText"] == "<!-- orchestra:  -->\r\n"


def test_diagnostics_can_be_fixed() -> None:
    problem = {
        "range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 1}},
        "message": "no",
    }
    action = actions("x\n", 0, diagnostics=[problem])["Fix with Orchestra"]
    assert action["kind"] == "quickfix"
    assert action["diagnostics"] == [problem]
    assert action["command"]["arguments"][0]["diagnostics"] == [problem]
    assert "isPreferred" not in action


def test_a_request_two_lines_above_is_not_the_selections() -> None:
    requests = FoundRequests().of(document("# orchestra: one\n\nx\n"))
    assert instruction_for(requests, Selection(2, 2, empty=False)) is None


@pytest.mark.parametrize(
    ("encoding", "start", "end"),
    [
        (PositionEncoding.UTF8, 14, 37),
        (PositionEncoding.UTF16, 11, 30),
        (PositionEncoding.UTF32, 10, 28),
    ],
)
def test_a_lens_stands_at_the_request_in_the_clients_units(
    encoding: PositionEncoding, start: int, end: int
) -> None:
    shown = document("é = '😀' # orchestra: grüße 👋", encoding=encoding)
    (request,) = FoundRequests().of(shown)
    place = lens(shown, request, None)["range"]
    assert (place["start"]["character"], place["end"]["character"]) == (start, end)


def test_a_state_of_a_document_is_searched_once() -> None:
    found, first, second = FoundRequests(), document("# orchestra: one\n"), document("# orchestra: one\n")
    assert found.of(first) is found.of(first)
    assert found.of(second) is not found.of(first)

"""Which folder and which lines a command means, from what the editor shows."""

from pathlib import Path
from typing import Any

import pytest
from pygls.exceptions import JsonRpcInvalidParams

from codecompanion.server.editor.folder_choice import choose_folder
from codecompanion.server.editor.open_documents import OpenDocuments
from codecompanion.server.editor.places import folder_of, relative_to, same_folder, uri_in
from codecompanion.server.editor.pointing import pointing_at
from codecompanion.server.editor.problems import KnownProblems, describe
from codecompanion.server.wire.documents import Documents
from codecompanion.server.wire.errors import RequestFailed
from codecompanion.server.wire.folders import WorkspaceFolder, WorkspaceFolders

ONE, TWO = WorkspaceFolder("file:///w/one", "one", "/w/one"), WorkspaceFolder("file:///w/two", "two", "/w/two")


def folders(*given: WorkspaceFolder) -> WorkspaceFolders:
    opened = WorkspaceFolders()
    opened.start({"workspaceFolders": [{"uri": folder.uri, "name": folder.name} for folder in given]})
    return opened


def chosen(*given: WorkspaceFolder, **hints: Any) -> str:
    hints = {"workspace": None, "uri": None, "active": None} | hints
    return choose_folder(folders(*given), **hints).path


def test_the_named_folder_wins() -> None:
    for name in ("two", "/w/two", "file:///w/two", "/w/two/"):
        assert chosen(ONE, TWO, workspace=name, uri="file:///w/one/a.py") == "/w/two"


def test_a_folder_that_is_not_open_may_be_named_by_its_path() -> None:
    assert chosen(ONE, workspace="/elsewhere/x") == "/elsewhere/x"
    with pytest.raises(JsonRpcInvalidParams, match="absolute path"):
        chosen(ONE, workspace="elsewhere")


def test_then_that_of_the_document_then_the_only_one_then_the_last_used() -> None:
    assert chosen(ONE, TWO, uri="file:///w/two/a%20b.py", active="file:///w/one/x") == "/w/two"
    assert chosen(ONE, uri="file:///tmp/elsewhere.py") == "/w/one"
    assert chosen(ONE, TWO, active="file:///w/two/x") == "/w/two"


def test_else_it_is_asked_for() -> None:
    with pytest.raises(RequestFailed, match="no folder is open"):
        chosen()
    with pytest.raises(RequestFailed, match="'/w/one', '/w/two'"):
        chosen(ONE, TWO, active="untitled:Untitled-1")


def test_the_innermost_folder_holds_a_document() -> None:
    inner = WorkspaceFolder("file:///w/one/inner", "inner", "/w/one/inner")
    assert folder_of("file:///w/one/inner/a.py", [ONE, inner, TWO]) is inner
    assert folder_of("file:///w/one/innermost.py", [ONE, inner]) is ONE
    assert folder_of("file:///w/one", [ONE]) is None


def test_paths_are_relative_with_forward_slashes_and_turn_back_into_uris() -> None:
    assert relative_to(ONE, "file:///w/one/a%20b/%C3%A9.py") == "a b/é.py"
    assert relative_to(ONE, "file:///w/other/x") is None
    assert relative_to(ONE, "untitled:x") is None
    assert uri_in(ONE, "a b/é.py") == "file:///w/one/a%20b/%C3%A9.py"


def test_a_folder_named_through_a_link_holds_its_documents_too(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    folder = WorkspaceFolder(link.as_uri(), "link", str(link))
    assert relative_to(folder, (real / "a.py").as_uri()) == "a.py"
    assert relative_to(folder, (link / "a.py").as_uri()) == "a.py"
    assert same_folder(str(real), str(link))


def opened(text: str) -> tuple[Documents, OpenDocuments]:
    documents = Documents()
    item = {"uri": "file:///w/one/a.py", "languageId": "python", "version": 1, "text": text}
    documents.opened({"textDocument": item})
    shown = OpenDocuments(documents)
    shown.touched("file:///w/one/a.py")
    return documents, shown


def test_a_range_is_whole_lines_of_what_the_editor_shows() -> None:
    _, shown = opened("one\ntwo\nthree\n")
    document = shown.get("file:///w/one/a.py")
    lines = {"start": {"line": 1, "character": 2}, "end": {"line": 2, "character": 0}}
    at = pointing_at(ONE, "file:///w/one/a.py", lines, document)
    assert at is not None
    assert (at.path, at.first_line, at.last_line, at.text) == ("a.py", 2, 2, "two\n")
    far = {"start": {"line": 90, "character": 0}, "end": {"line": 99, "character": 0}}
    at = pointing_at(ONE, "file:///w/one/a.py", far, document)
    assert at is not None
    assert (at.first_line, at.last_line) == (4, 4)
    whole = pointing_at(ONE, "file:///w/one/a.py", None, document)
    assert whole is not None
    assert (whole.path, whole.first_line) == ("a.py", None)
    assert pointing_at(ONE, "file:///tmp/x.py", None, None) is None


def test_open_texts_are_told_by_relative_path_and_as_they_were() -> None:
    documents, shown = opened("one\n")
    before = shown.texts(ONE)
    change = {
        "textDocument": {"uri": "file:///w/one/a.py", "version": 2},
        "contentChanges": [{"text": "two\n"}],
    }
    documents.changed(change)
    shown.touched("file:///w/one/a.py")
    assert dict(before) == {"a.py": "one\n"}
    assert dict(shown.texts(ONE)) == {"a.py": "two\n"}
    assert dict(shown.texts(TWO)) == {}
    documents.closed({"textDocument": {"uri": "file:///w/one/a.py"}})
    shown.closed("file:///w/one/a.py")
    assert dict(shown.texts(ONE)) == {}
    assert shown.active is None


def diagnostic(line: int, message: Any, **more: Any) -> dict[str, Any]:
    place = {"line": line, "character": 0}
    return {"range": {"start": place, "end": place}, "message": message, **more}


def test_diagnostics_are_told_as_sentences() -> None:
    given = [
        diagnostic(2, "no such name", source="ruff"),
        diagnostic(0, {"kind": "markdown", "value": "so *wrong*"}),
        "src/x.py:9: as it is",
        {"message": 3},
        {},
    ]
    assert describe("a.py", given) == [
        "a.py:3: no such name (ruff)",
        "a.py:1: so *wrong*",
        "src/x.py:9: as it is",
    ]


def test_known_problems_are_kept_by_document_until_it_changes() -> None:
    problems = KnownProblems()
    problems.note("file:///w/one/a.py", "a.py", [diagnostic(0, "one")])
    problems.note("file:///w/one/a.py", "a.py", [diagnostic(0, "one"), diagnostic(4, "two")])
    problems.note("file:///w/two/b.py", "b.py", [diagnostic(1, "three")])
    lookup = problems.lookup(ONE)
    assert lookup(None) == lookup("a.py") == ["a.py:1: one", "a.py:5: two"]
    assert lookup("b.py") == []
    problems.forget("file:///w/one/a.py")
    assert lookup(None) == []

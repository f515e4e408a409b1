"""`textDocument/codeAction`: run a written request, change or test a selection, fix what is marked as wrong."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from codecompanion.server.requests.comment_syntax import empty_request
from codecompanion.server.requests.request_comments import RequestComment, request_touching
from codecompanion.server.wire.documents import OpenDocument
from codecompanion.server.wire.positions import units_before

if TYPE_CHECKING:
    from lsprotocol import types

    from codecompanion.server.session import Session

RUN, CHANGE, TESTS, FIX = "quickfix", "refactor.rewrite", "refactor", "quickfix"


@dataclass(frozen=True, slots=True)
class Selection:
    """Whole lines of a document, both ends included, counted from 0; ``empty`` is a mere cursor."""

    first_line: int
    last_line: int
    empty: bool

    @property
    def range(self) -> dict[str, Any]:
        """The lines as an LSP range."""
        return {
            "start": {"line": self.first_line, "character": 0},
            "end": {"line": self.last_line + 1, "character": 0},
        }


async def handle(session: "Session", params: "types.CodeActionParams") -> list[dict[str, Any]]:
    """Answer with the actions that fit the place; [] where there is none."""
    document = session.documents.get(params.text_document.uri)
    if document is None:
        return []
    session.documents.active = document.uri
    diagnostics = [_plain(item) for item in params.context.diagnostics]
    session.note_problems(document.uri, diagnostics)
    start, end = params.range.start, params.range.end
    # a selection of whole lines ends before the first character of the line below
    last = end.line - 1 if end.character == 0 and end.line > start.line else end.line
    selection = Selection(start.line, max(last, start.line), start == end)
    found = session.comments.of(document)
    actions = [
        *await review_actions(session, document, selection),
        *code_actions(document, found, selection, diagnostics),
    ]
    if not session.server.client.code_action_literals:
        # such a client knows bare commands only
        return [action["command"] for action in actions if "command" in action]
    only = params.context.only
    return [action for action in actions if only is None or _wanted(action["kind"], only)]


async def review_actions(
    session: "Session", document: OpenDocument, selection: Selection
) -> list[dict[str, Any]]:
    """Return the actions for what waits at a place of a document."""
    marks = await session.reviews.marks(document)
    if not marks:
        return []
    from codecompanion.server.review.marks import actions_of  # noqa: PLC0415 - loaded with the marks

    choice = await session.reviews.choice(document)
    actions = list(actions_of(marks, selection.first_line, selection.last_line))
    return [*actions, choice] if choice else actions


def code_actions(
    document: OpenDocument,
    requests: Sequence[RequestComment],
    selection: Selection,
    diagnostics: Sequence[dict[str, Any]],
) -> Iterator[dict[str, Any]]:
    """Yield the actions for a place of a document, the likeliest first. Pure."""
    request = request_touching(requests, selection.first_line, selection.last_line)
    if request is not None:
        yield _action("Run with Orchestra", RUN, run_command(document.uri, request))
    if diagnostics:
        fix = {"uri": document.uri, "range": selection.range, "diagnostics": list(diagnostics)}
        yield _action("Fix with Orchestra", FIX, _command("fix", "Fix with Orchestra", fix), diagnostics)
    if not selection.empty:
        yield _change(document, instruction_for(requests, selection), selection)
        tests = {"uri": document.uri, "range": selection.range}
        title = "Write tests with Orchestra"
        yield _action(title, TESTS, _command("writeTests", title, tests))


def instruction_for(requests: Sequence[RequestComment], selection: Selection) -> RequestComment | None:
    """Return the request that belongs to a selection: one in it, or one on the lines right above it."""
    within = request_touching(requests, selection.first_line, selection.last_line)
    above = (r for r in requests if r.last_line + 1 == selection.first_line)
    return within or next(above, None)


def run_command(uri: str, request: RequestComment) -> dict[str, Any]:
    """Return the LSP command that runs a written request."""
    lines = Selection(request.first_line, request.last_line, empty=False)
    argument = {"request": request.text, "uri": uri, "range": lines.range}
    return _command("runRequest", "Run with Orchestra", argument)


def _change(document: OpenDocument, instruction: RequestComment | None, selection: Selection) -> dict[str, Any]:
    title = "Change with Orchestra…"
    if instruction is None:
        return {"title": title, "kind": CHANGE, "edit": _ask_above(document, selection.first_line)}
    argument = {"request": instruction.text, "uri": document.uri, "range": selection.range}
    return _action(title, CHANGE, _command("changeCode", title, argument))


def _ask_above(document: OpenDocument, line: int) -> dict[str, Any]:
    """Return the edit that writes an empty request above a line: the person completes and runs it."""
    text = document.lines[line] if line < len(document.lines) else ""
    indent = text[: len(text) - len(text.lstrip())].rstrip("\r\n")
    before, after = empty_request(document.language_id, document.uri)
    ending = "\r\n" if text.endswith("\r\n") else "\n"
    place = {"line": line, "character": 0}
    new_text = f"{indent}{before}{after}{ending}"
    return {"changes": {document.uri: [{"range": {"start": place, "end": place}, "newText": new_text}]}}


def range_of(document: OpenDocument, request: RequestComment) -> dict[str, Any]:
    """Return a request's place in the units of the client."""
    first, last = document.lines[request.first_line], document.lines[request.last_line]
    return {
        "start": {
            "line": request.first_line,
            "character": units_before(first, request.start, document.encoding),
        },
        "end": {"line": request.last_line, "character": units_before(last, request.end, document.encoding)},
    }


def _action(
    title: str, kind: str, command: dict[str, Any], diagnostics: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    action: dict[str, Any] = {"title": title, "kind": kind, "command": command}
    if diagnostics:
        action["diagnostics"] = list(diagnostics)
    return action


def _command(name: str, title: str, argument: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "command": f"orchestra.{name}", "arguments": [argument]}


def _wanted(kind: str, only: Sequence[str]) -> bool:
    return any(kind == wanted or kind.startswith(f"{wanted}.") or wanted == "" for wanted in only)


def _plain(diagnostic: "types.Diagnostic") -> dict[str, Any]:
    """Return what a fix needs of a diagnostic, as raw JSON that may travel in a command."""
    message = diagnostic.message
    plain: dict[str, Any] = {
        "range": {
            "start": {"line": diagnostic.range.start.line, "character": diagnostic.range.start.character},
            "end": {"line": diagnostic.range.end.line, "character": diagnostic.range.end.character},
        },
        "message": message if isinstance(message, str) else getattr(message, "value", str(message)),
    }
    if diagnostic.source:
        plain["source"] = diagnostic.source
    if diagnostic.severity:
        plain["severity"] = int(diagnostic.severity)
    if diagnostic.code is not None:
        plain["code"] = diagnostic.code
    return plain

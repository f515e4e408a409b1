"""`textDocument/codeLens`: above each written request, the way to run it; on a plan, the ways to go on."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.requests.code_action import range_of, run_command
from codecompanion.server.requests.request_comments import RequestComment
from codecompanion.server.wire.documents import OpenDocument

if TYPE_CHECKING:
    from lsprotocol import types

    from codecompanion.server.editor.live_runs import LiveRun
    from codecompanion.server.session import Session

_GOING_ON = {
    "approve": ("Approve the plan", "orchestra.approvePlan"),
    "stepwise": ("Go one step", "orchestra.next"),
}
_TOP = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}


async def handle(session: "Session", params: "types.CodeLensParams") -> list[dict[str, Any]]:
    """Answer with one lens for each request of the document, and those for what waits in it."""
    document = session.documents.get(params.text_document.uri)
    if document is None:
        return []
    return [*_lenses(session, document), *await review_lenses(session, document)]


async def review_lenses(session: "Session", document: OpenDocument) -> list[dict[str, Any]]:
    """Return the lenses for what waits in a document; the document is light as long as nothing does."""
    marks = await session.reviews.marks(document)
    if not marks:
        return []
    from codecompanion.server.review.marks import lenses_of  # noqa: PLC0415 - loaded with the marks

    return lenses_of(marks)


def _lenses(session: "Session", document: OpenDocument) -> list[dict[str, Any]]:
    planned = session.plans.run_of(document.uri) if session.plans.in_use else None
    if planned is not None:
        return plan_lenses(planned)
    return [
        lens(document, request, session.runs.of_comment(document.uri, request.text))
        for request in session.comments.of(document)
    ]


def plan_lenses(run: "LiveRun") -> list[dict[str, Any]]:
    """Return the lenses of a plan document: what may be done with its run now."""
    if run.ended:
        return []
    run.refresh()
    ways = [("Stop the run", "orchestra.stop")]
    if run.phase == "waiting":
        ways.insert(0, _GOING_ON[run.mode])
    return [{"range": _TOP, "command": _command(title, name, run.run_id)} for title, name in ways]


def _command(title: str, name: str, run_id: str) -> dict[str, Any]:
    return {"title": title, "command": name, "arguments": [{"runId": run_id}]}


def lens(document: OpenDocument, request: RequestComment, run: "LiveRun | None") -> dict[str, Any]:
    """Return a request's lens: it runs the request, or stops the run that is under way for it."""
    command = run_command(document.uri, request)
    if run is not None:
        command = _command(f"Orchestra: {run.short_text} — stop", "orchestra.stop", run.run_id)
    return {"range": range_of(document, request), "command": command}

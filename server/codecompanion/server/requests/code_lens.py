"""`textDocument/codeLens`: above each written request, the way to run it; while it runs, how it stands."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.requests.code_action import range_of, run_command
from codecompanion.server.requests.request_comments import RequestComment
from codecompanion.server.wire.documents import OpenDocument

if TYPE_CHECKING:
    from lsprotocol import types

    from codecompanion.server.editor.live_runs import LiveRun
    from codecompanion.server.session import Session


def handle(session: "Session", params: "types.CodeLensParams") -> list[dict[str, Any]]:
    """Answer with one lens for each request of the document."""
    document = session.documents.get(params.text_document.uri)
    if document is None:
        return []
    return [
        lens(document, request, session.runs.of_comment(document.uri, request.text))
        for request in session.comments.of(document)
    ]


def lens(document: OpenDocument, request: RequestComment, run: "LiveRun | None") -> dict[str, Any]:
    """Return a request's lens: it runs the request, or stops the run that is under way for it."""
    command = run_command(document.uri, request)
    if run is not None:
        title = f"Orchestra: {run.short_text} — stop"
        command = {"title": title, "command": "orchestra.stop", "arguments": [{"runId": run.run_id}]}
    return {"range": range_of(document, request), "command": command}

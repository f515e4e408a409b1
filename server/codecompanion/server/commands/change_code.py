"""`orchestra.changeCode`: change a selection, or a whole file, as the request says."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.commands.target import target_of
from codecompanion.server.editor.pointing import selected_lines
from codecompanion.server.editor.work import demand_request
from codecompanion.server.requests.code_action import Selection, instruction_for

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES = ("request", "uri", "range", "workspace", "offline", "step", "mode", "landing")
BARE = "request"


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Begin the run; without a request, the one written in or right above the selection is taken."""
    uri = arguments.uri or session.documents.active
    written = _written_request(session, uri, arguments.range) if arguments.request is None else None
    request = demand_request(
        arguments.request or written,
        "say what to change, or write `orchestra: …` as a comment right above the selection",
    )
    target = target_of(session, arguments, uri)
    return await session.start(target.work("change", request, arguments, origin=session.origin(uri, request)))


def _written_request(session: "Session", uri: str | None, given: dict[str, Any] | None) -> str | None:
    document = session.documents.get(uri) if uri is not None else None
    if document is None or given is None:
        return None
    first, last = selected_lines(given)
    found = instruction_for(session.comments.of(document), Selection(first, last, empty=False))
    return found.text if found else None

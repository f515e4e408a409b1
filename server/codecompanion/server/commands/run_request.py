"""`orchestra.runRequest`: do what a request written in a file says.

In Markdown and plain text, and where the workspace holds no code yet, it makes a project; in a file of code it
changes the code, with the request's own lines as the place that is pointed at.
"""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.commands.target import target_of
from codecompanion.server.editor.pointing import selected_lines
from codecompanion.server.editor.work import demand_request
from codecompanion.server.requests.request_comments import request_touching

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES = ("request", "uri", "range", "workspace", "template", "offline", "step", "mode", "landing")
BARE = "request"


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Begin the run; without a request, the one written at the place, or the document's first, is taken."""
    uri = arguments.uri or session.documents.active
    written = _written_request(session, uri, arguments.range) if arguments.request is None else None
    request = demand_request(arguments.request or written, "write a line such as `orchestra: add a login page`")
    target = target_of(session, arguments, uri)
    return await session.start(target.work(None, request, arguments, origin=session.origin(uri, request)))


def _written_request(session: "Session", uri: str | None, given: dict[str, Any] | None) -> str | None:
    document = session.documents.get(uri) if uri is not None else None
    if document is None:
        return None
    first, last = selected_lines(given) if given is not None else (0, len(document.lines))
    found = request_touching(session.comments.of(document), first, last)
    return found.text if found else None

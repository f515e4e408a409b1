"""`orchestra.designUI`: design a page, or change the design of one."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.editor.pointing import pointing_at
from codecompanion.server.editor.work import Work, demand_request

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES = ("request", "uri", "range", "workspace", "offline", "step")
BARE = "request"


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Begin the run."""
    request = demand_request(arguments.request, "say what the page is for and what it shows")
    uri = arguments.uri
    folder = session.folder(arguments.workspace, uri)
    document = session.documents.get(uri) if uri is not None else None
    return await session.start(
        Work(
            kind="design",
            request=request,
            folder=folder,
            pointing=pointing_at(folder, uri, arguments.range, document),
            offline=arguments.offline,
            stepwise=arguments.step,
        )
    )

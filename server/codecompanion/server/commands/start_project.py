"""`orchestra.startProject`: new software in the workspace folder, from a sentence."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.editor.work import Work, demand_request

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES = ("request", "workspace", "template", "offline", "step")
BARE = "request"


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Begin the run."""
    request = demand_request(arguments.request)
    folder = session.folder(arguments.workspace, None)
    return await session.start(
        Work(
            kind="project",
            request=request,
            folder=folder,
            template=arguments.template,
            offline=arguments.offline,
            stepwise=arguments.step,
        )
    )

"""`orchestra.startProject`: new software in the workspace folder, from a sentence."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.commands.target import target_of
from codecompanion.server.editor.work import demand_request

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES = ("request", "workspace", "template", "offline", "step", "mode", "landing")
BARE = "request"


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Begin the run."""
    request = demand_request(arguments.request)
    target = target_of(session, arguments, None)
    return await session.start(target.work("project", request, arguments))

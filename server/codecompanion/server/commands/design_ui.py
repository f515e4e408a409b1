"""`orchestra.designUI`: design a page, or change the design of one."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.commands.target import target_of
from codecompanion.server.editor.work import demand_request

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES = ("request", "uri", "range", "workspace", "offline", "step", "mode", "landing")
BARE = "request"


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Begin the run."""
    request = demand_request(arguments.request, "say what the page is for and what it shows")
    target = target_of(session, arguments, arguments.uri)
    return await session.start(target.work("design", request, arguments))

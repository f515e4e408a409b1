"""`orchestra.writeTests`: tests for a selection, a file, or the whole project."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.commands.target import target_of
from codecompanion.server.editor.work import demand_request

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES = ("request", "uri", "range", "workspace", "offline", "step", "mode", "landing")
BARE = "request"


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Begin the run; without a request, tests for what is pointed at, or for what has none."""
    target = target_of(session, arguments, arguments.uri)
    meant = target.pointing.path if target.pointing else "what has none yet"
    request = demand_request(arguments.request or f"Write tests for {meant}")
    return await session.start(target.work("tests", request, arguments))

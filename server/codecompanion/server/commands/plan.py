"""`orchestra.plan`: show the plan of a run as a document that can be changed."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import steering
from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.wire.errors import RequestFailed

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = ("run_id",), steering.BARE


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Write the plan's document and open it where the editor can; by default of the most recent active run."""
    live = session.runs.pick(arguments.run_id, lambda run: True, "is active")
    if live.ended:
        raise RequestFailed(f"run {live.run_id} has ended ({live.phase}); `orchestra.runsShow` tells its story")
    return await session.plans.show(live)

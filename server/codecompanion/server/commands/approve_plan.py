"""`orchestra.approvePlan`: let a run carry out its plan, as it stands in the editor if it is open there."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import steering
from codecompanion.server.commands.arguments import Arguments

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = steering.TAKES, steering.BARE


def _waits(run: steering.Standing) -> bool:
    return run.mode == "approve" and run.phase == "waiting"


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Approve the plan of the run meant, by default the most recent one that waits for that."""
    meant = await steering.meant(session, arguments, _waits, "waits for your approval")
    await meant.take_open_plan(session)
    await meant.engine.approve(meant.run_id)
    return meant.told(session, "the plan is approved")

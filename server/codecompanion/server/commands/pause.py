"""`orchestra.pause`: let no further agent, model call or edit of a run begin."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import steering
from codecompanion.server.commands.arguments import Arguments

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = steering.TAKES, steering.BARE


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Pause the run meant, by default the most recent active one; an interrupted one is paused in the log."""
    meant = await steering.meant(session, arguments, lambda run: run.phase != "paused", "can be paused")
    await meant.engine.pause(meant.run_id)
    return meant.told(session, "paused")

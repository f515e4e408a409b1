"""`orchestra.pause`: let no further agent, model call or edit of a run begin."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import steering
from codecompanion.server.commands.arguments import Arguments

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = steering.TAKES, steering.BARE


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Pause the run meant, by default the most recent active one."""
    meant = session.runs.pick(arguments.run_id, lambda run: run.phase != "paused", "can be paused")
    await steering.loaded_engine(meant).pause(meant.run_id)
    return steering.steered(meant, session.runs, "paused")

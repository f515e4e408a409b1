"""`orchestra.stop`: stop a run; its model streams are closed and its processes killed within a second."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import steering
from codecompanion.server.commands.arguments import Arguments

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = steering.TAKES, steering.BARE


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Stop the run meant, by default the most recent active one; one that has ended stays as it is."""
    meant = session.runs.pick(arguments.run_id, lambda run: True, "is active")
    if meant.ended:
        return steering.steered(meant, session.runs, f"had ended already ({meant.phase})")
    await session.stop(meant, "the user stopped it")
    return steering.steered(meant, session.runs, "stopped")

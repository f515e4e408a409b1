"""`orchestra.resume`: go on after a pause, or with a run that an earlier session left open."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import steering
from codecompanion.server.commands.arguments import Arguments

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = steering.TAKES, steering.BARE


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Resume the run meant, by default the most recent paused one; an unknown id is looked for in the log."""
    if arguments.run_id is not None and session.runs.get(arguments.run_id) is None:
        folder = session.folder(arguments.workspace, None)
        return await session.reopen(arguments.run_id, folder)
    meant = steering.here(session, arguments, lambda run: run.phase == "paused", "is paused")
    await meant.engine.resume(meant.run_id)
    return meant.told(session, "going on")

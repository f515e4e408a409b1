"""`orchestra.stopAll`: stop every run of this session, and those that an earlier one left open."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.editor.interrupted_runs import interrupted_of, look_for_interrupted

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES: tuple[str, ...] = ()
BARE = ""
_REASON = "the user stopped all runs"


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Stop all; none to stop is no error."""
    active = session.runs.active()
    for one in active:
        await session.stop(one, _REASON)
    stopped = [one.run_id for one in active]
    await look_for_interrupted(session)
    for workspace in session.workspaces.opened():
        for status in await interrupted_of(session, workspace):
            if status.run_id not in stopped:
                await workspace.engine.stop(status.run_id, _REASON)
                stopped.append(status.run_id)
    return {"runIds": stopped}

"""`orchestra.stop`: stop a run; its model streams are closed and its processes killed within a second."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import steering
from codecompanion.server.commands.arguments import Arguments

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = steering.TAKES, steering.BARE


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Stop the run meant, by default the most recent active one; one that has ended stays as it is.

    A run that an earlier session left open ends in the log; nothing of it is started for that.
    """
    here = session.runs.active() if arguments.run_id is None else session.runs.get(arguments.run_id)
    if not here:
        meant = await steering.meant(session, arguments, lambda run: True, "is active")
        await meant.engine.stop(meant.run_id)
        return meant.told(session, "stopped")
    live = session.runs.pick(arguments.run_id, lambda run: True, "is active")
    done = f"had ended already ({live.phase})" if live.ended else "stopped"
    await session.stop(live, "the user stopped it")
    return steering.told(session, live.run_id, live.work.title, done)

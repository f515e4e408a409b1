"""`orchestra.resume`: go on after a pause, or with a run that an earlier session left open."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import runs_shared, steering
from codecompanion.server.commands.arguments import Arguments

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = steering.TAKES, steering.BARE


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Resume the run meant, by default the most recent paused one, else one that an earlier session left open.

    One that has ended stays as it is.
    """
    if arguments.run_id is not None and (ended := await _ended(session, arguments, arguments.run_id)):
        return steering.told(session, arguments.run_id, *ended)
    meant = await steering.meant(
        session, arguments, lambda run: run.phase == "paused", "is paused", left_open=lambda _: True
    )
    started = await meant.go_on(session) if meant.live is None else {}
    if meant.live is not None:
        await meant.engine.resume(meant.run_id)
    return {**started, **meant.told(session, "going on")}


async def _ended(session: "Session", arguments: Arguments, run_id: str) -> tuple[str, str] | None:
    """Return the title of a run that has ended, here or in the log, and how; None for one that has not."""
    live = session.runs.get(run_id)
    if live is not None:
        return (live.work.title, f"had ended already ({live.phase})") if live.ended else None
    reading, entries = await runs_shared.late("reader"), await runs_shared.late("entries")
    workspace = await runs_shared.owned(session, arguments)
    entry = await reading.RunReader(workspace.store).entry(run_id)
    if entry.state in (entries.OPEN, entries.DAMAGED):
        return None
    return entry.title, f"had ended already ({entry.state})"

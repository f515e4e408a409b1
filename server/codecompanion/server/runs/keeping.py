"""Names, the archive, and what is done with runs that are damaged: notes about whole runs, in the log."""

from typing import Protocol

from codecompanion.contracts.change_events import CHANGES
from codecompanion.contracts.errors import BadRequest, OrchestraError
from codecompanion.contracts.events import Context, Event, Recorded
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.ports import VersionConflict
from codecompanion.contracts.session_events import SESSIONS, RunArchived, RunRenamed, RunSetAside
from codecompanion.server.runs.entries import DAMAGED
from codecompanion.server.runs.reader import ReadableLog, RunReader

LONGEST_TITLE = 200
_TRIES = 5
_BY_PERSON = "user"


class WritableLog(ReadableLog, Protocol):
    """What is needed of an event store to note something about a run."""

    async def append(
        self, run_id: RunId, expected_version: int, events: list[Event], contexts: list[Context] = ...
    ) -> list[Recorded]:
        """Append all or nothing; raises ``VersionConflict`` or ``OrchestraError``."""
        ...

    async def version(self, run_id: RunId) -> int:
        """Return how many events a stream has."""
        ...


async def note(
    log: WritableLog, event: RunRenamed | RunArchived | RunSetAside | Event, actor: str = _BY_PERSON
) -> None:
    """Append one event to the sessions' stream, whoever else writes to it at the same time."""
    await _append(log, SESSIONS, event, actor)


async def note_change(log: WritableLog, event: Event) -> None:
    """Append what the person decided about agents' edits to the stream of that."""
    await _append(log, CHANGES, event, _BY_PERSON)


async def _append(log: WritableLog, stream: str, event: Event, actor: str) -> None:
    run_id = getattr(event, "run_id", stream)
    for _ in range(_TRIES):
        try:
            version = await log.version(stream)
            await log.append(stream, version, [event], [Context(actor=actor, correlation_id=run_id)])
            return
        except VersionConflict:
            continue
    raise OrchestraError("the log was too busy to note this about the run; try again")


async def rename(log: WritableLog, run_id: RunId, title: str) -> str:
    """Give a run another name and return that; raises ``BadRequest`` for none."""
    clean = " ".join(title.split())
    if not clean or len(clean) > LONGEST_TITLE or not clean.isprintable():
        raise BadRequest(f"a name has 1 to {LONGEST_TITLE} printable characters; give another")
    await note(log, RunRenamed(run_id=run_id, title=clean))
    return clean


async def archive(log: WritableLog, run_id: RunId, *, archived: bool) -> None:
    """Put a run into the archive, or take it out; nothing happens where it is so already."""
    if (run_id in (await RunReader(log).notes()).archived) != archived:
        await note(log, RunArchived(run_id=run_id, archived=archived))


async def set_damaged_aside(log: WritableLog) -> list[RunSetAside]:
    """Note of each run that cannot be followed any more why not, once; return what was noted now."""
    reader = RunReader(log)
    known = (await reader.notes()).set_aside
    found = [
        RunSetAside(run_id=entry.run_id, reason=entry.damage)
        for entry in await reader.entries_from_log(archived=True)
        if entry.state == DAMAGED and entry.run_id not in known
    ]
    for event in found:
        await note(log, event, "orchestra")
    return found

"""The durable event store: one SQLite log per workspace, appended to in groups, read beside the writing."""

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Self

from codecompanion.contracts.events import Context, Event, Recorded
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.ports import Clock, EventStore
from codecompanion.memory.database import Database
from codecompanion.memory.event_codec import encode, recorded, require_storable
from codecompanion.memory.event_log import Append, AppendLog, all_run_ids, broken_links, run_events
from codecompanion.memory.group_commit import GroupCommit


class SqliteEventStore(EventStore):
    """Events in a `Database`, which it owns; for one event loop.

    An append that returned survives a killed process and a power loss. An append whose caller was cancelled
    may still be stored: read the run's version before going on. After a full or failing disk
    (``StorageError``) the store goes on with the next append.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._commits: GroupCommit[Append, int] = GroupCommit(AppendLog(database.writer, database.path).commit)

    @classmethod
    async def open(cls, folder: Path, clock: Clock) -> Self:
        """Open, or begin, the log in a data folder; raises as `Database.open`."""
        opening = asyncio.get_running_loop().run_in_executor(None, Database.open, folder, clock)
        try:
            return cls(await asyncio.shield(opening), clock)
        except asyncio.CancelledError:
            # nobody else can close what the thread is still opening
            opening.add_done_callback(_close_opened)
            raise

    @property
    def notices(self) -> list[str]:
        """Sentences for the user about what had to be mended while opening."""
        return self._database.notices

    async def append(
        self,
        run_id: RunId,
        expected_version: int,
        events: Sequence[Event],
        contexts: Sequence[Context] = (),
    ) -> list[Recorded]:
        """Append all or nothing, durable on return; raises ``VersionConflict`` or ``StorageError``."""
        require_storable(run_id)
        at = float(self._clock())
        bodies = tuple(encode(event) for event in events)
        position = await self._commits.submit(Append(run_id, expected_version, at, bodies))
        return recorded(run_id, expected_version, position, at, events)

    async def read(self, run_id: RunId) -> list[Recorded]:
        """Return one run's events in order; raises ``StorageError`` when they cannot all be read."""
        require_storable(run_id)
        return await self._database.read(partial(run_events, run_id=run_id))

    async def run_ids(self) -> list[RunId]:
        """Return every run's id, oldest first."""
        return await self._database.read(all_run_ids)

    async def verify(self, run_id: RunId) -> list[str]:
        """Return what was altered or lost in a run's log, as sentences; empty when nothing was."""
        require_storable(run_id)
        return await self._database.read(partial(broken_links, run_id=run_id))

    async def close(self) -> None:
        """Store what is queued, then let go of the file; closing again does nothing."""
        await self._commits.close()
        await asyncio.to_thread(self._database.close)


def _close_opened(opening: asyncio.Future[Database]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()

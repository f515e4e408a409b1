"""The durable event store: one SQLite log per workspace, appended to in groups, read beside the writing."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

from codecompanion.contracts.events import Context, Event, EventText, Recorded
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.ports import Clock, EventStore
from codecompanion.memory.blob_store import SqliteBlobStore
from codecompanion.memory.chain import broken_links
from codecompanion.memory.database import LogFile, open_database
from codecompanion.memory.event_codec import contexts_for, encode, recorded, require_storable
from codecompanion.memory.event_log import Append, Job
from codecompanion.memory.event_reading import all_run_ids, events_since, last_version, run_events, run_texts
from codecompanion.memory.group_commit import GroupCommit
from codecompanion.memory.sqlite import sqlite3

Answer = TypeVar("Answer")


class SqliteEventStore(EventStore):
    """Events in a `Database`, which it owns; for one event loop. ``blobs`` keeps contents in the same file.

    An append that returned survives a killed process and a power loss. An append whose caller was cancelled
    may still be stored: read the run's version before going on. After a full or failing disk
    (``StorageError``) the store goes on with the next append.
    """

    def __init__(self, database: LogFile, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._commits: GroupCommit[Job, int] = GroupCommit(database.commit)
        self.blobs = SqliteBlobStore(database, self._commits)

    @classmethod
    async def open(cls, folder: Path, clock: Clock) -> Self:
        """Open, or begin, the log in a data folder; raises as `Database.open`."""
        return cls(await open_database(folder, clock), clock)

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
        whole = contexts_for(run_id, events, contexts)
        at = float(self._clock())
        bodies = tuple(map(encode, events))
        position = await self._commits.submit(Append(run_id, expected_version, at, bodies, whole))
        return recorded(run_id, expected_version, position, at, events, contexts=whole)

    async def read(self, run_id: RunId) -> list[Recorded]:
        """Return one run's events in order; raises ``StorageError`` when they cannot all be read."""
        require_storable(run_id)
        return await self._database.read(partial(run_events, run_id=run_id))

    async def read_texts(self, run_id: RunId) -> list[EventText]:
        """Return one run's events as they are stored; raises ``StorageError`` when one is missing."""
        require_storable(run_id)
        return await self._database.read(partial(run_texts, run_id=run_id))

    async def read_since(self, position: int, limit: int, correlation_id: str | None = None) -> list[Recorded]:
        """Return at most ``limit`` events of all streams after ``position``, in order."""
        question = partial(events_since, position=position, limit=limit, correlation_id=correlation_id)
        return await self._database.read(question)

    async def run_ids(self) -> list[RunId]:
        """Return every run's id, oldest first."""
        return await self._database.read(all_run_ids)

    async def version(self, run_id: RunId) -> int:
        """Return the version of a stream's last event, 0 when it has none."""
        require_storable(run_id)
        return await self._database.read(partial(last_version, run_id=run_id))

    async def verify(self, run_id: RunId) -> list[str]:
        """Return what was altered or lost in a run's log, as sentences; empty when nothing was."""
        require_storable(run_id)
        return await self._database.read(partial(broken_links, run_id=run_id))

    async def ask(self, question: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """Answer a question about whole streams (see `whole_streams`); raises ``StorageError``."""
        return await self._database.read(question)

    async def change(self, work: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """Add or remove a whole stream (see `whole_streams`); raises ``StorageError``."""
        return await self._database.change(work)

    async def close(self) -> None:
        """Store what is queued, then let go of the file; closing again does nothing."""
        await self._commits.close()
        await asyncio.to_thread(self._database.close)

"""What an owned log gets while nothing is written to it: current tables, a daily backup, a small file."""

import asyncio
import logging
from contextlib import suppress

from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.ports import Clock, EventStore, VersionConflict
from codecompanion.contracts.session_events import SESSIONS, LogOpened
from codecompanion.memory import backups, care
from codecompanion.memory.data_folder import BACKUPS_NAME
from codecompanion.memory.database import LogFile
from codecompanion.memory.event_rows import last_position
from codecompanion.memory.records.project_records import SqliteProjectRecords
from codecompanion.memory.sqlite import sqlite3

log = logging.getLogger(__name__)

LOOK_EVERY = 5.0
"""Seconds between two looks at the log; what is the same in two of them is quiet."""
BACKUP_AFTER = 24 * 3600.0
"""Seconds after which a backup is too old, if anything happened since."""


class Upkeep:
    """Looks after one log while it is open. Nothing here is urgent: what fails is tried another time."""

    def __init__(self, database: LogFile, records: SqliteProjectRecords, clock: Clock) -> None:
        self._database = database
        self._records = records
        self._clock = clock
        self._seen = -1
        self._done = -1

    async def run(self) -> None:
        """Look again and again, until the log is closed."""
        while not self._database.closed:
            try:
                await self.look()
            except OrchestraError as trouble:
                log.debug("the log could not be looked at: %s", trouble)
            await asyncio.sleep(LOOK_EVERY)

    async def look(self) -> None:
        """Do what is due if nothing was written since the last look; raises ``StorageError``."""
        end = await self._database.read(last_position)
        quiet, self._seen = end == self._seen, end
        if quiet and end != self._done:
            self._done = end
            await self.finish()

    async def finish(self) -> None:
        """Do all that is due now; a failure is logged and changes nothing."""
        try:
            await self._records.catch_up()
            if await self._backup_is_due():
                await asyncio.to_thread(care.back_up, self._database.path.parent, self._clock)
            await self._database.change(_fold_up)
        except OrchestraError as trouble:
            log.warning("the log could not be looked after: %s", trouble)

    async def _backup_is_due(self) -> bool:
        folder = self._database.path.parent / BACKUPS_NAME
        newest = next(iter(backups.backups(folder)), None)
        end = await self._database.read(backups.last_event)
        if newest is None or end is None:
            return end is not None
        if self._clock() - backups.made_at(newest) < BACKUP_AFTER:
            return False
        return await asyncio.to_thread(backups.last_event_of, newest) != end


def _fold_up(connection: sqlite3.Connection) -> None:
    """Bring the write-ahead log into the file and empty it; does nothing without one, or while it is read."""
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


async def note_opening(store: EventStore, program: str, notices: list[str]) -> None:
    """Record that a program took the log over; a log that cannot take this just now stays usable."""
    opened = LogOpened(program=program, notices=tuple(notices))
    try:
        while True:
            version = len(await store.read(SESSIONS))
            with suppress(VersionConflict):
                await store.append(SESSIONS, version, [opened])
                return
    except OrchestraError as trouble:
        log.warning("the opening could not be recorded: %s", trouble)

"""The workspace's database: one owner, checked after a bad end, restored when damaged, brought up to date."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Protocol, Self, TypeVar

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.contracts.ports import Clock
from codecompanion.memory import engine
from codecompanion.memory.data_folder import LOCK_NAME, prepare_folder
from codecompanion.memory.errors import DamagedLog, StorageError
from codecompanion.memory.event_log import AppendLog, Job, Outcome
from codecompanion.memory.opening import Opening
from codecompanion.memory.owner_lock import OwnerLock
from codecompanion.memory.schema import Migration, shipped_migrations
from codecompanion.memory.sqlite import sqlite3

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")


class LogFile(Protocol):
    """What a store needs of the database that holds its log, whoever owns that."""

    @property
    def path(self) -> Path:
        """Where the database is."""
        ...

    @property
    def notices(self) -> list[str]:
        """Sentences for the user about what had to be mended while opening."""
        ...

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        ...

    def commit(self, jobs: Sequence[Job]) -> list[Outcome]:
        """Make a batch durable and return one outcome a job; for one thread."""
        ...

    async def read(self, question: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """Answer a question on a connection that cannot write, off the loop; raises ``StorageError``."""
        ...

    async def change(self, work: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """Do work beside the appends on a connection that can write, off the loop; raises ``StorageError``."""
        ...

    def close(self) -> None:
        """Let go of the file; blocks."""
        ...


class Database:
    """An open, owned, sound, up-to-date database.

    ``writer`` belongs to one thread at a time, which the caller sees to: it is the one that calls ``commit``.
    Reads go through `read`, changes of what is derived from the log through `change`. ``notices`` are sentences
    for the user about what had to be mended while opening. ``journal_mode`` is the one in force.
    """

    def __init__(
        self, path: Path, lock: OwnerLock, writer: sqlite3.Connection, journal_mode: str, notices: list[str]
    ) -> None:
        self.path = path
        self.writer = writer
        self.journal_mode = journal_mode
        self.notices = notices
        self._log = AppendLog(writer, path)
        self._lock = lock
        self._damaged = False
        self._reader = engine.connect_reader(path)
        self._changer: sqlite3.Connection | None = None
        # one thread each, because one connection serves one thread at a time
        self._reading = ThreadPoolExecutor(1, thread_name_prefix="orchestra-log-reader")
        self._changing = ThreadPoolExecutor(1, thread_name_prefix="orchestra-log-changer")
        self._closed = False

    @classmethod
    def open(
        cls,
        folder: Path,
        clock: Clock,
        *,
        migrations: Sequence[Migration] | None = None,
        sqlite_version: engine.SqliteVersion = sqlite3.sqlite_version_info,
    ) -> Self:
        """Open, or begin, the database in ``folder``; blocks for a few milliseconds, longer after a bad end.

        Raises ``WorkspaceInUse``, ``NewerDatabase``, ``ForeignDatabase`` or another ``WorkspaceError``, and
        ``StorageError`` when the disk fails.
        """
        prepare_folder(folder)
        lock = OwnerLock.take(folder / LOCK_NAME)
        opening = Opening(
            folder, clock, shipped_migrations() if migrations is None else migrations, sqlite_version
        )
        try:
            writer, mode = opening.sound_connection(suspicious=lock.found_unclean)
            try:
                return cls(opening.path, lock, writer, mode, opening.notices)
            except BaseException:
                writer.close()
                raise
        except BaseException as error:
            lock.release(clean=not lock.found_unclean)
            if isinstance(error, sqlite3.Error):
                raise engine.in_plain_words(error, opening.path) from error
            if isinstance(error, OSError):
                raise WorkspaceError(
                    f"the run log in {folder} cannot be opened ({error}): see to the folder and try again"
                ) from error
            raise

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._closed

    def commit(self, jobs: Sequence[Job]) -> list[Outcome]:
        """As ``LogFile.commit``, on the writing connection."""
        outcomes = self._log.commit(jobs)
        self._damaged |= any(isinstance(outcome, DamagedLog) for outcome in outcomes)
        return outcomes

    async def read(self, question: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """Answer a question on the read-only connection, off the loop; raises ``StorageError``."""
        return await self._off_the_loop(self._reading, lambda: question(self._reader))

    async def change(self, work: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """Do work on a second writing connection, off the loop; raises ``StorageError``.

        Appends wait while it is in a transaction: keep those short.
        """
        return await self._off_the_loop(self._changing, lambda: work(self._changing_connection()))

    async def _off_the_loop(self, executor: ThreadPoolExecutor, work: Callable[[], Answer]) -> Answer:
        if self._closed:
            raise StorageError("the log is closed: nothing more can be done with it")
        try:
            return await asyncio.get_running_loop().run_in_executor(executor, work)
        except sqlite3.Error as error:
            self._damaged |= engine.is_damage(error)
            raise engine.in_plain_words(error, self.path) from error

    def _changing_connection(self) -> sqlite3.Connection:
        if self._changer is None:
            self._changer = engine.connect(self.path)
            engine.sync_commits(self._changer, self.journal_mode)
        return self._changer

    def close(self) -> None:
        """Fold the write-ahead log into the file, close and let another process own it; blocks.

        Where damage was met, the next opening looks for it. Closing again does nothing.
        """
        if self._closed:
            return
        self._closed = True
        self._reading.shutdown()
        self._changing.shutdown()
        self._reader.close()
        if self._changer is not None:
            self._changer.close()
        # a checkpoint that fails (a full disk) loses nothing: the frames stay in the -wal file
        with suppress(sqlite3.Error):
            self.writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.writer.close()
        self._lock.release(clean=not self._damaged)


async def open_database(folder: Path, clock: Clock) -> Database:
    """As `Database.open`, off the loop; a cancelled opening lets go of the folder again."""
    opening = asyncio.get_running_loop().run_in_executor(None, Database.open, folder, clock)
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        # nobody else can close what the thread is still opening
        opening.add_done_callback(_close_opened)
        raise


def _close_opened(opening: asyncio.Future[Database]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()

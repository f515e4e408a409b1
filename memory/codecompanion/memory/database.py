"""The workspace's database: one owner, checked after a bad end, restored when damaged, brought up to date."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Self, TypeVar

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.contracts.ports import Clock
from codecompanion.memory import backups, engine
from codecompanion.memory.data_folder import BACKUPS_NAME, DATABASE_NAME, LOCK_NAME, prepare_folder
from codecompanion.memory.errors import StorageError
from codecompanion.memory.owner_lock import OwnerLock
from codecompanion.memory.schema import Migration, migrate, require_ours, shipped_migrations
from codecompanion.memory.sqlite import sqlite3

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")


class _Damaged(Exception):
    """The file is no sound database; the text says what was found."""


class Database:
    """An open, owned, sound, up-to-date database.

    ``writer`` belongs to one thread at a time, which the caller sees to; reads go through `read`. ``notices``
    are sentences for the user about what had to be mended while opening. ``journal_mode`` is the one in force.
    """

    def __init__(
        self, path: Path, lock: OwnerLock, writer: sqlite3.Connection, journal_mode: str, notices: list[str]
    ) -> None:
        self.path = path
        self.writer = writer
        self.journal_mode = journal_mode
        self.notices = notices
        self._lock = lock
        self._reader = engine.connect_reader(path)
        # one thread, because one connection serves one thread at a time
        self._reading = ThreadPoolExecutor(1, thread_name_prefix="orchestra-log-reader")
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
        opening = _Opening(
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

    async def read(self, question: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """Answer a question on the read-only connection, off the loop; raises ``StorageError``."""
        if self._closed:
            raise StorageError("the log is closed: nothing more can be read from it")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._reading, question, self._reader)
        except sqlite3.Error as error:
            raise engine.in_plain_words(error, self.path) from error

    def close(self) -> None:
        """Fold the write-ahead log into the file, close and let another process own it; blocks.

        Closing again does nothing.
        """
        if self._closed:
            return
        self._closed = True
        self._reading.shutdown()
        self._reader.close()
        # a checkpoint that fails (a full disk) loses nothing: the frames stay in the -wal file
        with suppress(sqlite3.Error):
            self.writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.writer.close()
        self._lock.release()


class _Opening:
    """The steps from a file of unknown state to a sound connection."""

    def __init__(
        self, folder: Path, clock: Clock, migrations: Sequence[Migration], version: engine.SqliteVersion
    ) -> None:
        self.path = folder / DATABASE_NAME
        self.notices: list[str] = []
        self._partial = folder / f"{DATABASE_NAME}.partial"
        self._backups = folder / BACKUPS_NAME
        self._clock = clock
        self._migrations = migrations
        self._version = version

    def sound_connection(self, *, suspicious: bool) -> tuple[sqlite3.Connection, str]:
        """Return a connection to the database, or to what took the place of a damaged one, and its mode."""
        try:
            return self._connection(suspicious)
        except _Damaged as damaged:
            self._replace(str(damaged))
        try:
            return self._connection(suspicious=False)
        except _Damaged as damaged:
            raise WorkspaceError(
                f"{self.path} is damaged even after a restore ({damaged}): check the disk"
            ) from damaged

    def _connection(self, suspicious: bool) -> tuple[sqlite3.Connection, str]:
        if not self.path.exists():
            self._begin()
        # SQLite, too, takes a file of one byte for an empty one
        if self.path.stat().st_size <= 1:
            raise _Damaged("the file is empty")
        wal = Path(f"{self.path}-wal")
        live_wal = wal.exists() and wal.stat().st_size > 0
        connection = engine.connect(self.path)
        try:
            require_ours(connection, self.path, self._migrations)
            self._check(connection, suspicious)
            mode = engine.settle_journal_mode(connection, live_wal=live_wal, version=self._version)
            migrate(connection, self._migrations, lambda: self._back_up(connection))
        except sqlite3.DatabaseError as error:
            connection.close()
            if engine.is_damage(error):
                raise _Damaged(str(error)) from error
            raise
        except BaseException:
            connection.close()
            raise
        return connection, mode

    def _begin(self) -> None:
        """Make a new database beside its place, so that an empty file there always means damage."""
        backups.remove(self._partial)
        with closing(engine.connect(self._partial)) as connection:
            migrate(connection, self._migrations, lambda: None)
        self._partial.replace(self.path)

    def _check(self, connection: sqlite3.Connection, suspicious: bool) -> None:
        page_size = connection.execute("PRAGMA page_size").fetchone()[0]
        cut = self.path.stat().st_size % page_size != 0
        if (suspicious or cut) and (found := backups.damage(connection)):
            raise _Damaged(found)

    def _back_up(self, connection: sqlite3.Connection) -> None:
        backups.make_backup(connection, self._backups, self._clock())

    def _replace(self, found: str) -> None:
        restored = backups.copy_newest(self._backups, self._partial)
        aside = backups.set_aside(self.path, self._clock())
        if restored:
            self._partial.replace(self.path)
        outcome = (
            f"its backup {restored.name} was restored, so what came after that is not listed"
            if restored
            else "there was no backup, so a new log was begun and earlier runs are not listed"
        )
        notice = f"The run log was damaged ({found}): it is kept as {aside.name}, and {outcome}."
        log.warning(notice)
        self.notices.append(notice)

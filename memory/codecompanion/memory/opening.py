"""From a file of unknown state to a sound, up-to-date database: checked, set aside, restored, migrated."""

import logging
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.contracts.ports import Clock
from codecompanion.contracts.wording import counted
from codecompanion.memory import backups, engine
from codecompanion.memory.data_folder import BACKUPS_NAME, DATABASE_NAME
from codecompanion.memory.salvage import Salvaged, salvage, set_open_runs_aside
from codecompanion.memory.schema import Migration, migrate, require_ours
from codecompanion.memory.sqlite import sqlite3

log = logging.getLogger(__name__)

_LAST_EVENT = "SELECT position, at FROM events ORDER BY position DESC LIMIT 1"
_WHOLE_LOG = "SELECT position, run_id, version, at, body, link FROM events LIMIT 0"


class _Damaged(Exception):
    """The file is no sound database; the text says what was found."""


class Opening:
    """The steps to a sound connection; ``notices`` say, for the user, what had to be mended."""

    def __init__(
        self, folder: Path, clock: Clock, migrations: Sequence[Migration], version: engine.SqliteVersion
    ) -> None:
        self.path = folder / DATABASE_NAME
        self.notices: list[str] = []
        self._partial = folder / f"{DATABASE_NAME}.partial"
        self._restored = folder / f"{DATABASE_NAME}.restored"
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
            self._find_or_begin()
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
            _require_log(connection)
        except sqlite3.DatabaseError as error:
            connection.close()
            if engine.is_damage(error):
                raise _Damaged(str(error)) from error
            raise
        except BaseException:
            connection.close()
            raise
        return connection, mode

    def _find_or_begin(self) -> None:
        """Go on with a restore that was cut off at its last step, else with a new database."""
        if self._restored.exists():
            self._restored.replace(self.path)
        else:
            self._begin(self.path)

    def _begin(self, target: Path) -> None:
        """Make a new database beside its place, so that an empty file there always means damage."""
        backups.remove(self._partial)
        with closing(engine.connect(self._partial)) as connection:
            migrate(connection, self._migrations, lambda: None)
        self._partial.replace(target)

    def _check(self, connection: sqlite3.Connection, suspicious: bool) -> None:
        page_size = connection.execute("PRAGMA page_size").fetchone()[0]
        cut = self.path.stat().st_size % page_size != 0
        if (suspicious or cut) and (found := backups.damage(connection)):
            raise _Damaged(found)

    def _back_up(self, connection: sqlite3.Connection) -> None:
        backups.make_backup(connection, self._backups, self._clock())

    def _replace(self, found: str) -> None:
        """Set the damaged file aside, and put its newest backup and what it still gave in its place."""
        source = backups.copy_newest(self._backups, self._partial)
        if source is None:
            self._begin(self._partial)
        restored = "there was no backup, so a new log was begun"
        if source is not None:
            restored = f"its backup {source.name} was restored"
        with closing(engine.connect(self._partial)) as connection:
            migrate(connection, self._migrations, lambda: None)
            saved = salvage(connection, self.path)
            end = connection.execute(_LAST_EVENT).fetchone()
            if not saved.whole:
                set_open_runs_aside(connection, self._clock(), f"the log was damaged and {restored}")
        # whole under this name before the other one goes: a kill in between loses nothing
        self._partial.replace(self._restored)
        aside = backups.set_aside(self.path, self._clock())
        self._restored.replace(self.path)
        notice = f"The run log was damaged ({found}): it is kept as {aside.name}, and {restored}."
        notice = f"{notice} {_extent(saved, end)}"
        log.warning(notice)
        self.notices.append(notice)


def _require_log(connection: sqlite3.Connection) -> None:
    try:
        connection.execute(_WHOLE_LOG)
    except sqlite3.OperationalError as error:
        raise _Damaged(str(error)) from error


def _extent(saved: Salvaged, end: tuple[int, float] | None) -> str:
    """Return what the log holds now, in a sentence."""
    if end is None:
        return "Earlier runs are not listed."
    came = f"{counted(saved.events, 'event')} came from the damaged file. " if saved.events else ""
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(end[1]))
    if saved.whole:
        return f"{came}Nothing was lost: the log goes up to its event {end[0]:,} of {at}."
    return (
        f"{came}The log goes up to its event {end[0]:,} of {at}; later ones are lost, and runs that were open "
        "then are not gone on with, so that nothing is done twice."
    )

"""Looking after a workspace's database: how it is, whether it is sound, a backup, less space.

Everything here blocks; call it off the event loop. `status`, `check` and `back_up` only read and may be done
beside the process that owns the database; the others are for the owner's own connection.
"""

import time
from pathlib import Path

from codecompanion.contracts.database_reports import (
    BackupFile,
    DatabaseCheck,
    DatabaseRebuild,
    DatabaseStatus,
    DatabaseVacuum,
)
from codecompanion.contracts.errors import WorkspaceError
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.ports import Clock
from codecompanion.memory import backups
from codecompanion.memory.beside import ask_beside
from codecompanion.memory.chain import broken_links
from codecompanion.memory.data_folder import BACKUPS_NAME, DATABASE_NAME, LOCK_NAME, closed_folder, noted_owner
from codecompanion.memory.engine import is_damage, journal_mode, snapshot
from codecompanion.memory.owner_lock import is_held
from codecompanion.memory.records import projecting, shapes
from codecompanion.memory.records.comparing import differences
from codecompanion.memory.records.folding import Tell
from codecompanion.memory.schema import format_of
from codecompanion.memory.sqlite import sqlite3
from codecompanion.memory.whole_streams import streams


def status(folder: Path) -> DatabaseStatus:
    """Return how the database in a data folder is; raises ``WorkspaceError`` or ``StorageError``."""
    try:
        return ask_beside(folder, lambda connection: _status(folder, connection))
    except OSError as error:
        raise closed_folder(folder, error) from error


def _status(folder: Path, connection: sqlite3.Connection) -> DatabaseStatus:
    path = folder / DATABASE_NAME
    events, last, at = connection.execute(
        "SELECT count(*), coalesce(max(position), 0), max(at) FROM events"
    ).fetchone()
    noted = noted_owner(folder)
    held = noted is not None and is_held(folder / LOCK_NAME)
    return DatabaseStatus(
        path=str(path),
        size=size_of(path),
        format=format_of(connection),
        journal_mode=journal_mode(connection),
        engine=sqlite3.sqlite_version,
        runs=_runs(streams(connection)),
        events=events,
        last_event_at=at,
        tables_behind=_behind(connection, last),
        backups=tuple(map(_described, backups.backups(folder / BACKUPS_NAME))),
        set_aside=tuple(map(str, backups.kept_damaged(path))),
        owner=noted if held else None,
        killed_owner=None if held else noted,
    )


def size_of(path: Path) -> int:
    """Return the bytes of a database and its side files."""
    files = [Path(f"{path}{suffix}") for suffix in ("", *backups.SIDE_FILES)]
    return sum(file.stat().st_size for file in files if file.exists())


def _runs(names: list[RunId]) -> int:
    return sum(not name.startswith("~") for name in names)


def _behind(connection: sqlite3.Connection, last: int) -> int:
    if shapes.misfits(connection):
        return last
    return last - (projecting.reached(connection) or 0)


def _described(backup: Path) -> BackupFile:
    return BackupFile(path=str(backup), at=backups.made_at(backup), size=backup.stat().st_size)


def check(folder: Path, tell: Tell) -> DatabaseCheck:
    """Look at every page, chain and derived table; raises ``WorkspaceError`` or ``StorageError``."""
    return ask_beside(folder, lambda connection: _check(folder, connection, tell))


def _check(folder: Path, connection: sqlite3.Connection, tell: Tell) -> DatabaseCheck:
    begun = time.monotonic()
    with snapshot(connection):
        pages = _damage(connection)
        names = [] if pages else streams(connection)
        chains = [said for name in names for said in broken_links(connection, name)]
        tables = [] if pages else _table_faults(connection, tell)
        events = 0 if pages else connection.execute("SELECT count(*) FROM events").fetchone()[0]
    return DatabaseCheck(
        path=str(folder / DATABASE_NAME),
        sound=not (pages or chains or tables),
        runs=_runs(names),
        events=events,
        pages=(pages,) if pages else (),
        chains=tuple(chains),
        tables=tuple(tables),
        seconds=round(time.monotonic() - begun, 3),
    )


def _damage(connection: sqlite3.Connection) -> str:
    try:
        return backups.damage(connection)
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            return str(error)
        raise


def _table_faults(connection: sqlite3.Connection, tell: Tell) -> list[str]:
    misfits = shapes.misfits(connection)
    if misfits or projecting.reached(connection) is None:
        # tables that nobody has used yet are not wrong
        return [misfit.fault for misfit in misfits]
    return differences(connection, tell)


def back_up(folder: Path, clock: Clock) -> BackupFile:
    """Make a backup now; raises ``WorkspaceError`` or ``StorageError``."""
    try:
        target = ask_beside(
            folder, lambda connection: backups.make_backup(connection, folder / BACKUPS_NAME, clock())
        )
    except OSError as error:
        raise WorkspaceError(
            f"no backup could be made in {folder / BACKUPS_NAME}: {error.strerror or error}; "
            "make it a writable folder with some free space"
        ) from error
    return _described(target)


def vacuum(connection: sqlite3.Connection, path: Path) -> DatabaseVacuum:
    """Give the space of what was removed back to the disk, on a connection of the owner."""
    before = size_of(path)
    connection.execute("VACUUM")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return DatabaseVacuum(path=str(path), size_before=before, size_after=size_of(path))


def rebuild(connection: sqlite3.Connection, path: Path, tell: Tell, clock: Clock) -> DatabaseRebuild:
    """Make the tables beside the log anew, on a connection of the owner."""
    begun = time.monotonic()
    mended = shapes.mend(connection, backups.stamp(clock()))
    projecting.rebuild(connection, tell)
    return DatabaseRebuild(
        path=str(path),
        events=connection.execute("SELECT count(*) FROM events").fetchone()[0],
        seconds=round(time.monotonic() - begun, 3),
        mended=tuple(mended),
    )

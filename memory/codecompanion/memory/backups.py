"""Copies of the database, and what is done with a damaged one: set aside, never removed."""

import os
import re
import shutil
import time
from calendar import timegm
from contextlib import closing
from pathlib import Path

from codecompanion.contracts.session_events import SESSIONS
from codecompanion.memory.engine import connect
from codecompanion.memory.schema import format_of
from codecompanion.memory.sqlite import sqlite3

KEPT = 3
SIDE_FILES = ("-wal", "-shm", "-journal")
_BACKUP = re.compile(r"orchestra-\d{8}T\d{6}Z-v\d+\.db")


def stamp(now: float) -> str:
    """Return a UTC time for file names, such as ``20260131T235959Z``: names sort by time."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))


def made_at(backup: Path) -> float:
    """Return when a backup was made, by its name."""
    return float(timegm(time.strptime(backup.name[10:26], "%Y%m%dT%H%M%SZ")))


def make_backup(connection: sqlite3.Connection, folder: Path, now: float) -> Path:
    """Copy the open database into ``folder`` and keep only the newest copies there.

    The copy takes its name only when it is whole and on the disk.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    target = folder / f"orchestra-{stamp(now)}-v{format_of(connection)}.db"
    partial = target.with_suffix(".partial")
    remove(partial)
    with closing(sqlite3.connect(partial)) as copy:
        connection.backup(copy)
    partial.replace(target)
    for old in backups(folder)[KEPT:]:
        old.unlink(missing_ok=True)
    return target


def backups(folder: Path) -> list[Path]:
    """Return the backups in ``folder``, newest first."""
    if not folder.is_dir():
        return []
    return sorted((file for file in folder.iterdir() if _BACKUP.fullmatch(file.name)), reverse=True)


def last_event(connection: sqlite3.Connection) -> tuple[str, int] | None:
    """Return stream and position of the last event; None in an empty log. Mere openings do not count."""
    row = connection.execute(
        "SELECT run_id, position FROM events WHERE run_id <> ? ORDER BY position DESC LIMIT 1", (SESSIONS,)
    ).fetchone()
    return (row[0], row[1]) if row else None


def last_event_of(backup: Path) -> tuple[str, int] | None:
    """Return the last event of a backup; None also where it cannot be read."""
    try:
        with closing(connect(backup)) as connection:
            return last_event(connection)
    except sqlite3.Error:
        return None


def damage(connection: sqlite3.Connection) -> str:
    """Return what a check of every page found, "" for a sound database; raises ``sqlite3.DatabaseError``."""
    found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    return "" if found == "ok" else found


def copy_newest(folder: Path, target: Path) -> Path | None:
    """Copy the newest sound backup to ``target``, safe on the disk, and return it; None when there is none."""
    for backup in backups(folder):
        if _is_sound(backup):
            remove(target)
            shutil.copyfile(backup, target)
            _sync(target)
            return backup
    return None


def remove(path: Path) -> None:
    """Remove a database that nobody needs, with its side files."""
    for suffix in ("", *SIDE_FILES):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def _is_sound(backup: Path) -> bool:
    try:
        with closing(connect(backup)) as connection:
            return not damage(connection)
    except sqlite3.DatabaseError:
        return False


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def kept_damaged(path: Path) -> list[Path]:
    """Return the damaged databases set aside from ``path``, oldest first, without their side files."""
    found = path.parent.glob(f"{path.name}.corrupt-*")
    return sorted(file for file in found if not file.name.endswith(SIDE_FILES))


def set_aside(path: Path, now: float) -> Path:
    """Rename a damaged database and its side files, so that they still belong together; return its new name."""
    aside = Path(f"{path}.corrupt-{stamp(now)}")
    while aside.exists():
        aside = Path(f"{aside}+")
    for suffix in ("", *SIDE_FILES):
        side_file = Path(f"{path}{suffix}")
        if side_file.exists():
            side_file.replace(f"{aside}{suffix}")
    return aside

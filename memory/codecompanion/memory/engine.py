"""How SQLite is opened here: durable commits, a journal mode the engine is safe with, errors in plain words."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from codecompanion.contracts.errors import OrchestraError, WorkspaceError
from codecompanion.memory.errors import DamagedLog, StorageError
from codecompanion.memory.sqlite import sqlite3

log = logging.getLogger(__name__)

BUSY_SECONDS = 5.0
SqliteVersion = tuple[int, int, int]
READONLY_ROLLBACK = sqlite3.SQLITE_READONLY | 3 << 8
"""The result code of a reader that found a rollback journal it may not play back."""


def wal_is_safe(version: SqliteVersion) -> bool:
    """Whether an engine has the mended WAL reset: from 3.51.3, and the two branches it was carried back to.

    Before that, two connections that write or checkpoint at the same time can corrupt the database.
    """
    return (3, 44, 6) <= version < (3, 45) or (3, 50, 7) <= version < (3, 51) or version >= (3, 51, 3)


def connect(path: Path) -> sqlite3.Connection:
    """Open a connection in autocommit mode: transactions are begun by name, by one thread at a time."""
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=16
    )
    connection.execute("PRAGMA foreign_keys=ON")
    # a database that came with a cloned repository must not reach into SQL functions from its schema
    connection.execute("PRAGMA trusted_schema=OFF")
    return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """Open a connection that cannot write."""
    connection = connect(path)
    connection.execute("PRAGMA query_only=ON")
    return connection


def connect_beside(path: Path, *, immutable: bool = False) -> sqlite3.Connection:
    """Open a database that another process may own: nothing is written to it, not even at the close.

    With ``immutable`` nobody else may write to it: then no side files are made either, nor any looked at.
    """
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{'immutable=1' if immutable else 'mode=ro'}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.execute("PRAGMA trusted_schema=OFF")
    return connection


def journal_mode(connection: sqlite3.Connection) -> str:
    """Return the journal mode in force."""
    return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


def settle_journal_mode(connection: sqlite3.Connection, *, live_wal: bool, version: SqliteVersion) -> str:
    """Bring the database to the journal mode its engine is safe with and return the mode it really has.

    A live WAL (``live_wal``: its file holds frames) is left alone; it is changed at the next quiet start.
    Commits survive a power loss in either mode: in DELETE mode only EXTRA also syncs the folder after the
    journal is removed, without which the journal could come back and undo an acknowledged commit.
    """
    wanted = "wal" if wal_is_safe(version) else "delete"
    mode = journal_mode(connection)
    if mode != wanted and not (mode == "wal" and live_wal):
        mode = _changed_journal_mode(connection, wanted)
    if mode != wanted:
        log.warning("journal mode is %s, wanted %s for SQLite %s", mode, wanted, version)
    sync_commits(connection, mode)
    return mode


def _changed_journal_mode(connection: sqlite3.Connection, wanted: str) -> str:
    """Ask for a journal mode and return the one in force then.

    Who else has the file locked is waited for here: the engine's own timeout does not count for this.
    """
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            return str(connection.execute(f"PRAGMA journal_mode={wanted}").fetchone()[0])
        except sqlite3.OperationalError as error:
            if result_code(error) & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                raise
        time.sleep(0.01)


def sync_commits(connection: sqlite3.Connection, mode: str) -> None:
    """Let commits on a connection survive a power loss in the journal mode that is in force."""
    connection.execute(f"PRAGMA synchronous={'FULL' if mode == 'wal' else 'EXTRA'}")


@contextmanager
def unsynced(connection: sqlite3.Connection) -> Iterator[None]:
    """Let a block commit without waiting for the disk, where only its own commits can be lost by that.

    So it is with a write-ahead log: a power loss may undo the newest commits, and the next one that is synced
    takes them along. Others then wait less long for the lock.
    """
    level = connection.execute("PRAGMA synchronous").fetchone()[0]
    if journal_mode(connection) != "wal":
        yield
        return
    connection.execute("PRAGMA synchronous=NORMAL")
    try:
        yield
    finally:
        connection.execute(f"PRAGMA synchronous={level}")


@contextmanager
def immediate(connection: sqlite3.Connection) -> Iterator[None]:
    """Run a block in one write transaction that takes its lock at the start; any exception undoes it.

    A deferred transaction that turns into a write fails at once when another writer is busy, whatever the
    busy timeout says.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # some failures (a full disk) make the engine roll back by itself
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """Let all reads of a block see one state, where that makes no writer wait: with a write-ahead log."""
    if journal_mode(connection) != "wal":
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")


_LOCKED = "{path} is locked by another program: close what else has it open"
_DAMAGED = "{path} is damaged ({error}): start again to have it set aside and restored"
_UNFINISHED = (
    "{path} was left unfinished by a program that was killed: `orchestra db rebuild` or the next run mends it"
)
_NOT_WRITABLE = "{path} cannot be opened for writing ({error}): make it a writable file"
_IN_PLAIN_WORDS: dict[int, tuple[type[OrchestraError], str]] = {
    sqlite3.SQLITE_FULL: (
        StorageError,
        "the disk is full: nothing was stored in {path}; free some space, then retry",
    ),
    sqlite3.SQLITE_IOERR: (
        StorageError,
        "the disk under {path} failed ({error}): check the disk and its free space",
    ),
    sqlite3.SQLITE_BUSY: (StorageError, _LOCKED),
    sqlite3.SQLITE_LOCKED: (StorageError, _LOCKED),
    sqlite3.SQLITE_CORRUPT: (DamagedLog, _DAMAGED),
    sqlite3.SQLITE_NOTADB: (DamagedLog, _DAMAGED),
    READONLY_ROLLBACK: (WorkspaceError, _UNFINISHED),
    sqlite3.SQLITE_READONLY: (WorkspaceError, _NOT_WRITABLE),
    sqlite3.SQLITE_CANTOPEN: (WorkspaceError, _NOT_WRITABLE),
    sqlite3.SQLITE_PERM: (WorkspaceError, _NOT_WRITABLE),
}
_OTHERWISE = (StorageError, "{path} cannot be used ({error}): move it away to begin a new log")


def result_code(error: sqlite3.Error) -> int:
    """Return SQLite's extended result code, 0 when the error came from Python's side of it."""
    return getattr(error, "sqlite_errorcode", 0)


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error says that the file's content is broken."""
    return result_code(error) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def in_plain_words(error: sqlite3.Error, path: Path) -> OrchestraError:
    """Return the typed exception for a failed use of ``path``, with the mend."""
    code = result_code(error)
    kind, words = _IN_PLAIN_WORDS.get(code) or _IN_PLAIN_WORDS.get(code & 0xFF) or _OTHERWISE
    return kind(words.format(path=path, error=error))

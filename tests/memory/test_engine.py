"""Which journal mode an engine may use, and that a database keeps the one it needs."""

from contextlib import closing
from pathlib import Path

import pytest

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.contracts.ports import Clock
from codecompanion.memory.database import Database
from codecompanion.memory.engine import (
    SqliteVersion,
    connect,
    connect_reader,
    immediate,
    in_plain_words,
    wal_is_safe,
)
from codecompanion.memory.errors import DamagedLog, StorageError
from codecompanion.memory.sqlite import sqlite3

FIXED: SqliteVersion = (3, 51, 3)
FAULTY: SqliteVersion = (3, 51, 2)


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 6, 23), False),
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 44, 9), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 0), False),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 53, 0), True),
        ((4, 0, 0), True),
    ],
)
def test_wal_only_where_its_reset_is_mended(version: SqliteVersion, safe: bool) -> None:
    assert wal_is_safe(version) is safe


def mode_in_file(path: Path) -> str:
    # bytes 18 and 19 of the header are 2 for WAL, 1 for a rollback journal
    return "wal" if path.read_bytes()[18] == 2 else "delete"


@pytest.mark.parametrize(("version", "mode", "synchronous"), [(FIXED, "wal", 2), (FAULTY, "delete", 3)])
def test_commits_are_synced_in_either_mode(
    tmp_path: Path, clock: Clock, version: SqliteVersion, mode: str, synchronous: int
) -> None:
    database = Database.open(tmp_path, clock, sqlite_version=version)
    assert database.journal_mode == mode
    assert database.writer.execute("PRAGMA journal_mode").fetchone() == (mode,)
    assert database.writer.execute("PRAGMA synchronous").fetchone() == (synchronous,)
    assert database.writer.execute("PRAGMA foreign_keys").fetchone() == (1,)
    assert database.writer.execute("PRAGMA busy_timeout").fetchone() == (5000,)
    database.close()
    assert mode_in_file(database.path) == mode


@pytest.mark.parametrize(("before", "after"), [(FIXED, FAULTY), (FAULTY, FIXED)])
def test_a_quiet_database_changes_with_its_engine(
    tmp_path: Path, clock: Clock, before: SqliteVersion, after: SqliteVersion
) -> None:
    Database.open(tmp_path, clock, sqlite_version=before).close()
    database = Database.open(tmp_path, clock, sqlite_version=after)
    assert database.journal_mode == ("wal" if wal_is_safe(after) else "delete")
    database.close()


def test_a_live_wal_is_never_changed(tmp_path: Path, clock: Clock) -> None:
    Database.open(tmp_path, clock, sqlite_version=FIXED).close()
    with closing(connect(tmp_path / "orchestra.db")) as stranger:
        stranger.execute("INSERT INTO events (run_id, version, at, body, link) VALUES ('r', 1, 0, '', '')")
        assert (tmp_path / "orchestra.db-wal").stat().st_size > 0
        database = Database.open(tmp_path, clock, sqlite_version=FAULTY)
        assert database.journal_mode == "wal"
        assert database.writer.execute("SELECT count(*) FROM events").fetchone() == (1,)
        database.close()
    database = Database.open(tmp_path, clock, sqlite_version=FAULTY)
    assert database.journal_mode == "delete"
    assert database.writer.execute("SELECT count(*) FROM events").fetchone() == (1,)
    database.close()


def test_closing_folds_the_wal_into_the_file(tmp_path: Path, clock: Clock) -> None:
    database = Database.open(tmp_path, clock, sqlite_version=FIXED)
    database.writer.execute("INSERT INTO events (run_id, version, at, body, link) VALUES ('r', 1, 0, '', '')")
    assert (tmp_path / "orchestra.db-wal").stat().st_size > 0
    database.close()
    assert not (tmp_path / "orchestra.db-wal").exists()


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    with closing(connect(tmp_path / "x.db")) as writer, closing(connect_reader(tmp_path / "x.db")) as reader:
        writer.execute("CREATE TABLE t (x)")
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader.execute("INSERT INTO t VALUES (1)")


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    with closing(connect(tmp_path / "x.db")) as connection:
        connection.execute("CREATE TABLE t (x UNIQUE)")
        with pytest.raises(sqlite3.IntegrityError), immediate(connection):
            connection.execute("INSERT INTO t VALUES (1)")
            connection.execute("INSERT INTO t VALUES (1)")
        with pytest.raises(KeyboardInterrupt), immediate(connection):
            connection.execute("INSERT INTO t VALUES (2)")
            raise KeyboardInterrupt
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)
        assert not connection.in_transaction


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (sqlite3.SQLITE_FULL, StorageError, "the disk is full"),
        (sqlite3.SQLITE_IOERR | 3 << 8, StorageError, "check the disk"),
        (sqlite3.SQLITE_BUSY | 2 << 8, StorageError, "close what else has it open"),
        (sqlite3.SQLITE_CORRUPT, DamagedLog, "is damaged"),
        (sqlite3.SQLITE_READONLY, WorkspaceError, "make it a writable file"),
        (sqlite3.SQLITE_CANTOPEN, WorkspaceError, "make it a writable file"),
        (0, StorageError, "cannot be used"),
    ],
)
def test_errors_say_the_mend(code: int, kind: type[Exception], words: str) -> None:
    error = sqlite3.OperationalError("engine's words")
    error.sqlite_errorcode = code
    told = in_plain_words(error, Path("/some/orchestra.db"))
    assert type(told) is kind
    assert words in str(told)

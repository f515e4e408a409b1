"""The events table in SQL: appends in one transaction a batch, reading, and the proof that nothing changed."""

from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from codecompanion.contracts.events import Context, Recorded
from codecompanion.contracts.ids import RunId
from codecompanion.memory.engine import immediate, in_plain_words
from codecompanion.memory.errors import StorageError, version_conflict
from codecompanion.memory.event_codec import decode
from codecompanion.memory.sqlite import sqlite3

ROWS_A_STATEMENT = 512


class Append(NamedTuple):
    """A wish to append ``bodies`` (events as JSON text) to a run, all or none."""

    run_id: RunId
    expected_version: int
    at: float
    bodies: tuple[str, ...]


class Head(NamedTuple):
    """The end of a run's stream: its last version, 0 before the first event, and that event's link."""

    version: int
    link: bytes


START = Head(0, bytes(32))

Row = tuple[int, RunId, int, float, str, bytes]
"""Position, run, version, time, body, link: as in the table."""
COLUMNS = 6
VARIABLES_A_STATEMENT = 32_766
"""What every SQLite since 3.32 takes unless it was built to take less."""

Outcome = int | Exception
"""Position of an append's first event, or why the append was refused."""


def next_link(previous: bytes, run_id: RunId, version: int, at: float, body: bytes) -> bytes:
    """Return the SHA-256 over the previous link and everything an event says of itself.

    The position is left out: an exported run keeps its links in another log.
    """
    head = f"{run_id}\0{version}\0{at!r}\0".encode()
    return sha256(previous + head + body).digest()


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells this file from another one of its name; None when there is none."""
    try:
        known = path.stat()
    except OSError:
        return None
    return known.st_dev, known.st_ino


class AppendLog:
    """Appends to the events table; for one thread, on the one writing connection.

    Remembers where the log and its runs end, and forgets it when a batch fails or finds that someone else
    wrote to the log meanwhile, which the table's unique positions and versions show.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._identity = _identity(path)
        self._heads: dict[RunId, Head] = {}
        self._position: int | None = None
        self._rows_a_statement = min(ROWS_A_STATEMENT, VARIABLES_A_STATEMENT // COLUMNS)

    def commit(self, appends: Sequence[Append]) -> list[Outcome]:
        """Make a batch durable in one transaction and return one outcome an append.

        A wrong version refuses only its own append; a failing disk refuses the whole batch, and so does a
        file that is no longer where it was: with a write-ahead log the engine itself would not notice.
        """
        if _identity(self._path) != self._identity:
            gone = f"{self._path} was moved or deleted while in use: start again to begin a new log"
            return [StorageError(gone) for _ in appends]
        try:
            return self._append(appends)
        except BaseException as error:
            # the ends noted for this batch never came to be
            self._forget()
            if isinstance(error, sqlite3.Error):
                return [in_plain_words(error, self._path) for _ in appends]
            raise

    def _append(self, appends: Sequence[Append]) -> list[Outcome]:
        if sum(len(append.bodies) for append in appends) <= self._rows_a_statement:
            # A single statement is a transaction by itself. Each further one would give the interpreter lock
            # away, and with a busy event loop it takes up to a switch interval (5 ms) to come back.
            with suppress(sqlite3.IntegrityError):
                return self._append_rows(appends)
        self._forget()
        with immediate(self._connection):
            return self._append_rows(appends)

    def _append_rows(self, appends: Sequence[Append]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        rows: list[Row] = []
        position = self._last_position()
        for append in appends:
            head = self._head(append.run_id)
            if head.version == append.expected_version:
                outcomes.append(position + len(rows) + 1)
                self._place(append, head, position, rows)
            else:
                outcomes.append(version_conflict(append.run_id, head.version, append.expected_version))
        for start in range(0, len(rows), self._rows_a_statement):
            chunk = rows[start : start + self._rows_a_statement]
            self._connection.execute(_insert_sql(len(chunk)), [value for row in chunk for value in row])
        self._position = position + len(rows)
        return outcomes

    def _place(self, append: Append, head: Head, position: int, rows: list[Row]) -> None:
        run_id, version, at, bodies = append
        link = head.link
        for body in bodies:
            version += 1
            link = next_link(link, run_id, version, at, body.encode())
            rows.append((position + len(rows) + 1, run_id, version, at, body, link))
        self._heads[run_id] = Head(version, link)

    def _forget(self) -> None:
        self._heads.clear()
        self._position = None

    def _head(self, run_id: RunId) -> Head:
        if run_id not in self._heads:
            row = self._connection.execute(
                "SELECT version, link FROM events WHERE run_id = ? ORDER BY version DESC LIMIT 1", (run_id,)
            ).fetchone()
            self._heads[run_id] = Head(*row) if row else START
        return self._heads[run_id]

    def _last_position(self) -> int:
        if self._position is None:
            row = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
            self._position = row[0] if row else 0
        return self._position


@lru_cache(64)
def _insert_sql(rows: int) -> str:
    places = ", ".join(["(?, ?, ?, ?, ?, ?)"] * rows)
    return f"INSERT INTO events (position, run_id, version, at, body, link) VALUES {places}"


def run_events(connection: sqlite3.Connection, run_id: RunId) -> list[Recorded]:
    """Return a run's events in order; raises ``StorageError`` when one is missing or unreadable."""
    rows = connection.execute(
        "SELECT version, position, at, CAST(body AS BLOB) FROM events WHERE run_id = ? ORDER BY version",
        (run_id,),
    ).fetchall()
    if rows and rows[-1][0] != len(rows):
        raise StorageError(f"the log of run {run_id!r} has lost events: {len(rows)} of {rows[-1][0]} are there")
    context = Context(correlation_id=run_id)
    return [
        Recorded(run_id=run_id, version=version, position=position, at=at, body=decode(body), context=context)
        for version, position, at, body in rows
    ]


def all_run_ids(connection: sqlite3.Connection) -> list[RunId]:
    """Return every run's id, oldest first."""
    rows = connection.execute("SELECT run_id FROM events WHERE version = 1 ORDER BY position")
    return [run_id for (run_id,) in rows]


def broken_links(connection: sqlite3.Connection, run_id: RunId) -> list[str]:
    """Return what is wrong with a run's chain, as sentences; empty when nothing was altered or lost.

    A chain cannot show that its newest events were removed; a finished run's last event shows that.
    """
    problems: list[str] = []
    version, link = START
    rows = connection.execute(
        "SELECT version, at, CAST(body AS BLOB), link FROM events WHERE run_id = ? ORDER BY version", (run_id,)
    )
    for stored_version, at, body, stored_link in rows:
        version += 1
        if stored_version != version:
            problems.append(f"run {run_id!r}: events {version} to {stored_version - 1} are missing")
            version = stored_version
        elif next_link(link, run_id, version, at, body) != stored_link:
            problems.append(f"run {run_id!r}: event {version} was altered")
        link = stored_link
    return problems or ([] if version else [f"run {run_id!r} has no events"])

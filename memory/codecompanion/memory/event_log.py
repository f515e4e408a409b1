"""Writing to the log in SQL: appends and kept contents, in one transaction a batch."""

from collections.abc import Sequence
from contextlib import suppress
from itertools import repeat
from pathlib import Path
from typing import NamedTuple

from codecompanion.contracts.events import Context
from codecompanion.contracts.ids import RunId
from codecompanion.memory.chain import Head
from codecompanion.memory.engine import immediate, in_plain_words
from codecompanion.memory.errors import StorageError, version_conflict
from codecompanion.memory.event_rows import ROWS_A_STATEMENT, Row, chain_on, head_of, insert, last_position
from codecompanion.memory.sqlite import sqlite3


class Append(NamedTuple):
    """A wish to append ``bodies`` (events as JSON text, each with its context) to a stream, all or none."""

    run_id: RunId
    expected_version: int
    at: float
    bodies: tuple[str, ...]
    contexts: tuple[Context, ...]


class Put(NamedTuple):
    """A wish to keep a compressed content under its hash; one that is there already stays."""

    sha256: bytes
    packed: bytes


Job = Append | Put

Outcome = int | Exception
"""Position of an append's first event, 0 for a kept content, or why the job was refused."""


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells this file from another one of its name; None when there is none."""
    try:
        known = path.stat()
    except OSError:
        return None
    return known.st_dev, known.st_ino


class AppendLog:
    """Writes events and contents; for one thread, on the one connection that appends.

    Remembers where the log and its streams end, and forgets it when a batch fails or finds that someone else
    wrote to the log meanwhile, which the table's unique positions and versions show.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._identity = _identity(path)
        self._heads: dict[RunId, Head] = {}
        self._position: int | None = None

    def commit(self, jobs: Sequence[Job]) -> list[Outcome]:
        """Make a batch durable in one transaction and return one outcome a job.

        A wrong version refuses only its own append; a failing disk refuses the whole batch, and so does a
        file that is no longer where it was: with a write-ahead log the engine itself would not notice.
        """
        if _identity(self._path) != self._identity:
            gone = f"{self._path} was moved or deleted while in use: start again to begin a new log"
            return [StorageError(gone) for _ in jobs]
        try:
            return self._write(jobs)
        except BaseException as error:
            # the ends noted for this batch never came to be
            self._forget()
            if isinstance(error, sqlite3.Error):
                return [in_plain_words(error, self._path) for _ in jobs]
            raise

    def _write(self, jobs: Sequence[Job]) -> list[Outcome]:
        if self._is_one_statement(jobs):
            # A single statement is a transaction by itself. Each further one would give the interpreter lock
            # away, and with a busy event loop it takes up to a switch interval (5 ms) to come back.
            with suppress(sqlite3.IntegrityError):
                return self._write_rows(jobs)
        self._forget()
        with immediate(self._connection):
            return self._write_rows(jobs)

    def _is_one_statement(self, jobs: Sequence[Job]) -> bool:
        events = contents = 0
        for job in jobs:
            if isinstance(job, Append):
                events += len(job.bodies)
            else:
                contents += 1
        return contents + bool(events) <= 1 and events <= ROWS_A_STATEMENT

    def _write_rows(self, jobs: Sequence[Job]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        rows: list[Row] = []
        position = self._end()
        for job in jobs:
            if isinstance(job, Put):
                self._connection.execute("INSERT OR IGNORE INTO blobs (sha256, packed) VALUES (?, ?)", job)
                outcomes.append(0)
                continue
            head = self._head(job.run_id)
            if head.version != job.expected_version:
                outcomes.append(version_conflict(job.run_id, head.version, job.expected_version))
                continue
            before = position + len(rows)
            events = zip(repeat(job.at), job.bodies, job.contexts)
            self._heads[job.run_id] = chain_on(rows, job.run_id, head, before, events)
            outcomes.append(before + 1)
        insert(self._connection, rows)
        self._position = position + len(rows)
        return outcomes

    def _forget(self) -> None:
        self._heads.clear()
        self._position = None

    def _head(self, run_id: RunId) -> Head:
        if run_id not in self._heads:
            self._heads[run_id] = head_of(self._connection, run_id)
        return self._heads[run_id]

    def _end(self) -> int:
        if self._position is None:
            self._position = last_position(self._connection)
        return self._position

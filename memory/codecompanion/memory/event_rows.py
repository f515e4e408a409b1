"""Rows of the log's table: where streams and the log end, how new rows are chained to that and written."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from codecompanion.contracts.events import Context
from codecompanion.contracts.ids import RunId
from codecompanion.memory.chain import START, Head, next_link, seal_of
from codecompanion.memory.sqlite import sqlite3

COLUMNS = "position, run_id, version, at, body, link, actor, priority, correlation_id, causation_id"
Row = tuple[int, RunId, int, float, str, bytes, str, int, str, str | None]
"""One event, in the order of ``COLUMNS``: its place, time, text and link, and its context's four columns."""
ROWS_A_STATEMENT = 512


def head_of(connection: sqlite3.Connection, run_id: RunId) -> Head:
    """Return the end of a stream."""
    row = connection.execute(
        "SELECT version, link FROM events WHERE run_id = ? ORDER BY version DESC LIMIT 1", (run_id,)
    ).fetchone()
    return Head(*row) if row else START


def last_position(connection: sqlite3.Connection) -> int:
    """Return the last place of the log that was ever given out, whether or not its event is still there."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
    return int(row[0]) if row else 0


def chain_on(
    rows: list[Row], run_id: RunId, head: Head, position: int, events: Iterable[tuple[float, str, Context]]
) -> Head:
    """Add to ``rows`` those of more events (time, text, context) of a stream; return its new end.

    The first of them follows the stream's ``head`` and takes the place in the log after ``position``.
    """
    version, link = head
    sealed: Context | None = None
    for at, body, context in events:
        version += 1
        position += 1
        if context is not sealed:
            # usually one for all events of an append
            sealed, seal, columns = context, seal_of(context), _columns(context)
        link = next_link(link, run_id, version, at, body.encode(), seal=seal)
        rows.append((position, run_id, version, at, body, link, *columns))
    return Head(version, link)


def _columns(context: Context) -> tuple[str, int, str, str | None]:
    return context.actor, int(context.priority), context.correlation_id, context.causation_id


def insert(connection: sqlite3.Connection, rows: Sequence[Sequence[Any]]) -> None:
    """Write rows, as many a statement as it takes."""
    for start in range(0, len(rows), ROWS_A_STATEMENT):
        chunk = rows[start : start + ROWS_A_STATEMENT]
        connection.execute(_insert_sql(len(chunk)), [value for row in chunk for value in row])


@lru_cache(64)
def _insert_sql(rows: int) -> str:
    places = ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"] * rows)
    return f"INSERT INTO events ({COLUMNS}) VALUES {places}"

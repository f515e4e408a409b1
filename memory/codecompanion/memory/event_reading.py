"""Reading the log in SQL: one stream, its texts, or what came after a place in the whole log."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from codecompanion.contracts.events import Context, EventText, Recorded
from codecompanion.contracts.ids import RunId
from codecompanion.memory.chain import beginning_of
from codecompanion.memory.errors import StorageError, UnreadableRun
from codecompanion.memory.event_codec import decode, own_context
from codecompanion.memory.sqlite import sqlite3
from codecompanion.memory.unchecked import unchecked

# the body as bytes, because a damaged text may be no text any more
_COLUMNS = "run_id, version, position, at, CAST(body AS BLOB), actor, priority, correlation_id, causation_id"
_StoredRow = tuple[RunId, int, int, float, bytes, str | None, int, str, str | None]
_ALTERED = "its row in the log was altered"


def run_events(connection: sqlite3.Connection, run_id: RunId) -> list[Recorded]:
    """Return a stream's events in order; raises ``StorageError`` when one is missing or unreadable."""
    # all at once: a reader that stops midway would hold back what the connection sees later
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM events WHERE run_id = ? ORDER BY version", (run_id,)
    ).fetchall()
    events = _recorded(rows)
    if events:
        _demand_whole(connection, run_id, len(events), events[-1].version)
    return events


def run_texts(connection: sqlite3.Connection, run_id: RunId) -> list[EventText]:
    """Return a stream's events as stored, in order; raises ``StorageError`` when one is missing."""
    rows = connection.execute(
        "SELECT version, at, CAST(body AS BLOB) FROM events WHERE run_id = ? ORDER BY version", (run_id,)
    ).fetchall()
    if rows:
        _demand_whole(connection, run_id, len(rows), rows[-1][0])
    return [EventText(at, body.decode("utf-8", "replace")) for _, at, body in rows]


def _demand_whole(connection: sqlite3.Connection, run_id: RunId, found: int, last_version: int) -> None:
    if found != last_version and found + beginning_of(connection, run_id).version != last_version:
        raise StorageError(f"the log of run {run_id!r} has lost events: {found} of {last_version} are there")


def events_since(
    connection: sqlite3.Connection, position: int, limit: int, correlation_id: str | None
) -> list[Recorded]:
    """Return at most ``limit`` readable events after ``position``, in the order of the whole log."""
    found: list[Recorded] = []
    while len(found) < limit:
        rows = _rows_since(connection, position, limit - len(found), correlation_id)
        if not rows:
            break
        position = rows[-1][2]
        found += _readable(rows)
    return found


def _rows_since(
    connection: sqlite3.Connection, position: int, limit: int, correlation_id: str | None
) -> list[_StoredRow]:
    if correlation_id is None:
        return connection.execute(
            f"SELECT {_COLUMNS} FROM events WHERE position > ? ORDER BY position LIMIT ?", (position, limit)
        ).fetchall()
    return connection.execute(
        f"SELECT {_COLUMNS} FROM events WHERE coalesce(correlation_id, run_id) = ? AND position > ? "
        "ORDER BY position LIMIT ?",
        (correlation_id, position, limit),
    ).fetchall()


def _readable(rows: list[_StoredRow]) -> list[Recorded]:
    try:
        return _recorded(rows)
    except UnreadableRun:
        # whoever reads that stream by its name is told; the others must not stand still for it
        return [one for row in rows for one in _if_readable(row)]


def _if_readable(row: _StoredRow) -> list[Recorded]:
    try:
        return _recorded([row])
    except UnreadableRun:
        return []


def _recorded(rows: list[_StoredRow]) -> list[Recorded]:
    """Return rows as events; raises ``UnreadableRun``."""
    return [_event(row) for row in rows]


def _event(row: _StoredRow) -> Recorded:
    run_id, version, position, at, body, actor, *context = row
    if (type(run_id), type(version), type(position), type(at)) != (str, int, int, float):
        raise UnreadableRun(run_id, version, _ALTERED)
    try:
        known = own_context(run_id) if actor is None else _context(actor, *context)
    except ValidationError as error:
        raise UnreadableRun(run_id, version, _ALTERED) from error
    fields = {"run_id": run_id, "version": version, "position": position, "at": at}
    return unchecked(Recorded, {**fields, "body": decode(run_id, version, body), "context": known})


# events of one run come with few contexts; 5 and 5.0, which was altered, are not the same
@lru_cache(256, typed=True)
def _context(
    actor: str, priority: int | str | None, correlation_id: int | str | None, causation_id: int | str | None
) -> Context:
    columns = {"actor": actor, "priority": priority, "correlation_id": correlation_id}
    return Context.model_validate({**columns, "causation_id": causation_id})


def readable_events(connection: sqlite3.Connection, condition: str, values: Sequence[Any]) -> list[Recorded]:
    """Return the readable events of all streams that fit an SQL condition of ours, in the order of the log."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM events WHERE {condition} ORDER BY position", tuple(values)
    ).fetchall()
    return _readable(rows)


def last_version(connection: sqlite3.Connection, run_id: RunId) -> int:
    """Return the version of a stream's last event, 0 when it has none."""
    row = connection.execute("SELECT max(version) FROM events WHERE run_id = ?", (run_id,)).fetchone()
    return row[0] or 0


def all_run_ids(connection: sqlite3.Connection) -> list[RunId]:
    """Return every run's id, oldest first; streams of the log itself begin with "~" and are no runs."""
    rows = connection.execute("SELECT run_id FROM events WHERE version = 1 ORDER BY position")
    return [run_id for (run_id,) in rows if not run_id.startswith("~")]

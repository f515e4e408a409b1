"""Ended runs straight from their table, where that has all of the log's events of them."""

from typing import NamedTuple

from pydantic import ValidationError

from codecompanion.contracts.events import Event
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.records import SessionRecord
from codecompanion.contracts.status import ENDED
from codecompanion.memory.errors import UnreadableRun
from codecompanion.memory.event_codec import decode
from codecompanion.memory.records.projecting import reached
from codecompanion.memory.records.tables import PROJECT_SESSIONS
from codecompanion.memory.sqlite import sqlite3


class EndedRun(NamedTuple):
    """What the table holds of a run, its first event, whose texts are whole, and when its last one came."""

    record: SessionRecord
    first: Event
    updated_at: float


def ended_runs(connection: sqlite3.Connection) -> dict[RunId, EndedRun]:
    """Return the ended runs that the table has in full; all others are to be read from the log.

    A run that has lost an event, or had one that could not be read when the table was brought up to date, is
    none of them; a text that was altered since does not show. Nothing is returned where there is no such table.
    """
    try:
        records = PROJECT_SESSIONS.rows(connection, f"WHERE state IN ({_STATES})")
        whole = _wholly_folded(connection)
        return {
            record.run_id: _ended(connection, record)
            for record in records
            if whole.get(record.run_id) == record.events
        }
    except (sqlite3.Error, ValidationError, UnreadableRun):
        return {}


_STATES = ", ".join(f"'{state}'" for state in sorted(ENDED))

_FIRST = "SELECT CAST(body AS BLOB) FROM events WHERE run_id = ? AND version = 1"
_LAST = "SELECT at FROM events WHERE run_id = ? AND version = ?"


def _wholly_folded(connection: sqlite3.Connection) -> dict[RunId, int]:
    """Return the streams without a gap that the tables have come to the end of, and their lengths."""
    position = reached(connection)
    rows = connection.execute(
        "SELECT run_id, max(version) FROM events GROUP BY run_id "
        "HAVING count(*) = max(version) AND max(position) <= ?",
        (position or 0,),
    )
    return dict(rows.fetchall())


def _ended(connection: sqlite3.Connection, record: SessionRecord) -> EndedRun:
    run_id = record.run_id
    first = decode(run_id, 1, connection.execute(_FIRST, (run_id,)).fetchone()[0])
    return EndedRun(record, first, connection.execute(_LAST, (run_id, record.events)).fetchone()[0])

"""Keeping the derived tables up with the log: stretch by stretch, each with its position in one transaction."""

import logging

from codecompanion.contracts.events import Recorded
from codecompanion.memory.engine import immediate, unsynced
from codecompanion.memory.event_reading import events_since
from codecompanion.memory.records.folding import RULES, Tell, fold
from codecompanion.memory.records.rows import Rows
from codecompanion.memory.records.tables import DERIVED
from codecompanion.memory.sqlite import sqlite3

log = logging.getLogger(__name__)

STRETCH = 500
"""Events folded at a time: the transaction that writes what came of them lasts a few milliseconds."""


def reached(connection: sqlite3.Connection) -> int | None:
    """Return the position in the log that the tables have come to; None when they must be made anew."""
    row = connection.execute("SELECT position, rules FROM projections WHERE name = 'records'").fetchone()
    return int(row[0]) if row and row[1] == RULES else None


def catch_up(connection: sqlite3.Connection, tell: Tell) -> None:
    """Bring the tables up to the end of the log."""
    if reached(connection) is None:
        _empty(connection)
    while advance(connection, connection, tell):
        pass


def rebuild(connection: sqlite3.Connection, tell: Tell) -> None:
    """Empty the tables and make them anew from the whole log."""
    _empty(connection)
    catch_up(connection, tell)


def _empty(connection: sqlite3.Connection) -> None:
    with immediate(connection):
        for table in DERIVED:
            connection.execute(f"DELETE FROM {table.name}")
        _reach(connection, 0)


def advance(source: sqlite3.Connection, target: sqlite3.Connection, tell: Tell, limit: int = STRETCH) -> int:
    """Fold at most ``limit`` more events of one database's log into the tables of another, mostly itself.

    Returns how many there were. A crash leaves the tables as they were before or after, never between.
    """
    before = reached(target)
    events = events_since(source, before or 0, limit, None)
    if events:
        rows = Rows(target)
        for one in events:
            _fold_or_leave_out(rows, one, tell)
        with unsynced(target), immediate(target):
            # another process may have been quicker, though only an owner should be here
            if reached(target) == before:
                rows.write(target)
                _reach(target, events[-1].position)
    return len(events)


def _fold_or_leave_out(rows: Rows, one: Recorded, tell: Tell) -> None:
    try:
        fold(rows, one, tell)
    except Exception:
        # one odd event must not keep all later ones out of the tables; it is left out of a rebuild as well
        log.exception("event %s could not be taken into the tables beside the log", one.id)


def _reach(connection: sqlite3.Connection, position: int) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO projections (name, position, rules) VALUES ('records', ?, ?)", (position, RULES)
    )

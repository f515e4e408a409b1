"""Whether the derived tables say what the log says: a rebuild in memory, compared row by row."""

from collections.abc import Iterator
from contextlib import closing
from itertools import zip_longest
from typing import Any

from codecompanion.contracts.base import Contract
from codecompanion.contracts.wording import counted
from codecompanion.memory.records.folding import Tell
from codecompanion.memory.records.projecting import STRETCH, advance, reached
from codecompanion.memory.records.shapes import empty_tables
from codecompanion.memory.records.tables import DERIVED, Table
from codecompanion.memory.sqlite import sqlite3


def differences(connection: sqlite3.Connection, tell: Tell) -> list[str]:
    """Return one sentence for each table that differs from a rebuild up to where the tables have come."""
    end = reached(connection)
    if end is None:
        return ["the tables beside the log were not made yet, or by other rules"]
    with closing(empty_tables()) as rebuilt:
        while (here := reached(rebuilt) or 0) < end:
            if not advance(connection, rebuilt, tell, min(STRETCH, end - here)):
                break
        found = [said for table in DERIVED if (said := _difference(table, connection, rebuilt))]
    # without a snapshot the owner may have brought them on meanwhile
    return found if reached(connection) == end else []


def _difference(table: Table[Any], stored: sqlite3.Connection, rebuilt: sqlite3.Connection) -> str:
    differing = sum(one != other for one, other in zip_longest(_rows(table, stored), _rows(table, rebuilt)))
    return f"the table {table.name!r} differs from the log in {counted(differing, 'row')}" if differing else ""


def _rows(table: Table[Any], connection: sqlite3.Connection) -> Iterator[Contract]:
    yield from connection.execute(table.select(f"ORDER BY {', '.join(table.key)}"))

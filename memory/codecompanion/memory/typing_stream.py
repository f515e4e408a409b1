"""The beginning of the recorded typing, which only old runs need: how much it is, and its removal."""

from typing import NamedTuple

from codecompanion.contracts.document_events import DOCUMENTS
from codecompanion.contracts.ids import RunId
from codecompanion.memory.chain import Head, beginning_of
from codecompanion.memory.engine import immediate
from codecompanion.memory.sqlite import sqlite3


class Typed(NamedTuple):
    """A beginning of the typing that is there: how many events, and the characters of their texts."""

    events: int
    characters: int


def run_beginnings(connection: sqlite3.Connection) -> list[tuple[RunId, int]]:
    """Return every run with the place of its first event in the log, oldest first."""
    rows = connection.execute("SELECT run_id, position FROM events WHERE version = 1 ORDER BY position")
    return [(run_id, position) for run_id, position in rows if not run_id.startswith("~")]


def typed_before(connection: sqlite3.Connection, position: int, at: float) -> Typed:
    """Return how much was typed before a place in the log and a time; the newest event is left out always.

    It stays because the next one is numbered and chained by it.
    """
    row = connection.execute(
        "SELECT count(*), coalesce(sum(length(body)), 0) FROM events WHERE run_id = ?1 AND position < ?2 "
        "AND at < ?3 AND version < (SELECT max(version) FROM events WHERE run_id = ?1)",
        (DOCUMENTS, position, at),
    ).fetchone()
    return Typed(*row)


def typing_begins_after(connection: sqlite3.Connection) -> Head:
    """Return the version and the link of the last event that a clean-up removed from the typing."""
    return beginning_of(connection, DOCUMENTS)


def typing_link(connection: sqlite3.Connection, version: int) -> str:
    """Return the hash of one event of the typing, in hex."""
    row = connection.execute(
        "SELECT link FROM events WHERE run_id = ? AND version = ?", (DOCUMENTS, version)
    ).fetchone()
    return str(row[0].hex())


def remove_typing(connection: sqlite3.Connection, version: int) -> int:
    """Remove the typing up to a version in one transaction and return how many events there were."""
    with immediate(connection):
        removed = connection.execute(
            "DELETE FROM events WHERE run_id = ? AND version <= ?", (DOCUMENTS, version)
        )
        return removed.rowcount

"""Whole streams at once: how big they are, taking one out as it stands, putting one in, and removing one."""

from collections.abc import Sequence
from typing import NamedTuple

from codecompanion.contracts.events import Context
from codecompanion.contracts.ids import RunId
from codecompanion.memory.chain import START, next_link, seal, seal_of
from codecompanion.memory.engine import immediate
from codecompanion.memory.event_rows import Row, chain_on, head_of, insert, last_position
from codecompanion.memory.sqlite import sqlite3


class Account(NamedTuple):
    """What a stream takes up: its events, the characters of their texts, and when the first and last came."""

    run_id: RunId
    events: int
    characters: int
    first_at: float
    last_at: float


class Positions(NamedTuple):
    """How many places of the log were ever given out, and how many of them hold an event now."""

    given: int
    held: int


class StoredEvent(NamedTuple):
    """An event as it stands in the log; ``context`` None is one from before events had any."""

    version: int
    at: float
    body: str
    context: Context | None
    link: str


def accounts(connection: sqlite3.Connection) -> list[Account]:
    """Return what every stream takes up, oldest first, also those that have lost their beginning."""
    rows = connection.execute(
        "SELECT run_id, count(*), sum(length(body)), min(at), max(at) FROM events "
        "GROUP BY run_id ORDER BY min(position)"
    )
    return [Account(*row) for row in rows]


def streams(connection: sqlite3.Connection) -> list[RunId]:
    """Return the names of all streams, also of those that have lost their beginning; quick in a long log."""
    rows = connection.execute(
        "WITH RECURSIVE names (name) AS (SELECT min(run_id) FROM events UNION ALL "
        "SELECT (SELECT min(run_id) FROM events WHERE run_id > name) FROM names WHERE name IS NOT NULL) "
        "SELECT name FROM names WHERE name IS NOT NULL"
    )
    return [str(name) for (name,) in rows]


def positions(connection: sqlite3.Connection) -> Positions:
    """Return how many places of the log were given out and how many are held: a difference is what is gone."""
    held = connection.execute("SELECT count(*) FROM events").fetchone()[0]
    return Positions(last_position(connection), held)


def stream_as_stored(connection: sqlite3.Connection, run_id: RunId) -> list[StoredEvent]:
    """Return a stream's events in order, just as they are stored."""
    rows = connection.execute(
        "SELECT version, at, body, actor, priority, correlation_id, causation_id, link FROM events "
        "WHERE run_id = ? ORDER BY version",
        (run_id,),
    )
    return [
        StoredEvent(version, at, body, _context(*context), link.hex())
        for version, at, body, *context, link in rows
    ]


def _context(actor: str | None, priority: int, correlation_id: str, causation_id: str | None) -> Context | None:
    if actor is None:
        return None
    known = {"actor": actor, "priority": priority, "correlation_id": correlation_id}
    return Context.model_validate({**known, "causation_id": causation_id})


def broken_copy(run_id: RunId, events: Sequence[StoredEvent]) -> list[str]:
    """Return what is wrong with the chain of a copied stream, as sentences; empty when nothing is."""
    link = START.link
    for nth, one in enumerate(events, 1):
        if one.version != nth:
            return [f"event {nth} is missing, or stands in another place"]
        sealed = seal(()) if one.context is None else seal_of(one.context)
        body = one.body.encode("utf-8", "surrogatepass")
        link = next_link(link, run_id, one.version, one.at, body, seal=sealed)
        if link.hex() != one.link:
            return [f"event {nth} was altered, or something before it"]
    return []


def last_link(connection: sqlite3.Connection, run_id: RunId) -> str:
    """Return the hash that a stream's chain ends with, in hex."""
    return head_of(connection, run_id).link.hex()


def put_stream(
    connection: sqlite3.Connection, run_id: RunId, events: Sequence[tuple[float, str, Context]]
) -> None:
    """Add a whole new stream in one transaction: the time, text and context of each event, in order.

    Its chain is made anew, because a chain holds its stream's name. Raises ``sqlite3.IntegrityError`` when
    there is such a stream already.
    """
    rows: list[Row] = []
    with immediate(connection):
        chain_on(rows, run_id, START, last_position(connection), events)
        insert(connection, rows)


def remove_stream(connection: sqlite3.Connection, run_id: RunId) -> int:
    """Remove a stream in one transaction and return how many events it had."""
    with immediate(connection):
        return connection.execute("DELETE FROM events WHERE run_id = ?", (run_id,)).rowcount

"""What a damaged log still gives: events that are whole and follow on what was restored, by their chain."""

import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from codecompanion.contracts.event_text import event_name
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.session_events import SESSIONS, RunSetAside
from codecompanion.memory.chain import Head, next_link, seal
from codecompanion.memory.engine import connect_beside, immediate
from codecompanion.memory.event_codec import contexts_for, encode
from codecompanion.memory.event_log import Append, AppendLog
from codecompanion.memory.event_rows import COLUMNS, head_of, insert, last_position
from codecompanion.memory.sqlite import sqlite3

log = logging.getLogger(__name__)

_SELECT = f"SELECT {COLUMNS} FROM events WHERE position = ?"


class Salvaged(NamedTuple):
    """How many events were taken over, and whether that was all the damaged log ever held."""

    events: int
    whole: bool


def salvage(target: sqlite3.Connection, damaged: Path) -> Salvaged:
    """Take over the events of a damaged database that come after those of ``target``, in one transaction.

    Only what follows its stream's last event without a gap, and agrees with the chain, is taken: nothing is
    there twice, nothing altered comes in.
    """
    try:
        has_log = Path(f"{damaged}-wal").exists()
        with closing(connect_beside(damaged, immutable=not has_log)) as source, immediate(target):
            return _take_over(source, target)
    except sqlite3.Error as error:
        log.info("nothing could be taken from the damaged log: %s", error)
        return Salvaged(0, whole=False)


def _take_over(source: sqlite3.Connection, target: sqlite3.Connection) -> Salvaged:
    last = _last_held(target)
    end = _end(source)
    heads: dict[RunId, Head] = {}
    taken = 0
    for row in _readable_rows(source, last + 1, end):
        head = _head_after(target, heads, row)
        if head is not None:
            insert(target, [row])
            heads[row[1]] = head
            taken += 1
    return Salvaged(taken, whole=0 < end == last + taken)


def _end(source: sqlite3.Connection) -> int:
    """Return the last position the log ever had; 0 when that cannot be told."""
    ends = []
    for question in (last_position, _last_held):
        try:
            ends.append(question(source))
        except (sqlite3.Error, TypeError, ValueError):
            # what stands there is broken, or no number at all
            continue
    return max(ends, default=0)


def _last_held(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()[0])


def _readable_rows(source: sqlite3.Connection, first: int, end: int) -> Iterator[tuple[Any, ...]]:
    # one by one: a broken page must not hide the sound ones behind it
    for position in range(first, end + 1):
        try:
            row = source.execute(_SELECT, (position,)).fetchone()
        except sqlite3.Error:
            continue
        if row is not None:
            yield row


def _head_after(target: sqlite3.Connection, heads: dict[RunId, Head], row: tuple[Any, ...]) -> Head | None:
    """Return the end of the row's stream with it; None when it does not follow there."""
    _, run_id, version, at, body, link, *context = row
    try:
        head = heads.get(run_id) or head_of(target, run_id)
        sealed = seal(None if field is None else str(field).encode() for field in context)
        expected = next_link(head.link, run_id, version, at, body.encode(), seal=sealed)
    except (AttributeError, TypeError, ValueError, sqlite3.Error):
        # what stands in the row is of another kind altogether
        return None
    return Head(version, link) if (version, link) == (head.version + 1, expected) else None


def set_open_runs_aside(connection: sqlite3.Connection, at: float, why: str) -> None:
    """Record that runs without an end are not gone on with: what they did later is not known."""
    ends = connection.execute(
        "SELECT run_id, body, max(version) FROM events WHERE run_id NOT LIKE '~%' GROUP BY run_id"
    ).fetchall()
    still_open = [run_id for run_id, body, _ in ends if event_name(body) != "run_finished"]
    if not still_open:
        return
    reason = f"{why}; what the run did after that is not known, so it is not gone on with"
    events = [RunSetAside(run_id=run_id, reason=reason) for run_id in still_open]
    bodies, contexts = tuple(map(encode, events)), contexts_for(SESSIONS, events, ())
    path = Path(connection.execute("PRAGMA database_list").fetchone()[2])
    append = Append(SESSIONS, head_of(connection, SESSIONS).version, at, bodies, contexts)
    (outcome,) = AppendLog(connection, path).commit([append])
    if isinstance(outcome, Exception):
        raise outcome

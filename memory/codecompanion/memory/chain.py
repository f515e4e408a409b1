"""The chain of hashes that shows whether a stream was altered: how its links are made and checked."""

from collections.abc import Iterable
from contextlib import closing
from hashlib import sha256
from typing import Any, NamedTuple

from codecompanion.contracts.document_events import DOCUMENTS
from codecompanion.contracts.events import Context
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.session_events import SESSIONS
from codecompanion.memory.sqlite import sqlite3


class Head(NamedTuple):
    """The end of a stream: its last version, 0 before the first event, and that event's link."""

    version: int
    link: bytes


START = Head(0, bytes(32))


def seal(context: Iterable[bytes | None]) -> bytes:
    """Return what a link covers of a context's four columns; nothing for events from before there were any."""
    fields = list(context)
    if all(field is None for field in fields):
        return b""
    said = b"\0".join(b"-" if field is None else b"+" + field for field in fields)
    return b"\0" + said + b"\0"


def seal_of(context: Context) -> bytes:
    """Return the seal of a context that is about to be stored."""
    cause = "-" if context.causation_id is None else f"+{context.causation_id}"
    # a plain number is written much quicker than a member of an enumeration
    priority = int(context.priority)
    return f"\0+{context.actor}\0+{priority}\0+{context.correlation_id}\0{cause}\0".encode()


def next_link(
    previous: bytes, run_id: RunId, version: int, at: float | None, body: bytes, *, seal: bytes
) -> bytes:
    """Return the SHA-256 over the previous link and everything an event says of itself.

    The position is left out: an exported run keeps its links in another log. A seal begins with NUL and a
    stream's name never does, so that no altered context is taken for another or for none.
    """
    head = f"{run_id}\0{version}\0{at!r}\0".encode()
    return sha256(previous + seal + head + body).digest()


def beginning_of(connection: sqlite3.Connection, run_id: RunId) -> Head:
    """Return what a stream begins after: nothing, or the end of what a clean-up noted that it would remove."""
    if run_id != DOCUMENTS:
        return START
    first = connection.execute("SELECT min(version) FROM events WHERE run_id = ?", (run_id,)).fetchone()[0]
    if first in (None, 1):
        return START
    noted = connection.execute(_CUTS, (SESSIONS, first - 1)).fetchone()
    return Head(first - 1, bytes.fromhex(noted[0])) if noted else START


_CUTS = """
SELECT json_extract(body, '$.lastLink') FROM events
WHERE run_id = ? AND body LIKE '{"event":"typing_cut"%' AND json_valid(body)
    AND json_extract(body, '$.version') = ?
"""


def broken_links(connection: sqlite3.Connection, run_id: RunId) -> list[str]:
    """Return what is wrong with a stream's chain, as sentences; empty when nothing was altered or lost.

    A chain cannot show that its newest events were removed; a finished run's last event shows that.
    """
    with closing(connection.execute(_LINKS, (run_id,))) as rows:
        problems, last = _followed(run_id, beginning_of(connection, run_id), rows)
    return problems or ([] if last else [f"run {run_id!r} has no events"])


# bytes where a text may be no text any more, and nothing where a number is none
_LINKS = """
SELECT CASE typeof(version) WHEN 'integer' THEN version END, CASE typeof(at) WHEN 'real' THEN at END,
    CAST(body AS BLOB), CAST(link AS BLOB), CAST(actor AS BLOB), CAST(priority AS BLOB),
    CAST(correlation_id AS BLOB), CAST(causation_id AS BLOB)
FROM events WHERE run_id = ? ORDER BY version
"""


def _followed(run_id: RunId, before: Head, rows: Iterable[Any]) -> tuple[list[str], int]:
    """Return what is wrong with the links, and the last version."""
    problems: list[str] = []
    last, link = before
    for version, at, body, stored_link, *context in rows:
        if version is None or version <= last:
            problems.append(f"run {run_id!r}: event {version} does not belong there")
            continue
        if version > last + 1:
            problems.append(f"run {run_id!r}: events {last + 1} to {version - 1} are missing")
        elif next_link(link, run_id, version, at, body, seal=seal(context)) != stored_link:
            problems.append(f"run {run_id!r}: event {version} was altered")
        last, link = version, stored_link
    return problems, last

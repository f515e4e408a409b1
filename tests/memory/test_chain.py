"""Any single alteration of a stored stream is found and named, also in streams that began without contexts."""

import re
from collections.abc import Callable
from contextlib import closing
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codecompanion.contracts.events import Context, StopRequested
from codecompanion.contracts.messages import Priority
from codecompanion.memory.chain import START, next_link, seal, seal_of
from codecompanion.memory.database import Database
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.memory.sqlite import sqlite3

EVENTS = 6
FIRST_WITH_CONTEXT = 4
"""The versions below it stand for events of the format before contexts."""

STREAMS = count()
Values = dict[str, object]
Alteration = tuple[str, Values]

versions = st.integers(1, EVENTS)
texts = st.text(st.characters(codec="ascii"), max_size=8) | st.just("orchestra") | st.just("stream")
values: st.SearchStrategy[object] = (
    st.none() | texts | st.binary(max_size=3) | st.integers(-3, 12) | st.floats(allow_nan=False)
)
set_value: st.SearchStrategy[Alteration] = st.builds(
    lambda column, version, value: (
        f"UPDATE events SET {column} = :value WHERE run_id = :run_id AND version = :version",
        {"version": version, "value": value},
    ),
    st.sampled_from(["actor", "priority", "correlation_id", "causation_id", "body", "at", "link"]),
    versions,
    values,
)
swap: st.SearchStrategy[Alteration] = st.builds(
    lambda one, other: (
        "UPDATE events SET version = CASE version WHEN :one THEN :other ELSE :one END + 100 "
        "WHERE run_id = :run_id AND version IN (:one, :other)",
        {"one": one, "other": other},
    ),
    versions,
    versions,
)
remove: st.SearchStrategy[Alteration] = st.builds(
    lambda version: (
        "DELETE FROM events WHERE run_id = :run_id AND version = :version",
        {"version": version},
    ),
    # that the newest events are gone, no chain can show
    st.integers(1, EVENTS - 1),
)
insert: st.SearchStrategy[Alteration] = st.builds(
    lambda version, after: (
        "INSERT INTO events (run_id, version, at, body, link, actor, priority, correlation_id, causation_id) "
        "SELECT run_id, :after, at, body, link, actor, priority, correlation_id, causation_id "
        "FROM events WHERE run_id = :run_id AND version = :version",
        {"version": version, "after": after},
    ),
    versions,
    st.integers(EVENTS + 1, EVENTS + 3) | st.integers(-3, 0),
)


async def a_stream(database: Database, store: SqliteEventStore) -> str:
    """Return a stream whose first events stand in the log as the format before contexts left them."""
    run_id = f"stream-{next(STREAMS)}"
    link = START.link
    with closing(sqlite3.connect(database.path, isolation_level=None)) as old:
        for version in range(1, FIRST_WITH_CONTEXT):
            body = StopRequested(reason=f"no. {version}").model_dump_json()
            link = next_link(link, run_id, version, 5.0, body.encode(), seal=seal(()))
            old.execute(
                "INSERT INTO events (run_id, version, at, body, link) VALUES (?, ?, ?, ?, ?)",
                (run_id, version, 5.0, body, link),
            )
    for version in range(FIRST_WITH_CONTEXT - 1, EVENTS):
        context = Context(
            actor="user",
            priority=Priority.HIGH,
            correlation_id="run-0",
            causation_id=f"{run_id}:{version}" if version % 2 else None,
        )
        await store.append(run_id, version, [StopRequested(reason=f"no. {version + 1}")], [context])
    assert await store.verify(run_id) == []
    return run_id


def rows(connection: sqlite3.Connection, run_id: str) -> list[tuple[object, ...]]:
    # as SQL sees them, so that 5 and '5' in a column that makes them one are the same
    query = (
        "SELECT version, typeof(version), at, typeof(at), CAST(body AS BLOB), link, CAST(actor AS BLOB), "
        "priority, CAST(correlation_id AS BLOB), CAST(causation_id AS BLOB) FROM events WHERE run_id = ? "
        "ORDER BY version"
    )
    return connection.execute(query, (run_id,)).fetchall()


def altered(database: Database, run_id: str, alteration: Alteration) -> bool:
    """Alter a stream behind the store's back; whether that changed anything."""
    statement, given_values = alteration
    with closing(sqlite3.connect(database.path, isolation_level=None)) as stranger:
        before = rows(stranger, run_id)
        try:
            stranger.execute(statement, {"run_id": run_id, **given_values})
            if ":one" in statement:
                stranger.execute(
                    "UPDATE events SET version = version - 100 WHERE run_id = ? AND version > 100", (run_id,)
                )
        except sqlite3.IntegrityError:
            # the table itself refuses it
            return False
        return rows(stranger, run_id) != before


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(alteration=set_value | swap | remove | insert)
async def test_any_single_alteration_is_named(
    database: Database, store: SqliteEventStore, alteration: Alteration
) -> None:
    run_id = await a_stream(database, store)
    if not altered(database, run_id, alteration):
        assert await store.verify(run_id) == []
        return
    problems = await store.verify(run_id)
    assert problems, alteration
    touched = {number for number in alteration[1].values() if isinstance(number, int)}
    named = {int(number) for problem in problems for number in re.findall(r"(?:events?|to) (-?\d+)", problem)}
    # the event itself, or the place beside it where something is missing or no longer follows
    assert any(abs(number - other) <= 1 for number in touched for other in named), (alteration, problems)


TAKEN_OR_GIVEN: dict[str, Callable[[str], Alteration]] = {
    "a context taken away": lambda _: (
        "UPDATE events SET actor = NULL, priority = NULL, correlation_id = NULL, causation_id = NULL "
        "WHERE run_id = :run_id AND version = 5",
        {},
    ),
    "a context given to an old event": lambda run_id: (
        "UPDATE events SET actor = 'orchestra', priority = 5, correlation_id = :run_id "
        "WHERE run_id = :run_id AND version = 2",
        {},
    ),
    "no cause and an empty one": lambda _: (
        "UPDATE events SET causation_id = '' WHERE run_id = :run_id AND version = 5",
        {},
    ),
}


@pytest.mark.parametrize("name", TAKEN_OR_GIVEN)
async def test_a_context_is_neither_taken_nor_given_unseen(
    database: Database, store: SqliteEventStore, name: str
) -> None:
    run_id = await a_stream(database, store)
    assert altered(database, run_id, TAKEN_OR_GIVEN[name](run_id))
    version = 2 if "old" in name else 5
    assert await store.verify(run_id) == [f"run {run_id!r}: event {version} was altered"]


async def test_the_link_is_as_it_is_written_down() -> None:
    """Exported runs carry their links: a changed rule would make every one of them look altered."""
    without = next_link(bytes(32), "run-1", 1, 2.5, b"{}", seal=seal((None, None, None, None)))
    context = seal((b"user", b"5", b"run-1", None))
    assert context == b"\0+user\0+5\0+run-1\0-\0"
    assert context == seal_of(Context(actor="user", correlation_id="run-1"))
    assert without.hex() == LINK_WITHOUT_CONTEXT
    assert next_link(bytes(32), "run-1", 1, 2.5, b"{}", seal=context).hex() == LINK_WITH_CONTEXT


LINK_WITHOUT_CONTEXT = "2550cddb85641ef57fe6227ee20d39f521662a725115557ae09a53969b45dc4d"
LINK_WITH_CONTEXT = "e7d6f295392e8b90b7c081c2e7a4d8a12a56ac7a9c58e9c7c023fbd980d5868e"

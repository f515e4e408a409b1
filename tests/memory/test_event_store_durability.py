"""What the SQLite store promises beyond the contract: no acknowledged event is lost, no trouble is for good."""

import asyncio
import random
import shutil
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codecompanion.contracts.events import StopRequested
from codecompanion.contracts.ports import Clock, VersionConflict
from codecompanion.memory.database import Database
from codecompanion.memory.errors import StorageError, UnreadableRun, WorkspaceInUse
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.memory.sqlite import sqlite3

StartChild = Callable[..., Any]


def said(text: str) -> StopRequested:
    return StopRequested(reason=text)


async def test_a_reopened_log_is_the_same_and_goes_on(folder: Path, clock: Clock) -> None:
    store = await SqliteEventStore.open(folder, clock)
    appended = await store.append("run-1", 0, [said("a"), said("b")])
    await store.close()

    store = await SqliteEventStore.open(folder, clock)
    assert store.notices == []
    assert await store.read("run-1") == appended
    assert await store.verify("run-1") == []
    (more,) = await store.append("run-1", 2, [said("c")])
    assert (more.version, more.position) == (3, 3)
    await store.close()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), max_size=6), max_size=4))
async def test_any_history_survives_reopening(
    tmp_path_factory: pytest.TempPathFactory, clock: Clock, parts: list[list[tuple[str, int]]]
) -> None:
    folder = tmp_path_factory.mktemp("log") / ".orchestra"
    lengths: dict[str, int] = {}
    position = 0
    for part in parts:
        store = await SqliteEventStore.open(folder, clock)
        for run_id, length in lengths.items():
            assert [event.version for event in await store.read(run_id)] == list(range(1, length + 1))
            assert await store.verify(run_id) == [] if length else True
        for run_id, number in part:
            version = lengths.get(run_id, 0)
            events = await store.append(run_id, version, [said(f"{n}") for n in range(number)])
            assert [event.position for event in events] == list(range(position + 1, position + 1 + number))
            lengths[run_id] = version + number
            position += number
        await store.close()


async def test_appends_at_the_same_time_share_their_commits(
    database: Database, store: SqliteEventStore
) -> None:
    statements: list[str] = []
    database.writer.set_trace_callback(statements.append)
    await asyncio.gather(*(store.append(f"run-{number}", 0, [said("a")]) for number in range(400)))
    database.writer.set_trace_callback(None)
    writes = [statement for statement in statements if statement.startswith(("INSERT", "COMMIT"))]
    assert len(writes) <= 400 / 64 + 2


async def test_more_events_than_one_statement_takes_are_still_one_append(store: SqliteEventStore) -> None:
    big = [said(f"{number}") for number in range(2000)]
    await store.append("run-1", 0, [said("first")])
    outcomes = await asyncio.gather(
        store.append("run-1", 1, big), store.append("run-1", 1, big), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [list, VersionConflict]
    assert [event.version for event in await store.read("run-1")] == list(range(1, 2002))
    assert await store.verify("run-1") == []


async def test_cancelled_appends_leave_the_store_working(store: SqliteEventStore) -> None:
    appends = [asyncio.create_task(store.append("run-1", version, [said("a")])) for version in range(2000)]
    await asyncio.sleep(0)
    for append in appends[::2]:
        append.cancel()
    outcomes = await asyncio.gather(*appends, return_exceptions=True)
    assert any(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
    acknowledged = {outcome[0].version for outcome in outcomes if isinstance(outcome, list)}
    stored = await store.read("run-1")
    # what was queued when its caller left is stored all the same
    assert acknowledged <= {event.version for event in stored}
    async with asyncio.timeout(10):
        await store.append("run-1", len(stored), [said("after")])
        await asyncio.gather(*(store.append("run-2", version, [said("b")]) for version in range(2000)))


async def test_closing_stores_what_is_queued(folder: Path, clock: Clock) -> None:
    store = await SqliteEventStore.open(folder, clock)
    appends = [asyncio.create_task(store.append("run-1", version, [said("a")])) for version in range(500)]
    await asyncio.sleep(0)
    await store.close()
    assert [len(events) for events in await asyncio.gather(*appends)] == [1] * 500
    store = await SqliteEventStore.open(folder, clock)
    assert len(await store.read("run-1")) == 500
    await store.close()


async def test_appends_waiting_for_room_are_refused_at_the_close(folder: Path, clock: Clock) -> None:
    store = await SqliteEventStore.open(folder, clock)
    appends = [asyncio.create_task(store.append("run-1", version, [said("a")])) for version in range(3000)]
    await asyncio.sleep(0)
    await store.close()
    outcomes = await asyncio.gather(*appends, return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, StorageError)]
    acknowledged = [outcome for outcome in outcomes if isinstance(outcome, list)]
    assert refused and len(refused) + len(acknowledged) == 3000
    store = await SqliteEventStore.open(folder, clock)
    assert len(await store.read("run-1")) == len(acknowledged)
    await store.close()


async def test_a_cancelled_opening_lets_go_of_the_folder(folder: Path, clock: Clock) -> None:
    opening = asyncio.create_task(SqliteEventStore.open(folder, clock))
    await asyncio.sleep(0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    async with asyncio.timeout(10):
        while True:
            try:
                store = await SqliteEventStore.open(folder, clock)
                break
            except WorkspaceInUse:
                await asyncio.sleep(0.01)
    await store.append("run-1", 0, [said("a")])
    await store.close()


async def test_a_full_database_refuses_clearly_and_goes_on_later(
    database: Database, store: SqliteEventStore
) -> None:
    await store.append("run-1", 0, [said("a")])
    (pages,) = database.writer.execute("PRAGMA page_count").fetchone()
    database.writer.execute(f"PRAGMA max_page_count={pages + 4}")
    for _ in range(2):
        with pytest.raises(StorageError, match="the disk is full: nothing was stored"):
            await store.append("run-1", 1, [said("small"), said("x" * 100_000)])
    await store.append("run-1", 1, [said("fits")])
    database.writer.execute("PRAGMA max_page_count=1000000")
    await store.append("run-1", 2, [said("small"), said("x" * 100_000)])
    assert [event.position for event in await store.read("run-1")] == [1, 2, 3, 4]
    assert await store.verify("run-1") == []


def test_a_failing_disk_refuses_clearly_and_goes_on_later(folder: Path, start_child: StartChild) -> None:
    """The kernel refuses to let files grow (RLIMIT_FSIZE), which reaches SQLite as a write error."""
    child = start_child("fill_disk.py", folder)
    lines = child.communicate(timeout=60)[0].decode().splitlines()
    assert child.returncode == 0
    assert lines[0] == "stored 1"
    assert all(line.startswith("refused: the disk under ") and "failed" in line for line in lines[1:3])
    assert lines[3:] == ["stored 2", "events 2"]


async def test_a_locked_database_is_told_and_waited_for(database: Database, store: SqliteEventStore) -> None:
    database.writer.execute("PRAGMA busy_timeout=50")
    with closing(sqlite3.connect(database.path, isolation_level=None)) as stranger:
        stranger.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StorageError, match="is locked by another program"):
            await store.append("run-1", 0, [said("a")])
    await store.append("run-1", 0, [said("a")])


async def test_another_writer_is_noticed(database: Database, store: SqliteEventStore) -> None:
    """The owner lock keeps our own processes out, but not another program."""
    await store.append("run-1", 0, [said("a")])
    await store.append("run-2", 0, [said("b")])
    with closing(sqlite3.connect(database.path, isolation_level=None)) as stranger:
        stranger.execute(
            "INSERT INTO events (run_id, version, at, body, link) "
            "SELECT 'run-1', 2, at, body, link FROM events LIMIT 1"
        )
    outcomes = await asyncio.gather(
        store.append("run-1", 1, [said("c")]),
        store.append("run-2", 1, [said("d")]),
        store.append("run-1", 2, [said("e")]),
        return_exceptions=True,
    )
    assert isinstance(outcomes[0], VersionConflict)
    stored = await store.read("run-1") + await store.read("run-2")
    assert [(event.run_id, event.version, event.position) for event in stored] == [
        ("run-1", 1, 1),
        ("run-1", 2, 3),
        ("run-1", 3, 5),
        ("run-2", 1, 2),
        ("run-2", 2, 4),
    ]


async def test_reading_beside_steady_writing(store: SqliteEventStore) -> None:
    async def write(run_id: str) -> None:
        for version in range(60):
            await store.append(run_id, version, [said("x" * 1000)])

    async with asyncio.timeout(20):
        writers = [asyncio.create_task(write(f"run-{number}")) for number in range(4)]
        seen = 0
        while not all(writer.done() for writer in writers):
            events = await store.read("run-0")
            assert [event.version for event in events] == list(range(1, len(events) + 1))
            assert len(events) >= seen
            seen = len(events)
        await asyncio.gather(*writers)


ALTERATIONS = {
    "UPDATE events SET body = replace(body, 'two', 'zwei') WHERE version = 2": ["event 2 was altered"],
    "UPDATE events SET at = at + 1 WHERE version = 3": ["event 3 was altered"],
    "UPDATE events SET body = CAST(x'ff' AS TEXT) WHERE version = 4": ["event 4 was altered"],
    "UPDATE events SET link = x'00' WHERE version = 2": ["event 2 was altered", "event 3 was altered"],
    "DELETE FROM events WHERE version IN (2, 3)": ["events 2 to 3 are missing"],
    "DELETE FROM events WHERE version = 1": ["events 1 to 1 are missing"],
    "DELETE FROM events": ["has no events"],
}


@pytest.mark.parametrize("alteration", ALTERATIONS)
async def test_an_altered_log_does_not_verify(
    database: Database, store: SqliteEventStore, alteration: str
) -> None:
    await store.append("run-1", 0, [said(text) for text in ("one", "two", "three", "four")])
    assert await store.verify("run-1") == []
    with closing(sqlite3.connect(database.path, isolation_level=None)) as stranger:
        stranger.execute(alteration)
    problems = await store.verify("run-1")
    assert [problem.removeprefix("run 'run-1'").lstrip(": ") for problem in problems] == ALTERATIONS[alteration]


async def test_a_log_with_a_hole_or_a_foreign_event_is_not_read_as_whole(
    database: Database, store: SqliteEventStore
) -> None:
    await store.append("run-1", 0, [said("one"), said("two"), said("three")])
    await store.append("run-2", 0, [said("one")])
    with closing(sqlite3.connect(database.path, isolation_level=None)) as stranger:
        stranger.execute("DELETE FROM events WHERE run_id = 'run-1' AND version = 2")
        stranger.execute("""UPDATE events SET body = '{"event": "run_dreamt"}' WHERE run_id = 'run-2'""")
    with pytest.raises(StorageError, match="has lost events: 2 of 3 are there"):
        await store.read("run-1")
    with pytest.raises(StorageError, match=r"cannot be read: .*run_dreamt"):
        await store.read("run-2")


async def test_an_event_of_a_newer_release_stops_only_its_own_run(
    database: Database, store: SqliteEventStore
) -> None:
    good = await store.append("run-1", 0, [said("one"), said("two")])
    await store.append("run-2", 0, [said("three"), said("four"), said("five")])
    good += await store.append("run-1", 2, [said("six")])
    with closing(sqlite3.connect(database.path, isolation_level=None)) as newer:
        newer.execute(
            """UPDATE events SET body = '{"event":"run_dreamt"}' WHERE run_id = 'run-2' AND version > 1"""
        )
    sentence = (
        r"event 2 of run 'run-2' cannot be read: this release knows no event 'run_dreamt'. .*left as it is"
    )
    with pytest.raises(UnreadableRun, match=sentence):
        await store.read("run-2")
    assert await store.run_ids() == ["run-1", "run-2"]
    assert await store.read("run-1") == good
    assert [one.text[:21] for one in await store.read_texts("run-2")][1:] == ['{"event":"run_dreamt"'] * 2
    pages, position = [], 0
    while page := await store.read_since(position, 2):
        pages.append([(one.run_id, one.version) for one in page])
        position = page[-1].position
    assert pages == [[("run-1", 1), ("run-1", 2)], [("run-2", 1), ("run-1", 3)]]
    assert await store.read_since(0, 9, "run-1") == good
    await store.append("run-2", 3, [said("goes on")])


@pytest.mark.parametrize("column", ["at", "priority", "version", "correlation_id"])
async def test_a_row_that_was_altered_into_nonsense_is_no_event(
    database: Database, store: SqliteEventStore, column: str
) -> None:
    await store.append("run-1", 0, [said("one")])
    good = await store.append("run-2", 0, [said("two")])
    with closing(sqlite3.connect(database.path, isolation_level=None)) as stranger:
        stranger.execute(f"UPDATE events SET {column} = x'00ff' WHERE run_id = 'run-1'")
    with pytest.raises(StorageError, match=r"was altered|has lost events"):
        await store.read("run-1")
    assert await store.verify("run-1") != []
    assert await store.read_since(0, 9) == good


async def test_a_table_that_is_gone_gives_a_message(database: Database, store: SqliteEventStore) -> None:
    with closing(sqlite3.connect(database.path, isolation_level=None)) as stranger:
        stranger.execute("DROP TABLE events")
    with pytest.raises(StorageError, match=r"cannot be used \(no such table: events"):
        await store.append("run-1", 0, [said("a")])
    with pytest.raises(StorageError, match=r"cannot be used \(no such table: events"):
        await store.read("run-1")


async def test_a_log_that_is_deleted_while_in_use_is_told(
    database: Database, store: SqliteEventStore, folder: Path
) -> None:
    await store.append("run-1", 0, [said("a")])
    shutil.rmtree(folder)
    with pytest.raises(StorageError, match="was moved or deleted while in use"):
        await store.append("run-1", 1, [said("b")])


async def _stored_lengths(folder: Path, clock: Clock) -> dict[str, int]:
    """Open after a kill, check every run, and return how many events each has."""
    store = await SqliteEventStore.open(folder, clock)
    try:
        assert store.notices == []
        lengths = {}
        for run_id in await store.run_ids():
            events = await store.read(run_id)
            assert [event.version for event in events] == list(range(1, len(events) + 1))
            assert [event.body for event in events] == [said(f"{run_id} {n + 1}") for n in range(len(events))]
            assert await store.verify(run_id) == []
            lengths[run_id] = len(events)
        return lengths
    finally:
        await store.close()


def _kill_at_random(folder: Path, clock: Clock, start_child: StartChild, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    acknowledged: dict[str, int] = {}
    children = [start_child("append.py", folder) for _ in range(kills)]
    for number, child in enumerate(children):
        child.stdin.write(b"go\n")
        child.stdin.flush()
        # every third is killed wherever it is, also while opening; the others in the midst of appending
        lines = [child.stdout.readline() for _ in range(chance.randint(1, 40) if number % 3 else 0)]
        time.sleep(chance.uniform(0, 0.1))
        child.kill()
        for line in (b"".join(lines) + child.communicate()[0]).decode().splitlines():
            run_id, version = line.split()
            acknowledged[run_id] = max(acknowledged.get(run_id, 0), int(version))
        stored = asyncio.run(_stored_lengths(folder, clock))
        assert {run: n for run, n in acknowledged.items() if stored.get(run, 0) < n} == {}
    # each child that was let append got at least one event further
    assert sum(acknowledged.values()) >= kills * 2 // 3


@pytest.mark.slow
def test_no_acknowledged_event_is_lost_to_kill_9(folder: Path, clock: Clock, start_child: StartChild) -> None:
    _kill_at_random(folder, clock, start_child, kills=12, seed=3)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20))
def test_no_acknowledged_event_is_lost_to_200_kills(
    folder: Path, clock: Clock, start_child: StartChild, seed: int
) -> None:
    _kill_at_random(folder, clock, start_child, kills=10, seed=seed)

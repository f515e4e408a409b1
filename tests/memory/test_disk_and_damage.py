"""A full disk, a read-only one, a log cut or overwritten anywhere: clear words, and promises kept."""

import asyncio
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from codecompanion.contracts.errors import OrchestraError, WorkspaceError
from codecompanion.contracts.events import Event, Recorded, RunFinished, StopRequested
from codecompanion.contracts.ports import Clock
from codecompanion.contracts.session_events import SESSIONS
from codecompanion.memory import care
from codecompanion.memory.database import Database
from codecompanion.memory.errors import StorageError
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.memory.sqlite import sqlite3

RUNS = [f"run-{number}" for number in range(6)]


def said(text: str) -> StopRequested:
    return StopRequested(reason=text)


# -- the disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], check=True)
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.mark.needs("tmpfs")
async def test_a_full_disk_is_told_and_everything_acknowledged_is_kept(small_disk: Path, clock: Clock) -> None:
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * 600_000)
    folder = small_disk / ".orchestra"
    store = await SqliteEventStore.open(folder, clock)
    acknowledged = await _append_until_full(store, 0)
    assert len(acknowledged) > 10
    with pytest.raises(StorageError, match=r"the disk is full: nothing was stored in .*; free some space"):
        await store.append("run-1", len(acknowledged), [said("x" * 20_000)])
    assert await store.read("run-1") == acknowledged
    assert care.status(folder).events == len(acknowledged)
    filler.unlink()
    acknowledged += await store.append("run-1", len(acknowledged), [said("goes on")])
    acknowledged += await _append_until_full(store, len(acknowledged))
    await store.close()
    # opened on a disk that is full to the last byte, it can still be read
    _fill(small_disk / "rest")
    store = await SqliteEventStore.open(folder, clock)
    assert store.notices == []
    assert await store.read("run-1") == acknowledged
    assert await store.verify("run-1") == []
    await store.close()


async def _append_until_full(store: SqliteEventStore, version: int) -> list[Recorded]:
    stored: list[Recorded] = []
    try:
        while True:
            stored += await store.append("run-1", version + len(stored), [said("x" * 20_000)])
    except StorageError as error:
        assert "the disk is full" in str(error)
    return stored


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            pass


@pytest.mark.needs("tmpfs")
def test_a_read_only_disk_is_told(small_disk: Path, clock: Clock) -> None:
    Database.open(small_disk / "old", clock).close()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(WorkspaceError, match=r"the run log cannot be kept in .*: Read-only file system"):
        Database.open(small_disk / "new", clock)
    with pytest.raises(WorkspaceError, match="cannot be written: Read-only file system"):
        Database.open(small_disk / "old", clock)
    assert care.status(small_disk / "old").events == 0
    assert care.check(small_disk / "old", lambda event: event.event).sound


async def test_a_moved_folder_is_told_and_goes_on_once_it_is_back(tmp_path: Path, clock: Clock) -> None:
    folder = tmp_path / ".orchestra"
    store = await SqliteEventStore.open(folder, clock)
    await store.append("run-1", 0, [said("a")])
    folder.rename(tmp_path / "elsewhere")
    with pytest.raises(StorageError, match="was moved or deleted while in use"):
        await store.append("run-1", 1, [said("b")])
    with pytest.raises(WorkspaceError, match="there is no run log at"):
        care.status(folder)
    (tmp_path / "elsewhere").rename(folder)
    await store.append("run-1", 1, [said("b")])
    await store.close()
    store = await SqliteEventStore.open(folder, clock)
    assert len(await store.read("run-1")) == 2
    await store.close()


# -- damage

Log = dict[str, list[Event]]


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Log, Log]:
    """A data folder as a kill leaves it, with its -wal; what was acknowledged, and what its backup holds."""
    home = tmp_path_factory.mktemp("logged")
    folder, killed = home / ".orchestra", home / "killed"
    chance = random.Random(1)
    seconds = iter(range(1_700_000_000, 1_800_000_000))
    database = Database.open(folder, lambda: float(next(seconds)))
    log: Log = {run_id: [] for run_id in RUNS}

    async def write(events: int) -> None:
        store = SqliteEventStore(database, lambda: float(next(seconds)))
        for _ in range(events):
            run_id = chance.choice(RUNS[:-1])
            event = said(f"{chance.random()} " * chance.randint(1, 60))
            await store.append(run_id, len(log[run_id]), [event])
            log[run_id].append(event)
        await store._commits.close()

    asyncio.run(write(300))
    database.writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    care.back_up(folder, lambda: 1_700_000_500.0)
    in_backup = {run_id: list(events) for run_id, events in log.items()}
    asyncio.run(write(200))
    database.writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    asyncio.run(write(40))
    shutil.copytree(folder, killed)
    (killed / "orchestra.lock").write_text("12345\n")
    database.close()
    return killed, log, in_backup


def _spoiled(source: Path, target: Path, *, wal: bool) -> Path:
    """Copy the folder, with the frames of its -wal or with them folded into the file."""
    shutil.copytree(source, target)
    if not wal:
        with closing(sqlite3.connect(target / "orchestra.db")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return target / "orchestra.db"


async def _what_is_left(folder: Path, clock: Clock) -> tuple[list[str], Log, SqliteEventStore]:
    store = await SqliteEventStore.open(folder, clock)
    left = {run_id: [one.body for one in await store.read(run_id)] for run_id in await store.run_ids()}
    assert [said for run_id in left for said in await store.verify(run_id)] == []
    return store.notices, left, store


def _assert_kept(notices: list[str], left: Log, log: Log, in_backup: Log) -> int:
    """Whatever happened, no event is altered, out of order or doubled; how many are there."""
    for run_id in RUNS:
        events = left.get(run_id, [])
        assert events == log[run_id][: len(events)]
        assert len(events) >= len(in_backup[run_id])
    kept = sum(map(len, left.values()))
    if not notices:
        assert kept == sum(map(len, log.values()))
    else:
        (notice,) = notices
        assert notice.startswith("The run log was damaged (")
        assert "orchestra.db.corrupt-" in notice
        assert "The log goes up to its event " in notice or "the log goes up to its event " in notice
    return kept


@pytest.mark.parametrize("wal", [True, False], ids=["with -wal", "without"])
async def test_a_log_cut_anywhere_is_restored_and_goes_on(
    logged: tuple[Path, Log, Log], tmp_path: Path, clock: Clock, wal: bool
) -> None:
    source, log, in_backup = logged
    chance = random.Random(2 + wal)
    told = 0
    for number in range(50):
        folder = tmp_path / str(number)
        path = _spoiled(source, folder, wal=wal)
        os.truncate(path, chance.randrange(path.stat().st_size))
        notices, left, store = await _what_is_left(folder, clock)
        _assert_kept(notices, left, log, in_backup)
        told += len(notices)
        await _goes_on(store, folder, notices, clock)
    assert told >= 40


@pytest.mark.parametrize("wal", [True, False], ids=["with -wal", "without"])
async def test_a_log_overwritten_anywhere_is_restored_and_goes_on(
    logged: tuple[Path, Log, Log], tmp_path: Path, clock: Clock, wal: bool
) -> None:
    source, log, in_backup = logged
    chance = random.Random(4 + wal)
    told = 0
    for number in range(50):
        folder = tmp_path / str(number)
        path = _spoiled(source, folder, wal=wal)
        content = bytearray(path.read_bytes())
        place = chance.randrange(len(content) - 600)
        content[place : place + 600] = chance.randbytes(600)
        path.write_bytes(content)
        if (words := await _words_of_alteration(folder, clock)) is not None:
            assert words
            continue
        notices, left, store = await _what_is_left(folder, clock)
        _assert_kept(notices, left, log, in_backup)
        told += len(notices)
        await _goes_on(store, folder, notices, clock)
    assert told >= 10


async def _words_of_alteration(folder: Path, clock: Clock) -> list[str] | None:
    """Where only the text of events was hit, their pages are sound: then the chain tells, run by run."""
    copy = folder.with_name(f"{folder.name}-looked-at")
    shutil.copytree(folder, copy)
    store = await SqliteEventStore.open(copy, clock)
    try:
        if store.notices:
            return None
        words: list[str] = []
        for run_id in await store.run_ids():
            words += await store.verify(run_id)
            try:
                await store.read(run_id)
            except OrchestraError as error:
                words.append(str(error))
        return words or None
    finally:
        await store.close()


async def _goes_on(store: SqliteEventStore, folder: Path, notices: list[str], clock: Clock) -> None:
    """After the trouble the log takes events; runs that lost some are noted as not to be gone on with."""
    if notices and "later ones are lost" in notices[0]:
        aside = {one.body.run_id for one in await store.read(SESSIONS) if one.body.event == "run_set_aside"}
        assert aside == set(await store.run_ids())
    await store.append("run-new", 0, [said("goes on"), RunFinished(outcome="done", summary="")])
    await store.close()
    again = await SqliteEventStore.open(folder, clock)
    assert again.notices == []
    assert len(await again.read("run-new")) == 2
    await again.close()


async def test_what_the_damaged_file_still_gives_is_taken_over(
    logged: tuple[Path, Log, Log], tmp_path: Path, clock: Clock
) -> None:
    """With the backup gone: all that is whole in the file comes back, run by run up to its first gap."""
    source, log, _ = logged
    path = _spoiled(source, tmp_path / "x", wal=False)
    shutil.rmtree(path.parent / "backups")
    content = bytearray(path.read_bytes())
    content[-30 * 4096 : -29 * 4096] = b"\xa5" * 4096
    path.write_bytes(content)
    notices, left, store = await _what_is_left(path.parent, clock)
    kept = sum(map(len, left.values()))
    assert "there was no backup, so a new log was begun. " in notices[0]
    assert f"{kept:,} events came from the damaged file." in notices[0]
    assert 250 < kept < sum(map(len, log.values()))
    await store.close()


async def test_a_loss_of_nothing_is_said_and_runs_go_on(
    logged: tuple[Path, Log, Log], tmp_path: Path, clock: Clock
) -> None:
    """Damage outside the events: the whole log comes back and no run is set aside."""
    source, log, _ = logged
    path = _spoiled(source, tmp_path / "x", wal=False)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'bandit_data'").fetchone()[0]
    content = bytearray(path.read_bytes())
    content[(page - 1) * 4096 : page * 4096] = b"\xa5" * 4096
    path.write_bytes(content)
    notices, left, store = await _what_is_left(path.parent, clock)
    assert "Nothing was lost: the log goes up to its event 540 of " in notices[0]
    assert left == {run_id: events for run_id, events in log.items() if events}
    assert await store.read(SESSIONS) == []
    await store.close()


async def test_damage_met_in_use_is_looked_for_at_the_next_start(
    logged: tuple[Path, Log, Log], tmp_path: Path, clock: Clock
) -> None:
    source, log, in_backup = logged
    path = _spoiled(source, tmp_path / "x", wal=False)
    (path.parent / "orchestra.lock").write_text("")
    content = bytearray(path.read_bytes())
    content[-5 * 4096 :] = b"\xa5" * 5 * 4096
    path.write_bytes(content)
    store = await SqliteEventStore.open(path.parent, clock)
    assert store.notices == []
    troubles = []
    for run_id in RUNS[:-1]:
        try:
            await store.read(run_id)
        except StorageError as error:
            troubles.append(str(error))
    assert troubles
    assert "is damaged" in troubles[0]
    await store.close()
    notices, left, store = await _what_is_left(path.parent, clock)
    assert len(notices) == 1
    _assert_kept(notices, left, log, in_backup)
    await store.close()


@pytest.mark.parametrize("killed_at", ["orchestra.db.restored", "both"])
async def test_a_restore_that_was_killed_is_finished(
    logged: tuple[Path, Log, Log], tmp_path: Path, clock: Clock, killed_at: str
) -> None:
    source, log, _ = logged
    path = _spoiled(source, tmp_path / "x", wal=False)
    shutil.copy(path, f"{path}.restored")
    if killed_at == "both":
        # not set aside yet: it is found damaged once more
        os.truncate(path, 5000)
    else:
        path.unlink()
    _, left, store = await _what_is_left(path.parent, clock)
    assert sum(map(len, left.values())) >= 300
    if killed_at != "both":
        assert left == {run_id: events for run_id, events in log.items() if events}
    await store.close()


MAIMED: dict[str, str] = {
    "DROP TABLE events": "no such table: events",
    "ALTER TABLE events RENAME COLUMN link TO chain": "no such column: link",
}


@pytest.mark.parametrize("statement", MAIMED)
async def test_a_maimed_events_table_is_named_and_restored(
    logged: tuple[Path, Log, Log], tmp_path: Path, clock: Clock, statement: str
) -> None:
    source, log, in_backup = logged
    path = _spoiled(source, tmp_path / "x", wal=False)
    (path.parent / "orchestra.lock").write_text("")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)
    notices, left, store = await _what_is_left(path.parent, clock)
    assert MAIMED[statement] in notices[0]
    _assert_kept(notices, left, log, in_backup)
    await store.close()


def test_a_stolen_lock_file_is_no_crash(tmp_path: Path, clock: Clock) -> None:
    folder = tmp_path / ".orchestra"
    database = Database.open(folder, clock)
    (folder / "orchestra.lock").unlink()
    database.close()
    Database.open(folder, clock).close()

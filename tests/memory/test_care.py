"""Looking after a database: how it is, whether it is sound, backups, space, the log as a file."""

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.contracts.events import Event, StopRequested
from codecompanion.contracts.ports import Clock
from codecompanion.contracts.session_events import LogOpened
from codecompanion.memory import backups, care
from codecompanion.memory.database import Database
from codecompanion.memory.errors import StorageError
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.memory.export_log import export_log
from codecompanion.memory.records.project_records import SqliteProjectRecords
from codecompanion.memory.sqlite import sqlite3
from codecompanion.memory.upkeep import BACKUP_AFTER, Upkeep, note_opening


def tell(event: Event) -> str:
    return event.event


@pytest.fixture
async def store(store: SqliteEventStore) -> SqliteEventStore:
    """The log with a run of five events."""
    await store.append("run-1", 0, [StopRequested(reason=f"reason {n}") for n in range(5)])
    return store


def spoil(database: Database, *statements: str) -> None:
    with closing(sqlite3.connect(database.path, isolation_level=None)) as stranger:
        for statement in statements:
            stranger.execute(statement)


async def test_status_tells_of_a_database_in_use_and_of_one_that_is_not(
    folder: Path, database: Database, store: SqliteEventStore, start_child: Callable[..., Any]
) -> None:
    status = care.status(folder)
    assert (status.runs, status.events, status.tables_behind) == (1, 5, 5)
    assert (status.journal_mode, status.engine) == (database.journal_mode, sqlite3.sqlite_version)
    assert status.size >= database.path.stat().st_size > 0
    assert status.last_event_at is not None
    assert (status.backups, status.set_aside, status.killed_owner) == ((), (), None)
    await store.close()
    assert care.status(folder).owner is None
    child = start_child("hold.py", folder)
    child.stdout.readline()
    assert care.status(folder).owner == child.pid
    child.kill()
    child.communicate()
    killed = care.status(folder)
    assert (killed.owner, killed.killed_owner) == (None, child.pid)


def test_where_there_is_no_log_that_is_said(folder: Path, clock: Clock) -> None:
    for ask in (care.status, lambda where: care.check(where, tell), lambda where: care.back_up(where, clock)):
        with pytest.raises(WorkspaceError, match=r"there is no run log at .* yet"):
            ask(folder)
    assert not folder.exists()


async def test_a_sound_log_checks_and_an_altered_one_does_not(
    folder: Path, database: Database, store: SqliteEventStore, clock: Clock
) -> None:
    report = care.check(folder, tell)
    assert (report.sound, report.runs, report.events) == (True, 1, 5)
    await SqliteProjectRecords(database, clock, tell, print).catch_up()
    assert care.check(folder, tell).sound
    spoil(
        database,
        "UPDATE events SET at = at + 1 WHERE version = 3",
        "UPDATE project_sessions SET events = 9",
        "DROP TABLE bandit_data",
    )
    report = care.check(folder, tell)
    assert not report.sound
    assert report.chains == ("run 'run-1': event 3 was altered",)
    assert report.tables == ("the table 'bandit_data' is missing",)
    await SqliteProjectRecords(database, clock, tell, print).catch_up()
    spoil(database, "UPDATE project_sessions SET events = 9")
    assert care.check(folder, tell).tables == ("the table 'project_sessions' differs from the log in 1 row",)


async def test_broken_pages_are_found(folder: Path, database: Database, store: SqliteEventStore) -> None:
    await store.append("run-2", 0, [StopRequested(reason="x" * 3000) for _ in range(50)])
    await store.close()
    content = bytearray(database.path.read_bytes())
    content[-3 * 4096 : -2 * 4096] = b"\xa5" * 4096
    database.path.write_bytes(content)
    report = care.check(folder, tell)
    assert not report.sound
    assert len(report.pages) == 1


async def test_a_file_that_is_no_database_is_one_sentence(folder: Path, store: SqliteEventStore) -> None:
    await store.close()
    (folder / "orchestra.db").write_bytes(b"no database at all" * 1000)
    with pytest.raises(StorageError, match="is damaged"):
        care.check(folder, tell)


async def test_backups_are_made_beside_the_owner_and_three_are_kept(
    folder: Path, store: SqliteEventStore, clock: Clock
) -> None:
    made = [care.back_up(folder, clock) for _ in range(5)]
    assert [backup.path for backup in care.status(folder).backups] == [one.path for one in made[:1:-1]]
    assert made[-1].size > 0
    assert backups.last_event_of(Path(made[-1].path)) == ("run-1", 5)
    shutil.rmtree(folder / "backups")
    (folder / "backups").write_text("a file in the way")
    with pytest.raises(WorkspaceError, match="no backup could be made in"):
        care.back_up(folder, clock)


async def test_vacuum_wins_space_and_loses_nothing(database: Database, store: SqliteEventStore) -> None:
    await store.append("run-2", 0, [StopRequested(reason="x" * 100_000) for _ in range(20)])
    spoil(database, "DELETE FROM events WHERE run_id = 'run-2'")
    report = await database.change(lambda connection: care.vacuum(connection, database.path))
    assert report.size_before - report.size_after > 1_500_000
    assert len(await store.read("run-1")) == 5
    assert await store.verify("run-1") == []
    await store.append("run-1", 5, [StopRequested(reason="goes on")])


async def test_the_export_holds_every_event_with_its_link(
    folder: Path, database: Database, store: SqliteEventStore, tmp_path: Path
) -> None:
    await store.append("run-1", 5, [StopRequested(reason="\ud800 ✓ \u2028 \n")])
    spoil(database, "UPDATE events SET body = 'no JSON at \"all\"' WHERE version = 5")
    target = tmp_path / "log.jsonl"
    report = export_log(folder, target)
    lines = [json.loads(line) for line in target.read_text("utf-8").split("\n")[:-1]]
    assert (report.events, report.size, len(lines)) == (6, target.stat().st_size, 6)
    assert [line["position"] for line in lines] == [1, 2, 3, 4, 5, 6]
    assert lines[0]["event"] == {"event": "stop_requested", "reason": "reason 0"}
    assert lines[4]["event"] == 'no JSON at "all"'
    link, at = bytes(32), lines[0]["at"]
    seal = b"\0" + b"\0".join((b"+orchestra", b"+5", b"+run-1", b"-")) + b"\0"
    body = json.dumps(lines[0]["event"], separators=(",", ":")).encode()
    assert sha256(link + seal + f"run-1\0{1}\0{at!r}\0".encode() + body).hexdigest().upper() == lines[0]["link"]
    assert target.stat().st_mode & 0o077 == 0


async def test_an_export_never_writes_over_a_file_unless_told_to(
    folder: Path, store: SqliteEventStore, tmp_path: Path
) -> None:
    target = tmp_path / "log.jsonl"
    target.write_text("mine")
    with pytest.raises(WorkspaceError, match="exists already: name another file"):
        export_log(folder, target)
    assert target.read_text() == "mine"
    export_log(folder, target, force=True)
    assert target.read_text().count("\n") == 5
    with pytest.raises(WorkspaceError, match=r"cannot be exported to .*: No such file"):
        export_log(folder, tmp_path / "nowhere" / "log.jsonl")
    assert [file.name for file in tmp_path.iterdir() if "partial" in file.name] == []


class SetClock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


async def test_a_quiet_log_is_caught_up_backed_up_daily_and_folded_up(folder: Path) -> None:
    clock = SetClock()
    database = Database.open(folder, clock)
    store = SqliteEventStore(database, clock)
    upkeep = Upkeep(database, SqliteProjectRecords(database, clock, tell, print), clock)

    async def looks(times: int) -> int:
        for _ in range(times):
            await upkeep.look()
        return len(care.status(folder).backups)

    assert await looks(3) == 0
    await store.append("run-1", 0, [StopRequested(reason="a")])
    # at the first look after an event the log is not quiet yet
    assert await looks(1) == 0
    assert care.status(folder).tables_behind == 1
    assert await looks(1) == 1
    status = care.status(folder)
    assert status.tables_behind == 0
    assert Path(f"{database.path}-wal").stat().st_size == 0
    clock.now += BACKUP_AFTER - 60
    await store.append("run-1", 1, [StopRequested(reason="b")])
    assert await looks(2) == 1
    clock.now += 120
    await note_opening(store, "a test", [])
    assert await looks(2) == 2
    clock.now += 2 * BACKUP_AFTER
    # an opening alone is no change worth a backup
    await note_opening(store, "a test", ["was mended"])
    assert await looks(2) == 2
    openings = [one.body for one in await store.read("~sessions")]
    assert openings == [LogOpened(program="a test"), LogOpened(program="a test", notices=("was mended",))]
    assert await store.run_ids() == ["run-1"]
    await store.close()


async def test_a_folder_without_room_for_backups_stops_nothing(
    folder: Path, database: Database, store: SqliteEventStore, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "backups").write_text("a file in the way")
    upkeep = Upkeep(database, SqliteProjectRecords(database, clock, tell, print), clock)
    await upkeep.finish()
    assert "no backup could be made" in caplog.text
    assert len(await store.append("run-1", 5, [StopRequested(reason="goes on")])) == 1

"""Opening whatever is there: fresh, sound, damaged in every way, newer, foreign."""

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from codecompanion.contracts.errors import OrchestraError, WorkspaceError
from codecompanion.contracts.ports import Clock
from codecompanion.memory.backups import backups, make_backup, set_aside
from codecompanion.memory.database import Database
from codecompanion.memory.errors import ForeignDatabase, NewerDatabase
from codecompanion.memory.schema import APPLICATION_ID, Migration, shipped_migrations
from codecompanion.memory.sqlite import sqlite3

KNOWN = shipped_migrations()[-1].number
NEXT = Migration(KNOWN + 1, "9999_notes", "CREATE TABLE notes (text TEXT);")
EVENTS = 300


def fill(database: Database, number: int = EVENTS) -> None:
    database.writer.execute("BEGIN")
    database.writer.executemany(
        "INSERT INTO events (run_id, version, at, body, link) VALUES ('run-1', ?, 0, ?, x'00')",
        [(version + 1, f"{version + 1:04} " * 120) for version in range(number)],
    )
    database.writer.execute("COMMIT")


def events_in(database: Database) -> int:
    runs = "SELECT version, body FROM events WHERE run_id NOT LIKE '~%' ORDER BY position"
    rows = database.writer.execute(runs).fetchall()
    assert all(body == f"{version:04} " * 120 for version, body in rows)
    return len(rows)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("sound")
    database = Database.open(folder, lambda: 0.0)
    fill(database)
    database.close()
    return (folder / "orchestra.db").read_bytes()


def test_a_fresh_database_is_marked_ours(tmp_path: Path, clock: Clock) -> None:
    database = Database.open(tmp_path, clock)
    assert database.notices == []
    assert database.writer.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert database.writer.execute("PRAGMA user_version").fetchone() == (shipped_migrations()[-1].number,)
    database.close()
    assert sorted(file.name for file in tmp_path.iterdir()) == [".gitignore", "orchestra.db", "orchestra.lock"]


def test_a_beginning_that_was_killed_is_begun_again(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "orchestra.lock").write_text("12345\n")
    (tmp_path / "orchestra.db.partial").write_bytes(b"")
    (tmp_path / "orchestra.db.partial-journal").write_bytes(b"half")
    database = Database.open(tmp_path, clock)
    assert (database.notices, events_in(database)) == ([], 0)
    database.close()
    assert not list(tmp_path.glob("*.partial*"))


def cuts(size: int) -> list[int]:
    whole = size // 4096 * 4096
    spread = [size * part // 41 for part in range(1, 41)]
    return [0, 1, 17, 99, 100, 511, 512, 4095, 4096, 4097, 8192, *spread, whole // 2, size - 4096, size - 1]


def test_a_truncated_database_is_whole_or_set_aside_at_every_cut(
    tmp_path: Path, clock: Clock, sound: bytes
) -> None:
    places = cuts(len(sound))
    assert len(places) >= 50
    whole = 0
    for number, place in enumerate(places):
        folder = tmp_path / f"cut-{place}"
        folder.mkdir()
        (folder / "orchestra.db").write_bytes(sound[:place])
        if number % 2:
            (folder / "orchestra.lock").write_text("12345\n")
        database = Database.open(folder, clock)
        if database.notices:
            (notice,) = database.notices
            assert "there was no backup, so a new log was begun" in notice
            (aside,) = folder.glob("orchestra.db.corrupt-*")
            assert aside.name in notice
            assert aside.read_bytes() == sound[:place]
            fill(database, 3)
            assert events_in(database) == 3
        else:
            # the last bytes of the last page may be unused
            whole += 1
            assert place > len(sound) - 4096
            assert events_in(database) == EVENTS
        database.close()
    assert whole <= 1


def test_garbage_inside_is_found_after_an_unclean_end(tmp_path: Path, clock: Clock, sound: bytes) -> None:
    for page in (0, 1, 2, 5, len(sound) // 4096 - 1):
        folder = tmp_path / f"page-{page}"
        folder.mkdir()
        broken = bytearray(sound)
        broken[page * 4096 : page * 4096 + 200] = b"\xa5" * 200
        (folder / "orchestra.db").write_bytes(broken)
        (folder / "orchestra.lock").write_text("12345\n")
        database = Database.open(folder, clock)
        assert len(database.notices) == 1
        assert events_in(database) == 0
        database.close()


def test_a_sound_database_survives_an_unclean_end(tmp_path: Path, clock: Clock, sound: bytes) -> None:
    (tmp_path / "orchestra.db").write_bytes(sound)
    (tmp_path / "orchestra.lock").write_text("12345\n")
    database = Database.open(tmp_path, clock)
    assert (database.notices, events_in(database)) == ([], EVENTS)
    database.close()


def test_side_files_go_with_the_damaged_one(tmp_path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        (tmp_path / f"orchestra.db{suffix}").write_text(suffix)
    aside = set_aside(tmp_path / "orchestra.db", 0.0)
    assert aside.name == "orchestra.db.corrupt-19700101T000000Z"
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {
        aside.name: "",
        f"{aside.name}-wal": "-wal",
        f"{aside.name}-shm": "-shm",
        f"{aside.name}-journal": "-journal",
    }


def test_no_earlier_damaged_file_is_written_over(tmp_path: Path, sound: bytes) -> None:
    for _ in range(3):
        (tmp_path / "orchestra.db").write_bytes(sound[:5000])
        Database.open(tmp_path, lambda: 0.0).close()
    assert len(list(tmp_path.glob("orchestra.db.corrupt-*"))) == 3


@pytest.fixture
def with_backup(tmp_path: Path, clock: Clock) -> Path:
    """A folder whose database was filled, backed up by a migration, and filled further."""
    database = Database.open(tmp_path, clock)
    fill(database)
    database.close()
    database = Database.open(tmp_path, clock, migrations=[*shipped_migrations(), NEXT])
    database.writer.execute("INSERT INTO notes VALUES ('after the backup')")
    database.close()
    return tmp_path


def test_a_damaged_database_is_restored_from_its_backup_and_brought_up_to_date(
    with_backup: Path, clock: Clock
) -> None:
    path = with_backup / "orchestra.db"
    path.write_bytes(path.read_bytes()[:20_000])
    database = Database.open(with_backup, clock, migrations=[*shipped_migrations(), NEXT])
    (notice,) = database.notices
    assert "its backup orchestra-20231114T" in notice
    assert events_in(database) == EVENTS
    assert database.writer.execute("SELECT count(*) FROM notes").fetchone() == (0,)
    database.close()


def test_a_damaged_backup_is_passed_over(with_backup: Path, clock: Clock) -> None:
    (good,) = backups(with_backup / "backups")
    bad = good.with_name("orchestra-20991231T000000Z-v1.db")
    bad.write_bytes(good.read_bytes()[:9_000])
    path = with_backup / "orchestra.db"
    path.write_bytes(b"no database at all" * 1000)
    database = Database.open(with_backup, clock)
    assert good.name in database.notices[0]
    assert events_in(database) == EVENTS
    database.close()


def test_three_backups_are_kept(tmp_path: Path) -> None:
    database = Database.open(tmp_path, lambda: 0.0)
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "mine.db").write_text("not a backup of ours")
    made = [make_backup(database.writer, tmp_path / "backups", day * 86_400.0) for day in range(5)]
    assert backups(tmp_path / "backups") == made[:1:-1]
    assert (tmp_path / "backups" / "mine.db").exists()
    assert not list((tmp_path / "backups").glob("*.partial"))
    database.close()


def test_a_newer_database_is_left_as_it_is(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "orchestra.db"
    Database.open(tmp_path, clock).close()
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version=99")
    before = path.read_bytes()
    for _ in range(2):
        with pytest.raises(NewerDatabase, match=rf"newer release \(format 99, this one knows {KNOWN}\)"):
            Database.open(tmp_path, clock)
    assert path.read_bytes() == before


FOREIGN: list[Sequence[str]] = [
    ["CREATE TABLE customers (name)"],
    ["PRAGMA application_id=42"],
    ["PRAGMA user_version=1"],
    ["CREATE TABLE events (x)", "PRAGMA user_version=1"],
]


@pytest.mark.parametrize("statements", FOREIGN)
def test_a_database_of_another_program_is_left_as_it_is(
    tmp_path: Path, clock: Clock, statements: Sequence[str]
) -> None:
    path = tmp_path / "orchestra.db"
    with closing(sqlite3.connect(path)) as foreign:
        for statement in statements:
            foreign.execute(statement)
    before = path.read_bytes()
    with pytest.raises(ForeignDatabase, match="is a database of another program"):
        Database.open(tmp_path, clock)
    assert path.read_bytes() == before


def test_a_folder_in_the_place_of_the_database_is_told(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "orchestra.db").mkdir()
    with pytest.raises(WorkspaceError, match="cannot be opened"):
        Database.open(tmp_path, clock)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "orchestra.db").mkdir(),
        lambda folder: (folder / "orchestra.db").write_bytes(b"") and None,
        lambda folder: (folder / "backups").write_bytes(b"a file"),
    ],
)
def test_a_failed_opening_lets_go_of_the_folder(
    tmp_path: Path, clock: Clock, spoil: Callable[[Path], None]
) -> None:
    """A second try must meet the same trouble, not our own lock."""
    spoil(tmp_path)
    seen = []
    for _ in range(2):
        try:
            Database.open(tmp_path, clock).close()
            seen.append("opened")
        except OrchestraError as error:
            seen.append(str(error))
    assert not any("in use" in words for words in seen)

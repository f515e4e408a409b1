"""Migrations: whole or not at all, once whoever races, with a backup first."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.memory.engine import connect
from codecompanion.memory.schema import Migration, format_of, migrate, shipped_migrations, statements

FIRST = Migration(1, "0001_first", "CREATE TABLE a (x);\nINSERT INTO a VALUES (';');\n")
SECOND = Migration(2, "0002_second", "CREATE TABLE b (x); INSERT INTO b VALUES (1);")
BROKEN = Migration(2, "0002_broken", "CREATE TABLE b (x); INSERT INTO nowhere VALUES (1);")


def test_the_shipped_ones_are_numbered_without_a_gap() -> None:
    migrations = shipped_migrations()
    assert [migration.number for migration in migrations] == list(range(1, len(migrations) + 1))
    assert all(migration.name == f"{migration.number:04}_{migration.name[5:]}" for migration in migrations)


def test_a_script_is_split_at_its_statements_only() -> None:
    script = """-- a comment; with a semicolon
CREATE TABLE a (x DEFAULT ';');
CREATE TRIGGER t AFTER INSERT ON a BEGIN
    UPDATE a SET x = 1;
    UPDATE a SET x = 2;
END;
SELECT 1;
-- the end
"""
    first, second, third, rest = statements(script)
    assert first.endswith("DEFAULT ';');")
    assert second.startswith("CREATE TRIGGER") and second.endswith("END;")
    assert (third, rest) == ("SELECT 1;", "-- the end")


def test_each_step_is_applied_once(tmp_path: Path) -> None:
    with closing(connect(tmp_path / "x.db")) as connection:
        for _ in range(2):
            migrate(connection, [FIRST, SECOND], lambda: None)
        assert format_of(connection) == 2
        assert connection.execute("SELECT * FROM a").fetchall() == [(";",)]
        assert connection.execute("SELECT * FROM b").fetchall() == [(1,)]


def test_a_broken_step_leaves_the_one_before(tmp_path: Path) -> None:
    with closing(connect(tmp_path / "x.db")) as connection:
        with pytest.raises(
            WorkspaceError, match=r"could not be brought to format 0002_broken \(no such table: .*nowhere"
        ):
            migrate(connection, [FIRST, BROKEN], lambda: None)
        assert format_of(connection) == 1
        tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
        assert tables == [("a",)]
        migrate(connection, [FIRST, SECOND], lambda: None)
        assert format_of(connection) == 2


def test_only_what_can_be_lost_is_backed_up(tmp_path: Path) -> None:
    formats: list[int] = []
    with closing(connect(tmp_path / "x.db")) as connection:

        def back_up() -> None:
            formats.append(format_of(connection))

        migrate(connection, [FIRST], back_up)
        assert formats == []
        migrate(connection, [FIRST, SECOND], back_up)
        migrate(connection, [FIRST, SECOND], back_up)
    assert formats == [1]


def test_three_processes_race_to_migrate(tmp_path: Path, start_child: Callable[..., Any]) -> None:
    children = [start_child("migrate.py", tmp_path / "x.db") for _ in range(3)]
    for child in children:
        assert child.stdout.readline() == b"ready\n"
    for child in children:
        child.stdin.write(b"go\n")
        child.stdin.flush()
    assert [child.communicate(timeout=60)[0] for child in children] == [b"20\n"] * 3
    with closing(connect(tmp_path / "x.db")) as connection:
        assert [connection.execute(f"SELECT * FROM step_{n}").fetchall() for n in range(1, 21)] == [[(1,)]] * 20

"""The database's format: numbered SQL migrations, each applied whole or not at all, once, whoever races."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.memory.engine import immediate, is_damage
from codecompanion.memory.errors import ForeignDatabase, NewerDatabase
from codecompanion.memory.sqlite import sqlite3

APPLICATION_ID = int.from_bytes(b"Orch")
"""Marks the file as ours in SQLite's header."""


class Migration(NamedTuple):
    """One step of the format; ``number`` counts from 1 and becomes the database's ``user_version``."""

    number: int
    name: str
    sql: str


@cache
def shipped_migrations() -> tuple[Migration, ...]:
    """Return this release's migrations in order."""
    return migrations_in(Path(__file__).parent / "migrations")


def migrations_in(folder: Path) -> tuple[Migration, ...]:
    """Return the migrations in a folder in order; their files begin with four digits."""
    files = sorted(folder.glob("[0-9]*.sql"))
    return tuple(Migration(int(file.name[:4]), file.stem, file.read_text(encoding="utf-8")) for file in files)


def statements(sql: str) -> Iterator[str]:
    """Split a script into single statements: running a script whole would commit after each of them."""
    statement = ""
    for piece in re.findall(r"[^;]*;|[^;]+$", sql):
        statement += piece
        # not at a semicolon in a comment, a text or a trigger
        if sqlite3.complete_statement(statement):
            yield statement.strip()
            statement = ""
    if statement.strip():
        yield statement.strip()


def format_of(connection: sqlite3.Connection) -> int:
    """Return the number of the last migration applied, 0 for a new database."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def require_ours(connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration]) -> None:
    """Raise ``ForeignDatabase`` or ``NewerDatabase`` for a file that must not be touched."""
    known = migrations[-1].number
    # at one moment: another process may be making it just now
    connection.execute("BEGIN")
    try:
        found = format_of(connection)
        mark = connection.execute("PRAGMA application_id").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    finally:
        # a damaged file may have ended it already
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    if mark != APPLICATION_ID and (mark or found or tables):
        raise ForeignDatabase(path)
    if found > known:
        raise NewerDatabase(path, found, known)


def migrate(
    connection: sqlite3.Connection, migrations: Iterable[Migration], back_up: Callable[[], None]
) -> None:
    """Bring the database to the newest format; ``back_up`` is called first when there is something to lose.

    Safe to race from several processes. Raises ``WorkspaceError`` when a step cannot be applied; the database
    then keeps the format of the step before.
    """
    found = format_of(connection)
    pending = [migration for migration in migrations if migration.number > found]
    if pending and found:
        back_up()
    for migration in pending:
        try:
            _apply(connection, migration)
        except sqlite3.Error as error:
            if is_damage(error):
                raise
            raise WorkspaceError(
                f"the log could not be brought to format {migration.name} ({error}); it was left as it was: "
                "move it away to begin a new log"
            ) from error


def _apply(connection: sqlite3.Connection, migration: Migration) -> None:
    with immediate(connection):
        # another process may have been quicker: only what is read inside the transaction counts
        if format_of(connection) >= migration.number:
            return
        for statement in statements(migration.sql):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={migration.number}")

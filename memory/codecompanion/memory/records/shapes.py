"""Whether the tables beside the log are what they should be, and how they are mended when they are not."""

from contextlib import closing
from functools import cache
from pathlib import Path
from typing import NamedTuple

from codecompanion.memory.engine import immediate
from codecompanion.memory.records.tables import DERIVED, NOTED
from codecompanion.memory.schema import shipped_migrations, statements
from codecompanion.memory.sqlite import sqlite3

CHECKPOINTS = "projections"
TABLES = (CHECKPOINTS, *(table.name for table in (*DERIVED, *NOTED)))
_DERIVED = {CHECKPOINTS, *(table.name for table in DERIVED)}
_KEYS = {CHECKPOINTS: {"name"}} | {table.name: set(table.key or ("number",)) for table in (*DERIVED, *NOTED)}

Column = tuple[str, str, int, int]
"""Name, type, whether it must not be NULL, and its place in the primary key."""


class Misfit(NamedTuple):
    """A table that is not as it should be: ``fault`` ends a sentence that begins with its name."""

    table: str
    fault: str
    kind: str
    """As SQLite's schema names it: table, view, or nothing when it is missing."""
    ours: bool
    """Whether it is one of ours that was damaged, not one of another program."""


def misfits(connection: sqlite3.Connection) -> list[Misfit]:
    """Return what is wrong with the tables; empty when nothing is."""
    expected = _expected_columns()
    found = [_misfit(connection, name, expected[name]) for name in TABLES]
    return [misfit for misfit in found if misfit is not None]


def mend(connection: sqlite3.Connection, stamp: str) -> list[str]:
    """Make every table that is not as it should be anew, in one transaction, and return what was done.

    Tables of ours that are derived from the log are dropped, and all derived ones are to be filled again; what
    may be another program's, or is nowhere else, is renamed with ``stamp`` and keeps its content.
    """
    with immediate(connection):
        _grow(connection)
        faulty = misfits(connection)
        said = [f"{misfit.fault}; {_make_room(connection, misfit, stamp)}" for misfit in faulty]
        if faulty:
            for statement in _creating():
                connection.execute(statement)
            _grow(connection)
            connection.execute(f"DELETE FROM {CHECKPOINTS}")
    return said


def _misfit(connection: sqlite3.Connection, name: str, expected: tuple[Column, ...]) -> Misfit | None:
    found = connection.execute(
        "SELECT type FROM sqlite_master WHERE name = ? AND type IN ('table', 'view')", (name,)
    ).fetchone()
    if found is None:
        return Misfit(name, f"the table {name!r} is missing", "", ours=True)
    columns = _columns(connection, name)
    if found[0] == "table" and columns in (expected, _first_columns()[name]):
        return None
    names, wanted = {column[0] for column in columns}, {column[0] for column in expected}
    ours = found[0] == "table" and _KEYS[name] <= names
    return Misfit(name, _difference(name, names, wanted) if ours else _foreign(name), found[0], ours)


def _difference(name: str, names: set[str], wanted: set[str]) -> str:
    if missing := sorted(wanted - names):
        return f"the table {name!r} has no column {missing[0]!r}"
    if strange := sorted(names - wanted):
        return f"the table {name!r} has a column {strange[0]!r} that is not ours"
    return f"the table {name!r} has columns of other kinds"


def _foreign(name: str) -> str:
    return f"the table {name!r} was made by another program"


def _make_room(connection: sqlite3.Connection, misfit: Misfit, stamp: str) -> str:
    name = misfit.table
    if misfit.kind == "table" and not (misfit.ours and name in _DERIVED):
        aside = f"{name}_aside_{stamp}"
        connection.execute(f"ALTER TABLE {name} RENAME TO {aside}")
        return f"it is kept as {aside!r}, and a new one was made"
    if misfit.kind:
        connection.execute(f"DROP {misfit.kind.upper()} {name}")
    return "it was made anew" if name in _DERIVED else "an empty one was made"


def _columns(connection: sqlite3.Connection, name: str) -> tuple[Column, ...]:
    rows = connection.execute(f"SELECT name, type, \"notnull\", pk FROM pragma_table_info('{name}')")
    return tuple((str(column), str(kind), int(needed), int(place)) for column, kind, needed, place in rows)


@cache
def _creating() -> tuple[str, ...]:
    """The statements that make the tables; each leaves a table alone that is there."""
    (migration,) = (one for one in shipped_migrations() if one.name == "0003_records")
    return tuple(statements(migration.sql))


@cache
def _later() -> tuple[str, ...]:
    """The statements that add the columns that came later, each to a table that was made before."""
    return tuple(statements(Path(__file__).with_name("later_columns.sql").read_text(encoding="utf-8")))


def _grow(connection: sqlite3.Connection) -> None:
    """Add the columns that came later to tables that are as they were first made."""
    grown = [name for name, first in _first_columns().items() if _columns(connection, name) == first]
    for statement in _later():
        if statement.split("ALTER TABLE ", 1)[1].split(" ", 1)[0] in grown:
            connection.execute(statement)


@cache
def _first_columns() -> dict[str, tuple[Column, ...]]:
    """The columns of each table as it was first made."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for statement in _creating():
            connection.execute(statement)
        return {name: _columns(connection, name) for name in TABLES}


@cache
def _expected_columns() -> dict[str, tuple[Column, ...]]:
    with closing(empty_tables()) as connection:
        return {name: _columns(connection, name) for name in TABLES}


def empty_tables() -> sqlite3.Connection:
    """Return a database in memory with the tables, for a trial."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for statement in _creating():
        connection.execute(statement)
    _grow(connection)
    return connection

"""The rows that a stretch of the log changes: read when asked for, changed in memory, written all at once."""

from typing import Any, TypeVar, cast

from codecompanion.contracts.base import Contract
from codecompanion.contracts.ids import RunId
from codecompanion.memory.records.tables import DERIVED, Key, Table
from codecompanion.memory.sqlite import sqlite3

R = TypeVar("R", bound=Contract)


class Rows:
    """A unit of work on the derived tables; nothing reaches the database before `write`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._changed: dict[str, dict[Key, Contract]] = {table.name: {} for table in DERIVED}
        self._held: dict[tuple[str, RunId], dict[Key, Contract]] = {}
        self._removed: set[RunId] = set()

    def of_run(self, table: Table[R], run_id: RunId) -> dict[Key, R]:
        """Return a run's rows of a table by their keys, with all changes so far."""
        place = (table.name, run_id)
        if place not in self._held:
            held: dict[Key, R] = self._stored(table, run_id) | self._changes(table, run_id)
            self._held[place] = cast(dict[Key, Contract], held)
        return cast(dict[Key, R], self._held[place])

    def get(self, table: Table[R], run_id: RunId, *rest: Any) -> R | None:
        """Return the row of a key that begins with its run, None when there is none."""
        return self.of_run(table, run_id).get((run_id, *rest))

    def put(self, table: Table[R], record: R) -> None:
        """Add a row or put it in the place of the one with its key."""
        key = table.key_of(record)
        self._changed[table.name][key] = record
        held = self._held.get((table.name, _run_of(record)))
        if held is not None:
            held[key] = record

    def remove_run(self, run_id: RunId) -> None:
        """Remove every row of a run."""
        self._removed.add(run_id)
        for table in DERIVED:
            changed = self._changed[table.name]
            for key in self._changes(table, run_id):
                del changed[key]
            self._held[table.name, run_id] = {}

    def write(self, connection: sqlite3.Connection) -> None:
        """Write all changes; to be called within a transaction."""
        for table in DERIVED:
            for run_id in self._removed:
                connection.execute(f"DELETE FROM {table.name} WHERE run_id = ?", (run_id,))
            if changed := self._changed[table.name]:
                table.write(connection, changed.values())

    def _stored(self, table: Table[R], run_id: RunId) -> dict[Key, R]:
        records = table.rows(self._connection, "WHERE run_id = ?", (run_id,))
        return {table.key_of(record): record for record in records}

    def _changes(self, table: Table[R], run_id: RunId) -> dict[Key, R]:
        changed = cast(dict[Key, R], self._changed[table.name])
        return {key: record for key, record in changed.items() if _run_of(record) == run_id}


def _run_of(record: Contract) -> RunId:
    run_id: RunId = record.run_id  # type: ignore[attr-defined]
    return run_id

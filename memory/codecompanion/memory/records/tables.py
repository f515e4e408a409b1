"""Which record lies in which table, and the SQL for that; columns are named as the records' fields."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar, get_origin

from codecompanion.contracts.base import Contract
from codecompanion.contracts.records import (
    ArtifactRecord,
    BanditObservation,
    CallRecord,
    QualityRecord,
    RouterDecision,
    SessionRecord,
    TaskRecord,
    TimelineEntry,
)
from codecompanion.memory.sqlite import sqlite3

VARIABLES_A_STATEMENT = 32_766
"""What every SQLite since 3.32 takes unless it was built to take less."""
_MOST_INTEGER = 2**63 - 1

R = TypeVar("R", bound=Contract)
Key = tuple[Any, ...]
Value = str | int | float | None


@dataclass(frozen=True)
class Table(Generic[R]):
    """A table and the record in each of its rows; ``key`` names its primary key's columns.

    A table is made anew from the log when it is ``derived``, else it holds what is nowhere else; such a table
    has no key of its records but numbers its rows.
    """

    name: str
    record: type[R]
    key: tuple[str, ...] = ()

    @property
    def derived(self) -> bool:
        """Whether the log says all that is in it."""
        return bool(self.key)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns that hold a record."""
        return tuple(self.record.model_fields)

    def key_of(self, record: R) -> Key:
        """Return what tells a record's row from all others."""
        return tuple(getattr(record, name) for name in self.key)

    def select(self, condition: str = "") -> str:
        """Return the statement for all rows, or those of a ``condition``, which may also order and limit."""
        return f"SELECT {', '.join(self.columns)} FROM {self.name} {condition}"

    def rows(
        self, connection: sqlite3.Connection, condition: str = "", values: Sequence[Value] = ()
    ) -> list[R]:
        """Return the records of a selection."""
        return [self._from_row(row) for row in connection.execute(self.select(condition), values)]

    def write(self, connection: sqlite3.Connection, records: Iterable[R]) -> None:
        """Insert records, or put them in the place of those with their keys.

        Many rows go into one statement: between two statements another thread may keep the interpreter for
        milliseconds, and all that time appends would wait for this transaction.
        """
        rows = [self._to_row(record) for record in records]
        most = VARIABLES_A_STATEMENT // len(self.columns)
        for start in range(0, len(rows), most):
            chunk = rows[start : start + most]
            places = ", ".join([f"({', '.join('?' * len(self.columns))})"] * len(chunk))
            connection.execute(
                f"INSERT OR REPLACE INTO {self.name} ({', '.join(self.columns)}) VALUES {places}",
                [value for row in chunk for value in row],
            )

    def _to_row(self, record: R) -> list[Value]:
        return [_storable(getattr(record, name)) for name in self.columns]

    def _from_row(self, row: Sequence[Any]) -> R:
        fields = dict(zip(self.columns, row, strict=True))
        for name in self._lists:
            fields[name] = json.loads(fields[name]) if fields[name] else ()
        return self.record.model_validate(fields)

    @cached_property
    def _lists(self) -> tuple[str, ...]:
        fields = self.record.model_fields.items()
        return tuple(name for name, field in fields if get_origin(field.annotation) is tuple)


def _storable(value: Any) -> Value:
    """Return what SQLite can hold of a value: models may bring lone surrogates, NaN and huge numbers."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, tuple):
        return json.dumps([one.to_wire() if isinstance(one, Contract) else one for one in value])
    if isinstance(value, float):
        return value if math.isfinite(value) else 0.0
    if isinstance(value, int):
        return max(-_MOST_INTEGER, min(int(value), _MOST_INTEGER))
    assert value is None, f"{value!r} has no place in a table"
    return None


PROJECT_SESSIONS = Table("project_sessions", SessionRecord, ("run_id",))
ARTIFACTS = Table("artifacts", ArtifactRecord, ("run_id", "artifact_id"))
TIMELINE = Table("timeline", TimelineEntry, ("position",))
AGENT_PERFORMANCE = Table("agent_performance", TaskRecord, ("run_id", "task_id"))
QUALITY_METRICS = Table("quality_metrics", QualityRecord, ("run_id", "version"))
ROUTER_PERFORMANCE = Table("router_performance", CallRecord, ("run_id", "version"))
BANDIT_DATA = Table("bandit_data", BanditObservation)
ROUTER_DECISIONS = Table("router_decisions", RouterDecision)

DERIVED: tuple[Table[Any], ...] = (
    PROJECT_SESSIONS,
    ARTIFACTS,
    TIMELINE,
    AGENT_PERFORMANCE,
    QUALITY_METRICS,
    ROUTER_PERFORMANCE,
)
NOTED: tuple[Table[Any], ...] = (BANDIT_DATA, ROUTER_DECISIONS)

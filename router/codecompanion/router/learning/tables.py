"""Tables of tasks and models: what every model scored, cost and took on every task, read from a CSV file.

A column ``size`` (small, medium or large) is used where there is one.
"""

import csv
import gzip
import io
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, get_args

from codecompanion.contracts.errors import BadRequest
from codecompanion.router.catalogue.task_types import Size
from codecompanion.router.learning.policy import Outcome, Situation

NEEDED: Final = ("task", "type", "model", "score", "cost_usd", "latency_s")
SIZES: Final = get_args(Size)
_MOST_FAULTS: Final = 3
"""Faulty rows that are told one by one; the rest are counted."""
_GZIP: Final = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Task:
    """One task with the outcome of each model that was tried on it."""

    name: str
    situation: Situation
    outcomes: Mapping[str, Outcome]


@dataclass(frozen=True, slots=True)
class Table:
    """The tasks in the file's order, the models in that of their first row, and what had to be passed over."""

    tasks: tuple[Task, ...]
    models: tuple[str, ...]
    notices: tuple[str, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """The task types, sorted."""
        return tuple(sorted({task.situation.kind for task in self.tasks}))


def read_table(path: Path) -> Table:
    """Read a table from a CSV file, compressed or not; raises ``BadRequest`` where it is none."""
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if raw.startswith(_GZIP) else raw).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise BadRequest(f"the table {path} cannot be read ({error}); give a CSV file, or one in .gz") from None
    return table_of(csv.DictReader(io.StringIO(text, newline="")), str(path))


def table_of(reader: "csv.DictReader[str]", name: str) -> Table:
    """Build a table from rows; a row that cannot be used is passed over and told."""
    missing = [column for column in NEEDED if column not in (reader.fieldnames or ())]
    if missing:
        raise BadRequest(
            f"the table {name} has no column {missing[0]!r}; it needs {', '.join(NEEDED)}, with a head line"
        )
    made = _Builder(name)
    for row in reader:
        made.add(row, reader.line_num)
    return made.table()


@dataclass
class _Builder:
    name: str
    situations: dict[str, Situation] = field(default_factory=dict)
    cells: dict[str, dict[str, Outcome]] = field(default_factory=dict)
    models: dict[str, None] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def add(self, row: Mapping[str, str | None], line: int) -> None:
        task, model = (row["task"] or "").strip(), (row["model"] or "").strip()
        try:
            if not task or not model:
                raise BadRequest("it names no task or no model")
            kind = (row["type"] or "").strip() or "all"
            before = self.situations.setdefault(task, Situation(kind=kind, size=_size(row))).kind
            if kind != before:
                raise BadRequest(f"the task {task!r} was of the type {before!r} before")
            if model in self.cells.setdefault(task, {}):
                raise BadRequest(f"the task {task!r} has a row for {model!r} already")
            outcome = _outcome(row)
        except BadRequest as fault:
            self.faults.append(f"line {line}: {fault}")
            return
        if outcome is not None:
            self.models.setdefault(model)
            self.cells[task][model] = outcome

    def table(self) -> Table:
        tasks = tuple(
            Task(name, self.situations[name], outcomes) for name, outcomes in self.cells.items() if outcomes
        )
        if not tasks:
            first = f" ({self.faults[0]})" if self.faults else ""
            raise BadRequest(
                f"the table {self.name} has no row with a score{first}; there is nothing to evaluate"
            )
        return Table(tasks, tuple(self.models), tuple(_told(self.faults)))


def _size(row: Mapping[str, str | None]) -> str:
    """Return how large a task is, "" where the table does not say it in our words."""
    size = (row.get("size") or "").strip().lower()
    return size if size in SIZES else ""


def _outcome(row: Mapping[str, str | None]) -> Outcome | None:
    """Return what a row says; None for a cell without a score: the model was not tried on the task."""
    score = _number(row["score"], "score")
    if score is None:
        return None
    if score > 1.0:
        raise BadRequest(f"the score {score:g} is above 1; give scores from 0 to 1 (divide percents by 100)")
    cost, seconds = _number(row["cost_usd"], "cost_usd"), _number(row["latency_s"], "latency_s")
    return Outcome(quality=score, dollars=cost or 0.0, seconds=seconds or 0.0)


def _number(text: str | None, column: str) -> float | None:
    if text is None or not text.strip():
        return None
    try:
        number = float(text)
    except ValueError:
        raise BadRequest(f"{column} is {text!r}; give a number, or nothing where it is not known") from None
    return None if math.isnan(number) else number


def _told(faults: list[str]) -> Iterator[str]:
    yield from (f"passed over {fault}" for fault in faults[:_MOST_FAULTS])
    if len(faults) > _MOST_FAULTS:
        yield f"passed over {len(faults) - _MOST_FAULTS} more rows that cannot be used"


def mean_of(values: Iterable[float]) -> float:
    """Return the mean, 0 of nothing."""
    listed = list(values)
    return math.fsum(listed) / len(listed) if listed else 0.0

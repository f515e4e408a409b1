"""What is known of one run at a moment; it comes of its events alone (see `evolve`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from codecompanion.contracts import events as e
from codecompanion.contracts.edits import EditOutcome
from codecompanion.contracts.ids import EditId, TaskId
from codecompanion.contracts.messages import ArtifactRef, Role
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.plan import Plan, PlanTask
from codecompanion.contracts.status import TaskPhase
from codecompanion.contracts.test_reports import TestReport
from codecompanion.orchestra.runs.growing_map import GrowingMap

PLANNING = "plan"
"""The id under which the ProjectManager's own work is recorded: it exists before there is a plan."""


@dataclass(frozen=True, slots=True)
class TaskState:
    """A task and what became of it so far; ``planned`` is False for one that was added on the way."""

    task: PlanTask
    planned: bool = True
    phase: TaskPhase = "waiting"
    text: str = ""
    done: int = 0
    total: int = 0
    summary: str = ""
    artifacts: tuple[ArtifactRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Spending:
    """Tokens and US dollars so far; ``cost`` is None once a call's price is not known."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = 0.0
    calls: int = 0
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunState:
    """Everything that was decided and seen in a run, up to ``version`` events.

    ``bases`` holds what stood in each changed file before the run (None: nothing), ``authors`` which role
    wrote it last. ``worked`` is how far the planned tasks are together, in thousandths of a task. ``starts``
    and ``retries`` count those of each task, planning too; ``limit`` is the sentence of the guard that ended
    the run; ``sandbox`` the rung its last tests were run on.
    """

    version: int = 0
    order: RunOrder | None = None
    plan: Plan | None = None
    tasks: GrowingMap[TaskId, TaskState] = field(default_factory=GrowingMap)
    worked: int = 0
    planning: bool = False
    starts: Mapping[TaskId, int] = field(default_factory=lambda: MappingProxyType({}))
    retries: Mapping[TaskId, int] = field(default_factory=lambda: MappingProxyType({}))
    approved: bool = False
    instructions: Mapping[TaskId, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    paused: bool = False
    steps_granted: int = 0
    steps_taken: int = 0
    testing: bool = False
    sandbox: str = ""
    baseline: TestReport | None = None
    reports: tuple[TestReport, ...] = ()
    bases: GrowingMap[str, str | None] = field(default_factory=GrowingMap)
    proposed: GrowingMap[EditId, Role] = field(default_factory=GrowingMap)
    settled: GrowingMap[EditId, EditOutcome] = field(default_factory=GrowingMap)
    authors: GrowingMap[str, Role] = field(default_factory=GrowingMap)
    spending: Spending = Spending()
    text: str = ""
    percent: int = 0
    stop_reason: str | None = None
    limit: str = ""
    outcome: e.Outcome | None = None
    summary: str = ""

    @property
    def started(self) -> bool:
        """Whether the run exists."""
        return self.order is not None

    @property
    def ended(self) -> bool:
        """Whether nothing more may happen."""
        return self.outcome is not None

    def ready(self) -> list[PlanTask]:
        """Return the waiting tasks whose dependencies are done, the most urgent first."""
        open_tasks = [t.task for t in self.tasks.values() if t.phase == "waiting"]
        ready = [t for t in open_tasks if all(self.tasks[d].phase == "done" for d in t.depends_on)]
        return sorted(ready, key=lambda task: -task.priority)

    def pending(self) -> tuple[str, ...]:
        """Return the paths with changes that wait for green tests or for a person, each once, in order."""
        return tuple(dict.fromkeys(s.path for s in self.settled.values() if s.state == "pending"))

    def files(self) -> tuple[str, ...]:
        """Return the paths that were changed, or are to be, each once, in order of first change."""
        landed = [s.path for s in self.settled.values() if s.state != "failed"]
        return tuple(dict.fromkeys(landed))

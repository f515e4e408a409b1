"""The state of one run as a fold of its events; ``evolve`` is pure and total over legal histories."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from codecompanion.contracts import events as e
from codecompanion.contracts.edits import EditOutcome
from codecompanion.contracts.ids import ArtifactId, EditId, TaskId
from codecompanion.contracts.messages import ArtifactRef, Role
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.plan import Plan, PlanTask
from codecompanion.contracts.status import TaskPhase
from codecompanion.contracts.test_reports import TestReport

PLANNING = "plan"
"""The id under which the ProjectManager's own work is recorded: it exists before there is a plan."""


@dataclass(frozen=True, slots=True)
class TaskState:
    """A task of the plan and what became of it so far."""

    task: PlanTask
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
    wrote it last.
    """

    version: int = 0
    order: RunOrder | None = None
    plan: Plan | None = None
    tasks: Mapping[TaskId, TaskState] = field(default_factory=lambda: MappingProxyType({}))
    planning: bool = False
    approved: bool = False
    instructions: Mapping[TaskId, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    paused: bool = False
    steps_granted: int = 0
    steps_taken: int = 0
    testing: bool = False
    baseline: TestReport | None = None
    reports: tuple[TestReport, ...] = ()
    bases: Mapping[str, str | None] = field(default_factory=lambda: MappingProxyType({}))
    proposed: Mapping[EditId, Role] = field(default_factory=lambda: MappingProxyType({}))
    settled: Mapping[EditId, EditOutcome] = field(default_factory=lambda: MappingProxyType({}))
    authors: Mapping[str, Role] = field(default_factory=lambda: MappingProxyType({}))
    artifacts: Mapping[ArtifactId, str] = field(default_factory=lambda: MappingProxyType({}))
    spending: Spending = Spending()
    text: str = ""
    percent: int = 0
    stop_reason: str | None = None
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

    def files(self) -> tuple[str, ...]:
        """Return the paths that were really changed, each once, in order of first change."""
        landed = [s.path for s in self.settled.values() if s.state != "failed"]
        return tuple(dict.fromkeys(landed))


def fold(events: Iterable[e.Event], state: RunState | None = None) -> RunState:
    """Return the state after ``events``."""
    now = state or RunState()
    for event in events:
        now = evolve(now, event)
    return now


def evolve(state: RunState, event: e.Event) -> RunState:
    """Return the state after one more event."""
    changes = _CHANGES[type(event)](state, event)
    changed = replace(state, version=state.version + 1, **changes)
    percent = max(state.percent, _percent(changed))
    return changed if percent == changed.percent else replace(changed, percent=percent)


Changes = dict[str, Any]


def _started(_: RunState, event: e.RunStarted) -> Changes:
    return {"order": event.order, "text": "starting"}


def _planned(_: RunState, event: e.PlanMade) -> Changes:
    tasks = {task.id: TaskState(task) for task in event.plan.tasks}
    return {"plan": event.plan, "tasks": MappingProxyType(tasks), "planning": False, "text": event.plan.summary}


def _plan_edited(state: RunState, event: e.PlanEdited) -> Changes:
    known = state.tasks
    tasks = {
        task.id: known[task.id] if task.id in known and known[task.id].phase != "waiting" else TaskState(task)
        for task in event.plan.tasks
    }
    return {"plan": event.plan, "tasks": MappingProxyType(tasks), "text": event.plan.summary}


def _task_instructed(state: RunState, event: e.TaskInstructed) -> Changes:
    said = (*state.instructions.get(event.task_id, ()), event.text)
    return {"instructions": MappingProxyType({**state.instructions, event.task_id: said})}


def _task_retried(state: RunState, event: e.TaskRetried) -> Changes:
    again = replace(state.tasks[event.task_id], phase="waiting", text=f"again: {event.reason}")
    return _with_task(state, again)


def _task_added(state: RunState, event: e.TaskAdded) -> Changes:
    return _with_task(state, TaskState(event.task))


def _task_started(state: RunState, event: e.TaskStarted) -> Changes:
    if event.task_id == PLANNING:
        return {"planning": True, "text": f"{event.role} is planning"}
    task = replace(state.tasks[event.task_id], phase="running")
    text = f"{event.role}: {task.task.title}"
    return _with_task(state, task) | {"steps_taken": state.steps_taken + 1, "text": text}


def _task_progressed(state: RunState, event: e.TaskProgressed) -> Changes:
    if event.task_id not in state.tasks:
        return {"text": event.text}
    known = state.tasks[event.task_id]
    task = replace(known, text=event.text, done=event.done, total=event.total)
    return _with_task(state, task) | {"text": f"{known.task.role}: {event.text}"}


def _task_finished(state: RunState, event: e.TaskFinished) -> Changes:
    if event.task_id not in state.tasks:
        return {"planning": False}
    known = state.tasks[event.task_id]
    return _with_task(
        state, replace(known, phase="done", summary=event.summary, artifacts=event.artifacts, text="done")
    )


def _task_failed(state: RunState, event: e.TaskFailed) -> Changes:
    if event.task_id not in state.tasks:
        return {"planning": False, "text": event.reason}
    known = state.tasks[event.task_id]
    text = f"{known.task.role}: {event.reason}"
    return _with_task(state, replace(known, phase="failed", summary=event.reason, text=event.reason)) | {
        "text": text
    }


def _answered(state: RunState, event: e.ModelAnswered) -> Changes:
    spent, used = state.spending, event.usage
    cost = None if spent.cost is None or used.cost is None else spent.cost + used.cost
    name = f"{event.provider}/{event.model}"
    models = spent.models if name in spent.models else (*spent.models, name)
    return {
        "spending": Spending(
            input_tokens=spent.input_tokens + used.input_tokens,
            output_tokens=spent.output_tokens + used.output_tokens,
            cost=cost,
            calls=spent.calls + 1,
            models=models,
        )
    }


def _artifact(state: RunState, event: e.ArtifactMade) -> Changes:
    return {"artifacts": MappingProxyType({**state.artifacts, event.ref.id: event.text})}


def _base(state: RunState, event: e.BaseKept) -> Changes:
    return {"bases": MappingProxyType({**state.bases, event.path: event.text})}


def _proposed(state: RunState, event: e.EditProposed) -> Changes:
    return {"proposed": MappingProxyType({**state.proposed, event.edit_id: event.role})}


def _settled(state: RunState, event: e.EditSettled) -> Changes:
    outcome = event.outcome
    changes: Changes = {"settled": MappingProxyType({**state.settled, outcome.edit_id: outcome})}
    if outcome.state != "failed":
        author = state.proposed[outcome.edit_id]
        changes["authors"] = MappingProxyType({**state.authors, outcome.path: author})
    return changes


def _tests_started(_: RunState, event: e.TestsStarted) -> Changes:
    again = " again" if event.round > 0 else ""
    return {"testing": True, "text": "looking at the tests" if event.round < 0 else f"running the tests{again}"}


def _tests_ran(state: RunState, event: e.TestsRan) -> Changes:
    if event.round < 0:
        return {"testing": False, "baseline": event.report}
    report = event.report
    said = f"{report.passed} tests passed, {report.failed} failed" if report.ran else "no tests ran"
    return {"testing": False, "reports": (*state.reports, report), "text": said}


def _reopened(state: RunState, _: e.RunReopened) -> Changes:
    """What was running when the program ended waits again; a step it had used is given back."""
    running = [t for t in state.tasks.values() if t.phase == "running"]
    waiting = {t.task.id: replace(t, phase="waiting") for t in running}
    return {
        "tasks": MappingProxyType({**state.tasks, **waiting}),
        "steps_taken": state.steps_taken - len(running),
        "planning": False,
        "testing": False,
        "text": "going on where it was interrupted",
    }


def _finished(_: RunState, event: e.RunFinished) -> Changes:
    return {"outcome": event.outcome, "summary": event.summary, "text": event.summary, "testing": False}


def _with_task(state: RunState, task: TaskState) -> Changes:
    return {"tasks": MappingProxyType({**state.tasks, task.task.id: task})}


_CHANGES: dict[type, Callable[[RunState, Any], Changes]] = {
    e.RunStarted: _started,
    e.PlanMade: _planned,
    e.PlanEdited: _plan_edited,
    e.PlanApproved: lambda _, __: {"approved": True, "text": "the plan is approved"},
    e.TaskAdded: _task_added,
    e.TaskStarted: _task_started,
    e.TaskInstructed: _task_instructed,
    e.TaskRetried: _task_retried,
    e.TaskProgressed: _task_progressed,
    e.TaskFinished: _task_finished,
    e.TaskFailed: _task_failed,
    e.MessageSent: lambda _, __: {},
    e.AgentAsked: lambda _, __: {},
    e.ModelCallStarted: lambda _, __: {},
    e.ModelCallFailed: lambda _, __: {},
    e.ModelAnswered: _answered,
    e.ToolUsed: lambda _, __: {},
    e.ArtifactMade: _artifact,
    e.BaseKept: _base,
    e.EditProposed: _proposed,
    e.EditSettled: _settled,
    e.TestsStarted: _tests_started,
    e.TestsRan: _tests_ran,
    e.RunPaused: lambda _, __: {"paused": True, "text": "paused"},
    e.RunResumed: lambda _, __: {"paused": False, "text": "going on"},
    e.RunReopened: _reopened,
    e.RunForked: lambda _, event: {"text": f"taken from run {event.origin} at its event {event.version}"},
    e.LimitReached: lambda _, event: {"text": event.text},
    e.StepGranted: lambda state, _: {"steps_granted": state.steps_granted + 1},
    e.StopRequested: lambda _, event: {"stop_reason": event.reason, "text": f"stopping: {event.reason}"},
    e.RunFinished: _finished,
}


_PLANNED, _WORKED, _ALMOST = 10, 80, 99


def _percent(state: RunState) -> int:
    """How far a run is: a tenth for the plan, seven for the tasks, the rest for tests and repairs."""
    if state.ended:
        return 100
    if state.plan is None:
        return 3 if state.planning else 0
    planned = [state.tasks[task.id] for task in state.plan.tasks]
    share = sum(_share(task) for task in planned) / len(planned)
    percent = _PLANNED + (_WORKED - _PLANNED) * share
    rounds = len(state.reports) + (0.5 if state.testing and share >= 1 else 0)
    return min(_ALMOST, int(percent + 6 * rounds))


def _share(task: TaskState) -> float:
    if task.phase in ("done", "failed"):
        return 1.0
    if task.phase == "waiting":
        return 0.0
    return 0.1 + (0.8 * task.done / task.total if task.total else 0.0)

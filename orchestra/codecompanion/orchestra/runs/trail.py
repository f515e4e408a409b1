"""Where in a run's stream its latest steps stand: what the causes of the next events are told from."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from codecompanion.contracts import events as e
from codecompanion.contracts.ids import EditId, MessageId, TaskId
from codecompanion.contracts.messages import Priority
from codecompanion.contracts.plan import PlanTask

Version = int
"""The place of an event in its stream; 0 stands for none."""


@dataclass(slots=True)
class TaskTrail:
    """A task's last steps; ``actor`` is empty while nothing has said whose it is.

    ``brought`` put it into the plan, ``freed`` let it begin again, ``heard`` is what its agent learnt last, by
    being told or from a tool.
    """

    actor: str = ""
    priority: Priority = Priority.NORMAL
    depends_on: tuple[TaskId, ...] = ()
    brought: Version = 0
    freed: Version = 0
    started: Version = 0
    heard: Version = 0
    called: Version = 0
    answered: Version = 0
    settled: Version = 0
    ended: Version = 0


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed edit; one that was given up before it was sent is kept for the record only."""

    version: Version
    task_id: TaskId
    sent: bool


@dataclass(slots=True)
class Trail:
    """The last steps of a stream up to ``version``; ``granted`` is the person's last leave to go on."""

    version: Version = 0
    tasks: dict[TaskId, TaskTrail] = field(default_factory=dict)
    edits: dict[EditId, Proposal] = field(default_factory=dict)
    messages: dict[MessageId, Version] = field(default_factory=dict)
    plan: Version = 0
    granted: Version = 0
    paused: Version = 0
    worked: Version = 0
    testing: Version = 0
    tested: Version = 0
    ending: Version = 0

    def task(self, task_id: TaskId) -> TaskTrail:
        """Return a task's trail, an empty one for a task that nothing was heard of."""
        return self.tasks.setdefault(task_id, TaskTrail())

    def ends_of(self, tasks: Iterable[TaskId]) -> Version:
        """Return the latest end of some tasks."""
        return max((self.task(name).ended for name in tasks), default=0)

    def add(self, event: e.Event) -> None:
        """Note the stream's next event."""
        self.version += 1
        note = _NOTES.get(type(event))
        if note is not None:
            note(self, event)


def _planned(trail: Trail, event: e.PlanMade | e.PlanEdited) -> None:
    trail.plan = trail.version
    for task in event.plan.tasks:
        _bring(trail, task)


def _bring(trail: Trail, task: PlanTask) -> None:
    known = trail.task(task.id)
    known.actor, known.priority, known.depends_on = str(task.role), task.priority, task.depends_on
    known.brought = trail.version


def _task_started(trail: Trail, event: e.TaskStarted) -> None:
    task = trail.task(event.task_id)
    task.actor, task.started = str(event.role), trail.version


def _task_ended(trail: Trail, event: e.TaskFinished | e.TaskFailed) -> None:
    trail.task(event.task_id).ended = trail.worked = trail.version


def _reopened(trail: Trail, _: e.RunReopened) -> None:
    for task in trail.tasks.values():
        if task.started > task.ended:
            task.freed = trail.version


def _proposed(trail: Trail, event: e.EditProposed) -> None:
    trail.edits[event.edit_id] = Proposal(trail.version, event.task_id, sent=bool(event.sha256))


def _settled(trail: Trail, event: e.EditSettled) -> None:
    proposal = trail.edits.get(event.outcome.edit_id)
    if proposal is not None:
        trail.task(proposal.task_id).settled = trail.version


def _message(trail: Trail, event: e.MessageSent) -> None:
    trail.messages[event.message.id] = trail.version


def _of_task(step: str) -> Callable[[Trail, Any], None]:
    return lambda trail, event: setattr(trail.task(event.task_id), step, trail.version)


def _of_run(step: str) -> Callable[[Trail, Any], None]:
    return lambda trail, _: setattr(trail, step, trail.version)


_NOTES: dict[type, Callable[[Trail, Any], None]] = {
    e.PlanMade: _planned,
    e.PlanEdited: _planned,
    e.PlanApproved: _of_run("granted"),
    e.TaskAdded: lambda trail, event: _bring(trail, event.task),
    e.TaskStarted: _task_started,
    e.TaskRetried: _of_task("freed"),
    e.TaskFinished: _task_ended,
    e.TaskFailed: _task_ended,
    e.MessageSent: _message,
    e.AgentAsked: _of_task("heard"),
    e.ToolUsed: _of_task("heard"),
    e.ModelCallStarted: _of_task("called"),
    e.ModelAnswered: _of_task("answered"),
    e.ModelCallFailed: _of_task("answered"),
    e.EditProposed: _proposed,
    e.EditSettled: _settled,
    e.TestsStarted: _of_run("testing"),
    e.TestsRan: _of_run("tested"),
    e.RunPaused: _of_run("paused"),
    e.RunReopened: _reopened,
    e.StepGranted: _of_run("granted"),
    e.LimitReached: _of_run("ending"),
    e.StopRequested: _of_run("ending"),
}

"""Who did each event of a stream, how urgent it was, and which earlier event led to it: told from the events.

Pure: the same stream always has the same contexts, whoever asks and whenever.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from codecompanion.contracts import change_events as c
from codecompanion.contracts import document_events as d
from codecompanion.contracts import events as e
from codecompanion.contracts import session_events as s
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.messages import Priority, Role
from codecompanion.orchestra.runs.state import PLANNING
from codecompanion.orchestra.runs.trail import TaskTrail, Trail, Version

USER, EDITOR, ORCHESTRA = "user", "editor", "orchestra"
_AGENTS = frozenset(map(str, Role))


class Contexts:
    """The contexts of one stream's events, in the order of the stream, each told once.

    ``edits_by`` is who says what became of an edit: `EDITOR`, or `ORCHESTRA` where edits go to the disk. The
    correlation is that of the history: in a fork its origin's, else the run's own id.
    """

    def __init__(self, run_id: RunId, history: Sequence[e.Recorded] = (), *, edits_by: str = ORCHESTRA) -> None:
        self._run_id = run_id
        self._edits_by = edits_by
        self._correlation_id = history[0].context.correlation_id if history else ""
        self._trail = Trail()
        for one in history:
            self._trail.add(one.body)

    def of(self, events: Sequence[e.Event]) -> list[e.Context]:
        """Return the contexts of the stream's next events."""
        return [self._next(event, events[nth + 1 :]) for nth, event in enumerate(events)]

    def _next(self, event: e.Event, after: Sequence[e.Event]) -> e.Context:
        # what stood in a file is kept for the edit right behind it
        told = after[0] if isinstance(event, e.BaseKept) and after else event
        due = _DUES[type(told)](self._trail, told)
        self._trail.add(event)
        actor = self._edits_by if due.actor == EDITOR else due.actor
        return e.Context(
            actor=actor,
            priority=due.priority,
            correlation_id=self._correlation_of(event),
            causation_id=self._cause(event, due.cause),
        )

    def _correlation_of(self, event: e.Event) -> str:
        if isinstance(event, _ON_A_RUN):
            return event.run_id
        if isinstance(event, e.RunForked) and not self._correlation_id:
            self._correlation_id = event.origin
        return self._correlation_id or self._run_id

    def _cause(self, event: e.Event, version: Version) -> str | None:
        if isinstance(event, e.RunForked):
            return e.event_id(event.origin, event.version)
        return e.event_id(self._run_id, version) if version else None


def completed(history: Sequence[e.Recorded]) -> list[e.Recorded]:
    """Return a stream whose events all have their context: those stored before there were any are told it."""
    if not history or not _says_nothing(history[0]):
        return list(history)
    told = Contexts(history[0].run_id).of([one.body for one in history])
    return [
        one.model_copy(update={"context": context}) if _says_nothing(one) else one
        for one, context in zip(history, told, strict=True)
    ]


def _says_nothing(one: e.Recorded) -> bool:
    return one.context == e.Context(correlation_id=one.run_id)


class _Due(NamedTuple):
    """What an event owes to those before it."""

    actor: str = ORCHESTRA
    cause: Version = 0
    priority: Priority = Priority.NORMAL


def _by_agent(task: TaskTrail, cause: Version) -> _Due:
    return _Due(task.actor or ORCHESTRA, cause, task.priority)


def _last(trail: Trail, _: e.Event) -> _Due:
    return _Due(ORCHESTRA, trail.version)


def _planned(trail: Trail, _: e.PlanMade) -> _Due:
    """A model's plan; where none was asked, one by rule from the order."""
    manager = trail.tasks.get(PLANNING)
    if manager is None or not manager.started:
        return _Due(ORCHESTRA, 1)
    return _by_agent(manager, max(manager.answered, manager.started))


def _added(trail: Trail, event: e.TaskAdded) -> _Due:
    return _Due(ORCHESTRA, trail.tested or trail.plan, event.task.priority)


def _started(trail: Trail, event: e.TaskStarted) -> _Due:
    """The last of what it waited for: its place in the plan, what it builds on, a leave, a second chance."""
    task = trail.task(event.task_id)
    if event.task_id == PLANNING:
        return _Due(str(event.role), task.freed or 1, task.priority)
    waited = max(task.brought, task.freed, trail.granted, trail.ends_of(task.depends_on))
    return _Due(str(event.role), waited, task.priority)


def _retried(trail: Trail, event: e.TaskRetried) -> _Due:
    return _Due(ORCHESTRA, trail.task(event.task_id).ended, trail.task(event.task_id).priority)


def _progressed(trail: Trail, event: e.TaskProgressed) -> _Due:
    """The edit that landed, or the call whose answer is streaming."""
    task = trail.task(event.task_id)
    return _by_agent(task, max(task.settled, task.called, task.started))


def _sent(trail: Trail, event: e.MessageSent) -> _Due:
    message = event.message
    actor = message.sender if message.sender == USER or message.sender in _AGENTS else ORCHESTRA
    cause = trail.messages.get(message.causation_id or "", trail.version)
    return _Due(actor, cause, message.priority)


def _asked(trail: Trail, event: e.AgentAsked) -> _Due:
    """What the model had said, or the task's start."""
    task = trail.task(event.task_id)
    return _by_agent(task, max(task.answered, task.started))


def _called(trail: Trail, event: e.ModelCallStarted) -> _Due:
    """What the agent said, or what a tool showed."""
    task = trail.task(event.task_id)
    return _by_agent(task, max(task.heard, task.started))


def _answered(trail: Trail, event: e.ModelAnswered | e.ModelCallFailed) -> _Due:
    task = trail.task(event.task_id)
    return _by_agent(task, task.called)


def _looked(trail: Trail, event: e.ToolUsed) -> _Due:
    task = trail.task(event.task_id)
    return _by_agent(task, task.answered)


def _made(trail: Trail, event: e.ArtifactMade) -> _Due:
    """A report follows from the tests that ran; all else from the agent's last answer."""
    if event.ref.kind == "test report":
        return _Due(ORCHESTRA, trail.tested)
    task = trail.task(event.task_id)
    return _by_agent(task, max(task.answered, task.started) or trail.version)


def _proposed(trail: Trail, event: e.EditProposed) -> _Due:
    """The call in whose answer it stood: that answer may still be streaming."""
    task = trail.task(event.task_id)
    return _by_agent(task, task.called or task.started)


def _settled(trail: Trail, event: e.EditSettled) -> _Due:
    """The proposal; an edit that was never sent has no editor that could speak of it."""
    proposal = trail.edits.get(event.outcome.edit_id)
    if proposal is None:
        return _Due(EDITOR)
    actor = EDITOR if proposal.sent else ORCHESTRA
    return _Due(actor, proposal.version, trail.task(proposal.task_id).priority)


def _ended(trail: Trail, event: e.TaskFinished | e.TaskFailed) -> _Due:
    """The agent's last answer or edit; for a task that could not begin, the end of what it builds on."""
    task = trail.task(event.task_id)
    if task.started:
        return _by_agent(task, max(task.answered, task.settled, task.started))
    return _Due(ORCHESTRA, trail.ends_of(task.depends_on) or task.brought, task.priority)


_ON_A_RUN = (
    s.RunRenamed,
    s.RunArchived,
    s.RunImported,
    s.RunSetAside,
    s.RunRemoved,
    c.EditsUndone,
    c.ChangesAccepted,
    c.ChangesRejected,
)
"""What is done with a whole run belongs to that run, in whichever stream it stands."""

_BY_USER = _Due(USER)

_DUES: dict[type, Callable[[Trail, Any], _Due]] = {
    e.RunStarted: lambda _, __: _BY_USER,
    e.PlanMade: _planned,
    e.PlanEdited: lambda trail, _: _Due(USER, trail.plan),
    e.PlanApproved: lambda trail, _: _Due(USER, trail.plan),
    e.TaskAdded: _added,
    e.TaskStarted: _started,
    e.TaskInstructed: lambda trail, event: _Due(USER, trail.plan, trail.task(event.task_id).priority),
    e.TaskRetried: _retried,
    e.TaskProgressed: _progressed,
    e.MessageSent: _sent,
    e.AgentAsked: _asked,
    e.FileShown: _asked,
    e.ModelCallStarted: _called,
    e.ModelAnswered: _answered,
    e.ModelCallFailed: _answered,
    e.ToolUsed: _looked,
    e.ArtifactMade: _made,
    e.BaseKept: _last,
    e.EditProposed: _proposed,
    e.EditSettled: _settled,
    e.TaskFinished: _ended,
    e.TaskFailed: _ended,
    e.TestsStarted: lambda trail, _: _Due(ORCHESTRA, max(trail.worked, trail.tested) or trail.plan),
    e.TestsRan: lambda trail, _: _Due(ORCHESTRA, trail.testing),
    e.RunPaused: lambda _, x: _Due(ORCHESTRA) if x.reason else _BY_USER,
    e.RunResumed: lambda trail, _: _Due(USER, trail.paused),
    e.RunReopened: _last,
    e.RunForked: lambda _, __: _BY_USER,
    e.LimitReached: _last,
    e.StepGranted: lambda _, __: _BY_USER,
    e.StopRequested: lambda _, __: _BY_USER,
    e.RunFinished: lambda trail, _: _Due(ORCHESTRA, trail.ending or trail.version),
    d.DocumentOpened: lambda _, __: _BY_USER,
    d.DocumentChanged: lambda _, __: _BY_USER,
    d.DocumentSaved: lambda _, __: _BY_USER,
    d.DocumentClosed: lambda _, __: _BY_USER,
    c.EditsUndone: lambda _, __: _BY_USER,
    c.ChangesAccepted: lambda _, __: _BY_USER,
    c.ChangesRejected: lambda _, __: _BY_USER,
    s.LogOpened: lambda _, __: _Due(),
    s.RunRenamed: lambda _, __: _BY_USER,
    s.RunArchived: lambda _, __: _BY_USER,
    s.RunImported: lambda _, __: _BY_USER,
    s.RunSetAside: lambda _, __: _Due(),
    s.RunRemoved: lambda _, __: _Due(),
    s.TypingCut: lambda _, __: _Due(),
}

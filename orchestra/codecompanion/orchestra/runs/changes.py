"""What each event changes in the state of a run: pure functions, total over legal histories."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NamedTuple

from codecompanion.contracts import events as e
from codecompanion.contracts.ids import TaskId
from codecompanion.contracts.wording import counted
from codecompanion.orchestra.runs.confinement import while_running
from codecompanion.orchestra.runs.growing_map import GrowingMap
from codecompanion.orchestra.runs.percent import share
from codecompanion.orchestra.runs.state import PLANNING, RunState, Spending, TaskState


class Entry(NamedTuple):
    """A change of a mapping: one entry more, or another value for one."""

    key: Any
    value: Any


Changes = dict[str, Any]
"""The new values of a state's fields by their names."""


def _started(_: RunState, event: e.RunStarted) -> Changes:
    return {"order": event.order, "text": "starting"}


def _planned(_: RunState, event: e.PlanMade) -> Changes:
    tasks = {task.id: TaskState(task) for task in event.plan.tasks}
    return {"plan": event.plan, "tasks": GrowingMap(tasks), "planning": False, "text": event.plan.summary}


def _plan_edited(state: RunState, event: e.PlanEdited) -> Changes:
    """What has begun, or was added to the plan, is as it was; what was said to the others is said anew."""
    assert state.plan is not None
    planned = {task.id for task in state.plan.tasks}
    kept = {name: t for name, t in state.tasks.items() if t.phase != "waiting" or name not in planned}
    tasks = {task.id: kept.pop(task.id) if task.id in kept else TaskState(task) for task in event.plan.tasks}
    said = {name: words for name, words in state.instructions.items() if state.tasks[name].phase != "waiting"}
    return {
        "plan": event.plan,
        "tasks": GrowingMap({**tasks, **kept}),
        "instructions": MappingProxyType(said),
        "text": event.plan.summary,
    }


def _task_instructed(state: RunState, event: e.TaskInstructed) -> Changes:
    said = (*state.instructions.get(event.task_id, ()), event.text)
    return {"instructions": MappingProxyType({**state.instructions, event.task_id: said})}


def _task_retried(state: RunState, event: e.TaskRetried) -> Changes:
    """The task waits for another start; the step it had used is given back."""
    changes: Changes = {"retries": _one_more(state.retries, event.task_id), "text": f"again: {event.reason}"}
    if event.task_id == PLANNING:
        return changes | {"planning": False}
    again = replace(state.tasks[event.task_id], phase="waiting", text=f"again: {event.reason}")
    return changes | _with_task(state, again) | {"steps_taken": state.steps_taken - 1}


def _one_more(counts: Mapping[TaskId, int], task_id: TaskId) -> Mapping[TaskId, int]:
    return MappingProxyType({**counts, task_id: counts.get(task_id, 0) + 1})


def _task_added(state: RunState, event: e.TaskAdded) -> Changes:
    return _with_task(state, TaskState(event.task, planned=False))


def _task_started(state: RunState, event: e.TaskStarted) -> Changes:
    starts = {"starts": _one_more(state.starts, event.task_id)}
    if event.task_id == PLANNING:
        return starts | {"planning": True, "text": f"{event.role} is planning"}
    task = replace(state.tasks[event.task_id], phase="running")
    text = f"{event.role}: {task.task.title}"
    return starts | _with_task(state, task) | {"steps_taken": state.steps_taken + 1, "text": text}


def _task_progressed(state: RunState, event: e.TaskProgressed) -> Changes:
    if event.task_id not in state.tasks:
        return {"text": event.text}
    known = state.tasks[event.task_id]
    # field by field: long runs have thousands of these, and `replace` takes several times as long
    task = TaskState(
        known.task,
        known.planned,
        known.phase,
        event.text,
        event.done,
        event.total,
        known.summary,
        known.artifacts,
    )
    changes = _with_task(state, task)
    changes["text"] = f"{known.task.role}: {event.text}"
    return changes


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


def _base(_: RunState, event: e.BaseKept) -> Changes:
    return {"bases": Entry(event.path, event.text)}


def _proposed(_: RunState, event: e.EditProposed) -> Changes:
    return {"proposed": Entry(event.edit_id, event.role)}


def _settled(state: RunState, event: e.EditSettled) -> Changes:
    outcome = event.outcome
    changes: Changes = {"settled": Entry(outcome.edit_id, outcome)}
    if outcome.state != "failed":
        author = state.proposed[outcome.edit_id]
        changes["authors"] = Entry(outcome.path, author)
    return changes


def _tests_started(state: RunState, event: e.TestsStarted) -> Changes:
    again = " again" if event.round > 0 else ""
    # said once, and again only when it is another one
    rung = "" if event.sandbox == state.sandbox else while_running(event.sandbox)
    return {
        "testing": True,
        "sandbox": event.sandbox,
        "text": "looking at the tests" if event.round < 0 else f"running the tests{again}{rung}",
    }


def _tests_ran(state: RunState, event: e.TestsRan) -> Changes:
    if event.round < 0:
        return {"testing": False, "baseline": event.report}
    report = event.report
    said = f"{counted(report.passed, 'test')} passed, {report.failed} failed" if report.ran else "no tests ran"
    return {"testing": False, "reports": (*state.reports, report), "text": said}


def _reopened(state: RunState, _: e.RunReopened) -> Changes:
    """What was running when the program ended waits again; a step it had used is given back."""
    running = [t for t in state.tasks.values() if t.phase == "running"]
    waiting = {t.task.id: replace(t, phase="waiting") for t in running}
    return {
        "tasks": GrowingMap({**state.tasks, **waiting}),
        "steps_taken": state.steps_taken - len(running),
        "planning": False,
        "testing": False,
        "text": "going on where it was interrupted",
    }


def _finished(_: RunState, event: e.RunFinished) -> Changes:
    return {"outcome": event.outcome, "summary": event.summary, "text": event.summary, "testing": False}


def _with_task(state: RunState, task: TaskState) -> Changes:
    known = state.tasks.get(task.task.id)
    changes: Changes = {"tasks": Entry(task.task.id, task)}
    if task.planned:
        changes["worked"] = state.worked + share(task) - (share(known) if known else 0)
    return changes


def nothing(_: RunState, __: e.Event) -> Changes:
    """Of many events it is only known that they were."""
    return {}


CHANGES: Mapping[type[Any], Callable[[RunState, Any], Changes]] = {
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
    e.MessageSent: nothing,
    e.AgentAsked: nothing,
    e.FileShown: nothing,
    e.ModelCallStarted: nothing,
    e.ModelCallFailed: nothing,
    e.ModelAnswered: _answered,
    e.ToolUsed: nothing,
    e.ArtifactMade: nothing,
    e.BaseKept: _base,
    e.EditProposed: _proposed,
    e.EditSettled: _settled,
    e.TestsStarted: _tests_started,
    e.TestsRan: _tests_ran,
    e.RunPaused: lambda _, x: {"paused": True, "text": f"paused: {x.reason}" if x.reason else "paused"},
    e.RunResumed: lambda _, __: {"paused": False, "text": "going on"},
    e.RunReopened: _reopened,
    e.RunForked: lambda _, event: {"text": f"taken from run {event.origin} at its event {event.version}"},
    e.LimitReached: lambda _, event: {"limit": event.text, "text": event.text},
    e.StepGranted: lambda state, _: {"steps_granted": state.steps_granted + 1},
    e.StopRequested: lambda _, event: {"stop_reason": event.reason, "text": f"stopping: {event.reason}"},
    e.RunFinished: _finished,
}
"""What changes by each type of event; those of other streams are no part of a run."""

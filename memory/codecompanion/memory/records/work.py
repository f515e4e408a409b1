"""From events to what the agents and their models did: `agent_performance` and `router_performance`."""

from collections.abc import Callable
from typing import Any

from codecompanion.contracts import events as e
from codecompanion.contracts.model_calls import Usage
from codecompanion.contracts.records import MOST_TEXT, CallRecord, TaskRecord
from codecompanion.memory.records.rows import Rows
from codecompanion.memory.records.sessions import PLANNING
from codecompanion.memory.records.tables import AGENT_PERFORMANCE, ARTIFACTS, ROUTER_PERFORMANCE


def fold_work(rows: Rows, one: e.Recorded) -> None:
    """Bring the rows of tasks and model calls up to date; to be called after the artifacts."""
    fold = _FOLDS.get(type(one.body))
    if fold is not None:
        fold(rows, one, one.body)


def _task(rows: Rows, one: e.Recorded, task_id: str, role: str = "") -> TaskRecord:
    known = rows.get(AGENT_PERFORMANCE, one.run_id, task_id)
    return known or TaskRecord(run_id=one.run_id, task_id=task_id, role=role, started_at=one.at)


def _change(rows: Rows, task: TaskRecord, **changes: object) -> None:
    rows.put(AGENT_PERFORMANCE, task.model_copy(update=changes))


def _started(rows: Rows, one: e.Recorded, event: e.TaskStarted) -> None:
    task = _task(rows, one, event.task_id, event.role.value)
    _change(rows, task, role=event.role.value, state="running", starts=task.starts + 1, started_at=one.at)


def _end(rows: Rows, one: e.Recorded, task: TaskRecord, state: str, summary: str) -> None:
    if task.state == "running":
        seconds = task.seconds + max(0.0, one.at - task.started_at)
        _change(rows, task, state=state, seconds=seconds, summary=summary[:MOST_TEXT])


def _finished(rows: Rows, one: e.Recorded, event: e.TaskFinished) -> None:
    _end(rows, one, _task(rows, one, event.task_id), "done", event.summary)


def _failed(rows: Rows, one: e.Recorded, event: e.TaskFailed) -> None:
    _end(rows, one, _task(rows, one, event.task_id), "failed", event.reason)


def _planned(rows: Rows, one: e.Recorded, event: e.PlanMade) -> None:
    planning = rows.get(AGENT_PERFORMANCE, one.run_id, PLANNING)
    if planning is not None:
        _end(rows, one, planning, "done", event.plan.summary)


def _run_ended(rows: Rows, one: e.Recorded, _: e.RunFinished) -> None:
    for task in tuple(rows.of_run(AGENT_PERFORMANCE, one.run_id).values()):
        _end(rows, one, task, "stopped", "the run ended")


def _looked(rows: Rows, one: e.Recorded, event: e.ToolUsed) -> None:
    task = _task(rows, one, event.task_id, event.role.value)
    _change(rows, task, looks=task.looks + 1)


def _settled(rows: Rows, one: e.Recorded, event: e.EditSettled) -> None:
    edit = rows.get(ARTIFACTS, one.run_id, event.outcome.edit_id)
    if edit is None:
        return
    artifacts = rows.of_run(ARTIFACTS, one.run_id).values()
    states = [made.state for made in artifacts if made.kind == "edit" and made.task_id == edit.task_id]
    landed = states.count("confirmed") + states.count("claimed")
    _change(rows, _task(rows, one, edit.task_id), edits=landed, failed_edits=states.count("failed"))


# -- model calls


def _called(rows: Rows, one: e.Recorded, event: e.ModelCallStarted) -> None:
    rows.put(ROUTER_PERFORMANCE, _new_call(one, event, event.request_sha256))


def _new_call(one: e.Recorded, event: Any, request_sha256: str) -> CallRecord:
    return CallRecord(
        run_id=one.run_id,
        version=one.version,
        task_id=event.task_id,
        role=event.role.value,
        request_sha256=request_sha256,
        started_at=one.at,
    )


def _open_call(rows: Rows, one: e.Recorded, event: Any, request_sha256: str) -> CallRecord:
    """Return the newest call of the task that has no end yet, of this request if that is known."""
    fitting = [
        call
        for call in rows.of_run(ROUTER_PERFORMANCE, one.run_id).values()
        if call.state == "open"
        and call.task_id == event.task_id
        and request_sha256 in ("", call.request_sha256)
    ]
    return max(fitting, key=lambda call: call.version, default=_new_call(one, event, request_sha256))


def _answered(rows: Rows, one: e.Recorded, event: e.ModelAnswered) -> None:
    call = _open_call(rows, one, event, event.request_sha256)
    answered = {
        "state": "answered",
        "provider": event.provider,
        "model": event.model,
        "seconds": max(0.0, one.at - call.started_at),
        "truncated": event.truncated,
        **dict(event.usage),
    }
    rows.put(ROUTER_PERFORMANCE, call.model_copy(update=answered))
    task = _task(rows, one, event.task_id, event.role.value)
    _change(rows, task, calls=task.calls + 1, **_spent(task, event.usage))


def _spent(task: TaskRecord, used: Usage) -> dict[str, object]:
    return {
        "input_tokens": task.input_tokens + used.input_tokens,
        "output_tokens": task.output_tokens + used.output_tokens,
        "cost": None if task.cost is None or used.cost is None else task.cost + used.cost,
    }


def _call_failed(rows: Rows, one: e.Recorded, event: e.ModelCallFailed) -> None:
    call = _open_call(rows, one, event, "")
    seconds = max(0.0, one.at - call.started_at)
    failed = {"state": "failed", "provider": event.provider, "fault": event.fault, "seconds": seconds}
    rows.put(ROUTER_PERFORMANCE, call.model_copy(update=failed))
    task = _task(rows, one, event.task_id, event.role.value)
    _change(rows, task, failed_calls=task.failed_calls + 1)


_FOLDS: dict[type, Callable[[Rows, e.Recorded, Any], None]] = {
    e.TaskStarted: _started,
    e.TaskFinished: _finished,
    e.TaskFailed: _failed,
    e.PlanMade: _planned,
    e.RunFinished: _run_ended,
    e.ToolUsed: _looked,
    e.EditSettled: _settled,
    e.ModelCallStarted: _called,
    e.ModelAnswered: _answered,
    e.ModelCallFailed: _call_failed,
}

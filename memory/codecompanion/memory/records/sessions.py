"""From events to `project_sessions`: one row a run."""

from collections.abc import Callable
from typing import Any

from codecompanion.contracts import events as e
from codecompanion.contracts import session_events as s
from codecompanion.contracts.records import MOST_TEXT, SessionRecord
from codecompanion.memory.records.rows import Rows
from codecompanion.memory.records.tables import AGENT_PERFORMANCE, ARTIFACTS, PROJECT_SESSIONS

PLANNING = "plan"
"""The id under which the planning itself is recorded: it is no task of the plan."""

_CHANGED = ("confirmed", "claimed", "pending")
"""The states of edits whose files were changed, or are to be."""

Changes = dict[str, Any]


def fold_session(rows: Rows, one: e.Recorded) -> None:
    """Bring the row of the event's run up to date; to be called after the other tables, which are counted."""
    known = rows.get(PROJECT_SESSIONS, one.run_id) or SessionRecord(
        run_id=one.run_id,
        title=one.run_id,
        correlation_id=one.context.correlation_id,
        started_at=one.at,
        updated_at=one.at,
    )
    change = _CHANGES.get(type(one.body))
    changes = change(known, one.body) if change else {}
    changes |= _counted(rows, one)
    changes |= {"events": known.events + 1, "updated_at": max(known.updated_at, one.at)}
    rows.put(PROJECT_SESSIONS, known.model_copy(update=changes))


def _counted(rows: Rows, one: e.Recorded) -> Changes:
    if isinstance(one.body, e.EditSettled):
        artifacts = rows.of_run(ARTIFACTS, one.run_id).values()
        return {"files": len({made.name for made in artifacts if made.state in _CHANGED})}
    if isinstance(one.body, e.TaskStarted | e.TaskFinished | e.TaskFailed):
        states = [
            task.state
            for task in rows.of_run(AGENT_PERFORMANCE, one.run_id).values()
            if task.task_id != PLANNING
        ]
        return {"tasks_done": states.count("done"), "tasks_failed": states.count("failed")}
    return {}


def _started(_: SessionRecord, event: e.RunStarted) -> Changes:
    order = event.order
    request = order.request[:MOST_TEXT]
    title = " ".join(request.split()) or order.kind
    return {"title": title, "kind": order.kind, "request": request, "workspace": order.workspace}


def _answered(known: SessionRecord, event: e.ModelAnswered) -> Changes:
    used = event.usage
    return {
        "calls": known.calls + 1,
        "input_tokens": known.input_tokens + used.input_tokens,
        "output_tokens": known.output_tokens + used.output_tokens,
        "cost": None if known.cost is None or used.cost is None else known.cost + used.cost,
    }


def _tested(_: SessionRecord, event: e.TestsRan) -> Changes:
    if event.round < 0:
        return {}
    report = event.report
    if not report.ran:
        return {"tests_passed": None, "tests_failed": None}
    return {"tests_passed": report.passed, "tests_failed": report.failed}


def _finished(_: SessionRecord, event: e.RunFinished) -> Changes:
    return {"state": event.outcome, "summary": event.summary[:MOST_TEXT]}


_CHANGES: dict[type, Callable[[SessionRecord, Any], Changes]] = {
    e.RunStarted: _started,
    e.RunForked: lambda _, event: {"origin": event.origin},
    e.PlanMade: lambda _, event: {"tasks": len(event.plan.tasks)},
    e.PlanEdited: lambda _, event: {"tasks": len(event.plan.tasks)},
    e.TaskAdded: lambda known, _: {"tasks": known.tasks + 1},
    e.ModelAnswered: _answered,
    e.TestsRan: _tested,
    e.RunPaused: lambda _, __: {"state": "paused"},
    e.RunResumed: lambda _, __: {"state": "open"},
    e.RunFinished: _finished,
}


def fold_log_event(rows: Rows, one: e.Recorded) -> None:
    """Take in an event of the log's own stream, which tells what was done with whole runs."""
    event = one.body
    if isinstance(event, s.RunRemoved):
        rows.remove_run(event.run_id)
    elif isinstance(event, s.RunRenamed):
        _change(rows, event.run_id, title=event.title[:MOST_TEXT])
    elif isinstance(event, s.RunArchived):
        _change(rows, event.run_id, archived=event.archived)
    elif isinstance(event, s.RunSetAside):
        _change(rows, event.run_id, state="set aside", summary=event.reason[:MOST_TEXT])


def _change(rows: Rows, run_id: str, **changes: object) -> None:
    known = rows.get(PROJECT_SESSIONS, run_id)
    if known is not None:
        rows.put(PROJECT_SESSIONS, known.model_copy(update=changes))

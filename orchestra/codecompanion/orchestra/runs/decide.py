"""The rules of a run: which command leads to which events, and which is refused. Pure."""

from collections.abc import Callable
from typing import Any

from codecompanion.contracts import events as e
from codecompanion.contracts.errors import BadRequest
from codecompanion.contracts.plan import Plan
from codecompanion.orchestra.runs import commands as c
from codecompanion.orchestra.runs.state import PLANNING, RunState
from codecompanion.orchestra.runs.status import waits_for_approval

MAX_INSTRUCTION_CHARS = 20_000


class NotNow(BadRequest):
    """The command does not fit the run's present state; the text says why."""


def decide(state: RunState, command: c.Command) -> list[e.Event]:
    """Return the events that ``command`` causes; none when it is already so; raises ``NotNow``."""
    if isinstance(command, c.StartRun):
        return _start(state, command)
    if not state.started:
        raise NotNow("there is no such run")
    if state.ended:
        raise NotNow(f"the run has ended ({state.outcome}); start a new one")
    return _RULES[type(command)](state, command)


def _start(state: RunState, command: c.StartRun) -> list[e.Event]:
    if state.started:
        raise NotNow("this run id is taken already")
    return [e.RunStarted(order=command.order)]


def _adopt(state: RunState, command: c.AdoptPlan) -> list[e.Event]:
    if state.plan is not None:
        raise NotNow("the run has a plan already")
    return [e.PlanMade(plan=command.plan)]


def _edit_plan(state: RunState, command: c.EditPlan) -> list[e.Event]:
    """What has begun must be as it was; what the agents of the rest are told is said anew after a change."""
    if state.plan is None:
        raise NotNow("there is no plan yet; wait until it is made")
    said = state.instructions if command.instructions is None else command.instructions
    waiting = [task.id for task in command.plan.tasks if _not_begun(state, task.id)]
    wanted = {name: said[name] for name in waiting if said.get(name)}
    known = {name: words for name, words in state.instructions.items() if _not_begun(state, name)}
    if command.plan == state.plan and wanted == known:
        return []
    if all(state.tasks[task.id].phase in ("done", "failed") for task in state.plan.tasks):
        raise NotNow("every task of the plan has ended; ask for more in a new run")
    _demand_same_where_begun(state, command.plan)
    told = [e.TaskInstructed(task_id=name, text=text) for name, words in wanted.items() for text in words]
    return [e.PlanEdited(plan=command.plan), *told]


def _demand_same_where_begun(state: RunState, plan: Plan) -> None:
    assert state.plan is not None
    given = {task.id: task for task in plan.tasks}
    planned = {task.id for task in state.plan.tasks}
    for name, known in state.tasks.items():
        if name not in planned and name in given:
            raise NotNow(f"task {name!r} was added while the run went on; give yours another name")
        if name in planned and known.phase != "waiting" and given.get(name) != known.task:
            raise NotNow(f"task {name!r} has begun and stays as it is; put it back as it was")


def _not_begun(state: RunState, task_id: str) -> bool:
    return task_id not in state.tasks or state.tasks[task_id].phase == "waiting"


def _approve(state: RunState, _: c.ApprovePlan) -> list[e.Event]:
    if state.order is None or state.order.mode != "approve":
        raise NotNow('this run does not ask for approval; start one with {"mode": "approve"} for that')
    if state.plan is None:
        raise NotNow("there is no plan yet; wait until it is made")
    return [] if state.approved else [e.PlanApproved()]


def _instruct(state: RunState, command: c.InstructTask) -> list[e.Event]:
    text = command.text.strip()
    if not text:
        raise NotNow(f"the words for task {command.task_id!r} are empty; say what its agent should know")
    if len(text) > MAX_INSTRUCTION_CHARS:
        raise NotNow(
            f"the words for task {command.task_id!r} have {len(text):,} characters; the most is "
            f"{MAX_INSTRUCTION_CHARS:,}. Put long material into a file and name the file"
        )
    if (phase := _task_phase(state, command.task_id)) != "waiting":
        raise NotNow(f"task {command.task_id!r} is {phase}; only what has not begun can be told more")
    return [e.TaskInstructed(task_id=command.task_id, text=text)]


def _add(state: RunState, command: c.AddTask) -> list[e.Event]:
    if state.plan is None:
        raise NotNow("a task cannot be added before there is a plan")
    if command.task.id in state.tasks:
        raise NotNow(f"task {command.task.id!r} is in the plan already")
    missing = [wanted for wanted in command.task.depends_on if wanted not in state.tasks]
    if missing:
        raise NotNow(f"task {command.task.id!r} depends on {missing[0]!r}, which is not in the plan")
    return [e.TaskAdded(task=command.task)]


def _start_task(state: RunState, command: c.StartTask) -> list[e.Event]:
    if state.paused:
        raise NotNow("the run is paused")
    if command.task_id != PLANNING:
        if waits_for_approval(state):
            raise NotNow("the plan waits for your approval")
        phase = _task_phase(state, command.task_id)
        if phase == "running":
            return []
        if phase != "waiting":
            raise NotNow(f"task {command.task_id!r} is {phase}")
        unmet = [d for d in state.tasks[command.task_id].task.depends_on if state.tasks[d].phase != "done"]
        if unmet:
            raise NotNow(f"task {command.task_id!r} waits for {unmet[0]!r}")
    epoch = state.starts.get(command.task_id, 0) + 1
    return [e.TaskStarted(task_id=command.task_id, role=command.role, epoch=epoch)]


def _finish_task(state: RunState, command: c.FinishTask) -> list[e.Event]:
    _demand_running(state, command.task_id)
    _demand_present(state, command.task_id, command.epoch)
    return [e.TaskFinished(task_id=command.task_id, summary=command.summary, artifacts=command.artifacts)]


def _fail_task(state: RunState, command: c.FailTask) -> list[e.Event]:
    if command.task_id != PLANNING and _task_phase(state, command.task_id) in ("done", "failed"):
        raise NotNow(f"task {command.task_id!r} has ended already")
    _demand_present(state, command.task_id, command.epoch)
    return [e.TaskFailed(task_id=command.task_id, reason=command.reason)]


def _retry_task(state: RunState, command: c.RetryTask) -> list[e.Event]:
    _demand_running(state, command.task_id)
    _demand_present(state, command.task_id, command.epoch)
    return [e.TaskRetried(task_id=command.task_id, reason=command.reason)]


def _demand_present(state: RunState, task_id: str, epoch: c.Epoch) -> None:
    """Refuse what an earlier start of the task still brings: another one is at work by now."""
    present = state.starts.get(task_id, 0)
    if epoch is not None and epoch != present:
        raise NotNow(f"task {task_id!r} was begun anew: this is of start {epoch}, the present one is {present}")


def _demand_running(state: RunState, task_id: str) -> None:
    running = state.planning if task_id == PLANNING else _task_phase(state, task_id) == "running"
    if not running:
        raise NotNow(f"task {task_id!r} is not running")


def _task_phase(state: RunState, task_id: str) -> str:
    if task_id not in state.tasks:
        raise NotNow(f"task {task_id!r} is not in the plan")
    return state.tasks[task_id].phase


def _note(state: RunState, command: c.Note) -> list[e.Event]:
    event = command.event
    if isinstance(event, e.EditSettled) and event.outcome.edit_id not in state.proposed:
        raise NotNow(f"edit {event.outcome.edit_id!r} was never proposed")
    return [event]


def _propose(state: RunState, command: c.ProposeEdit) -> list[e.Event]:
    """An interrupted run may send a recorded edit again; its journal entry is not repeated."""
    _demand_present(state, command.proposal.task_id, command.epoch)
    path = command.proposal.edit.path
    events: list[e.Event] = []
    if path not in state.bases:
        events.append(e.BaseKept(path=path, text=command.base))
    if command.proposal.edit_id not in state.proposed:
        events.append(command.proposal)
    return events


def _pause(state: RunState, command: c.PauseRun) -> list[e.Event]:
    return [] if state.paused else [e.RunPaused(reason=command.reason)]


def _resume(state: RunState, _: c.ResumeRun) -> list[e.Event]:
    return [e.RunResumed()] if state.paused else []


def _reopen(_: RunState, __: c.ReopenRun) -> list[e.Event]:
    return [e.RunReopened()]


def _grant(state: RunState, _: c.GrantStep) -> list[e.Event]:
    if state.order is None or state.order.mode != "stepwise":
        raise NotNow("this run goes by itself; start one step by step to use `next`")
    return [e.StepGranted()]


def _reach_limit(state: RunState, command: c.ReachLimit) -> list[e.Event]:
    return [] if state.limit else [e.LimitReached(limit=command.limit, text=command.text)]


def _stop(state: RunState, command: c.StopRun) -> list[e.Event]:
    return [] if state.stop_reason is not None else [e.StopRequested(reason=command.reason)]


def _finish(_: RunState, command: c.FinishRun) -> list[e.Event]:
    return [e.RunFinished(outcome=command.outcome, summary=command.summary)]


_RULES: dict[type, Callable[[RunState, Any], list[e.Event]]] = {
    c.AdoptPlan: _adopt,
    c.EditPlan: _edit_plan,
    c.ApprovePlan: _approve,
    c.InstructTask: _instruct,
    c.AddTask: _add,
    c.StartTask: _start_task,
    c.FinishTask: _finish_task,
    c.FailTask: _fail_task,
    c.RetryTask: _retry_task,
    c.Note: _note,
    c.ProposeEdit: _propose,
    c.PauseRun: _pause,
    c.ResumeRun: _resume,
    c.ReopenRun: _reopen,
    c.GrantStep: _grant,
    c.ReachLimit: _reach_limit,
    c.StopRun: _stop,
    c.FinishRun: _finish,
}

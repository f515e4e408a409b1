"""From the state of a run to what a person sees of it."""

from codecompanion.contracts.ids import RunId, TaskId
from codecompanion.contracts.status import Phase, RunStatus, TaskStatus
from codecompanion.orchestra.runs.state import RunState


def status_of(run_id: RunId, state: RunState, *, started_at: float = 0.0, updated_at: float = 0.0) -> RunStatus:
    """Return the status of a started run; times are seconds since the epoch."""
    if state.order is None:
        raise ValueError(f"run {run_id!r} has not started")
    last = state.reports[-1] if state.reports else None
    return RunStatus(
        run_id=run_id,
        kind=state.order.kind,
        request=state.order.request,
        workspace=state.order.workspace,
        phase=phase_of(state),
        percent=state.percent,
        text=_text(state),
        tasks=tuple(
            TaskStatus(
                task_id=t.task.id,
                title=t.task.title,
                role=t.task.role,
                phase=t.phase,
                text=t.text,
                done=t.done,
                total=t.total,
            )
            for t in state.tasks.values()
        ),
        files=state.files(),
        pending=state.pending(),
        failed_edits=_failed_edits(state),
        tests_passed=last.passed if last and last.ran else None,
        tests_failed=last.failed if last and last.ran else None,
        models=state.spending.models,
        input_tokens=state.spending.input_tokens,
        output_tokens=state.spending.output_tokens,
        cost=state.spending.cost,
        started_at=started_at,
        updated_at=updated_at,
        summary=state.summary,
        mode=state.order.mode,
        next_task=_next_task(state),
        sandbox=state.sandbox,
    )


def _failed_edits(state: RunState) -> tuple[str, ...]:
    """The edits that did not land and were not made good by a later one to the same file."""
    open_failures: dict[str, str] = {}
    for outcome in state.settled.values():
        if outcome.state == "failed":
            open_failures[outcome.path] = f"{outcome.path}: {outcome.reason}"
        else:
            open_failures.pop(outcome.path, None)
    return tuple(open_failures.values())


def _text(state: RunState) -> str:
    if state.paused or state.ended:
        return state.text
    if waits_for_approval(state):
        return "the plan waits for your approval"
    ready = state.ready() if waits_for_step(state) else []
    return f"next is {ready[0].role}: {ready[0].title}" if ready else state.text


def _next_task(state: RunState) -> TaskId | None:
    """Which task goes next, where a run waits for the person."""
    if not waits_for_step(state) and not waits_for_approval(state):
        return None
    ready = state.ready()
    return ready[0].id if ready else None


def phase_of(state: RunState) -> Phase:
    """Return the one word for what a run is doing."""
    if state.outcome is not None:
        return state.outcome
    if state.paused:
        return "paused"
    if waits_for_step(state) or waits_for_approval(state):
        return "waiting"
    return _stage(state)


def _stage(state: RunState) -> Phase:
    if state.testing and not any(t.phase == "running" for t in state.tasks.values()):
        return "testing"
    if state.plan is None:
        return "planning"
    if state.reports:
        return "testing" if state.reports[-1].green else "mending"
    return "working"


def stands_still(state: RunState) -> bool:
    """Whether nothing goes on until a person says something, or ever."""
    return state.paused or state.ended or waits_for_step(state) or waits_for_approval(state)


def waits_for_step(state: RunState) -> bool:
    """Whether a stepwise run stands still until the next `next`."""
    if state.order is None or state.order.mode != "stepwise" or state.plan is None or state.ended:
        return False
    busy = state.testing or any(t.phase == "running" for t in state.tasks.values())
    return not busy and state.steps_taken >= state.steps_granted


def waits_for_approval(state: RunState) -> bool:
    """Whether the plan is made and the person has yet to say that it may go on."""
    asks = state.order is not None and state.order.mode == "approve"
    return asks and state.plan is not None and not state.approved and not state.ended

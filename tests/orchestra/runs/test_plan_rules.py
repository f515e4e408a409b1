"""The rules of approving, editing and instructing; and of starts, retries and limits. Pure."""

import pytest

from codecompanion.contracts import events as e
from codecompanion.contracts.edits import WholeFile
from codecompanion.contracts.messages import Role
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.plan import Complexity, Plan, PlanTask
from codecompanion.orchestra.runs import commands as c
from codecompanion.orchestra.runs.decide import NotNow, decide
from codecompanion.orchestra.runs.evolve import fold
from codecompanion.orchestra.runs.state import PLANNING, RunState
from codecompanion.orchestra.runs.status import phase_of

A, B = (PlanTask(id=name, title=name.upper(), role=Role.CODE_GENERATOR) for name in "ab")


def plan(*tasks: PlanTask) -> Plan:
    return Plan(summary="a plan", complexity=Complexity(level="small"), tasks=tasks)


def started(mode: str = "automatic") -> list[c.Command]:
    order = RunOrder.model_validate({"kind": "project", "request": "x", "workspace": "/w", "mode": mode})
    return [c.StartRun(order), c.AdoptPlan(plan(A, B))]


def after(*commands: c.Command) -> RunState:
    state = RunState()
    for command in commands:
        state = fold(decide(state, command), state)
    return state


def test_no_task_starts_before_the_approval_but_planning_does() -> None:
    state = after(*started("approve"))
    assert phase_of(state) == "waiting"
    with pytest.raises(NotNow, match="waits for your approval"):
        decide(state, c.StartTask("a", A.role))
    assert decide(state, c.StartTask(PLANNING, Role.PROJECT_MANAGER))
    state = after(*started("approve"), c.ApprovePlan(), c.StartTask("a", A.role))
    assert phase_of(state) == "working"
    assert decide(state, c.ApprovePlan()) == []


@pytest.mark.parametrize("mode", ["automatic", "stepwise"])
def test_only_a_run_that_asks_is_approved(mode: str) -> None:
    with pytest.raises(NotNow, match="does not ask for approval"):
        decide(after(*started(mode)), c.ApprovePlan())
    with pytest.raises(NotNow, match="no plan yet"):
        decide(after(started("approve")[0]), c.ApprovePlan())


def test_an_edit_keeps_what_has_begun_what_was_added_and_what_was_said() -> None:
    mend = PlanTask(id="mend-1", title="mend", role=Role.DEBUGGER)
    state = after(
        *started(),
        c.InstructTask("b", " more "),
        c.StartTask("a", A.role),
        c.AddTask(mend),
        c.EditPlan(plan(A, B.model_copy(update={"title": "other"}))),
    )
    assert [*state.tasks] == ["a", "b", "mend-1"]
    assert (state.tasks["a"].phase, state.tasks["b"].task.title) == ("running", "other")
    assert state.instructions == {"b": ("more",)}
    gone = after(*started(), c.InstructTask("b", "more"), c.EditPlan(plan(A)))
    assert ([*gone.tasks], dict(gone.instructions)) == (["a"], {})


def test_an_edit_that_changes_nothing_is_no_event() -> None:
    state = after(*started(), c.InstructTask("b", "more"))
    assert decide(state, c.EditPlan(plan(A, B))) == []
    assert decide(state, c.EditPlan(plan(A, B), {"b": ("more",)})) == []
    events = decide(state, c.EditPlan(plan(A, B), {"b": ("other",)}))
    assert [event.event for event in events] == ["plan_edited", "task_instructed"]


def test_what_cannot_be_edited_says_why() -> None:
    state = after(*started(), c.StartTask("a", A.role), c.AddTask(PlanTask(id="m", title="m", role=A.role)))
    with pytest.raises(NotNow, match="task 'a' has begun and stays as it is"):
        decide(state, c.EditPlan(plan(B)))
    with pytest.raises(NotNow, match="task 'm' was added while the run went on"):
        decide(state, c.EditPlan(plan(A, PlanTask(id="m", title="mine", role=A.role))))
    state = after(*started(), *(c.FailTask(name, "no") for name in "ab"))
    with pytest.raises(NotNow, match="every task of the plan has ended"):
        decide(state, c.EditPlan(plan(A)))


def test_words_for_a_task_must_be_some_and_come_before_it_begins() -> None:
    state = after(*started(), c.StartTask("a", A.role))
    for task, text, why in (
        ("a", "late", "is running; only what has not begun"),
        ("b", " \n", "are empty"),
        ("b", "x" * 20_001, "have 20,001 characters; the most is 20,000"),
        ("z", "x", "'z' is not in the plan"),
    ):
        with pytest.raises(NotNow, match=why):
            decide(state, c.InstructTask(task, text))


def test_what_an_earlier_start_brings_late_is_refused() -> None:
    state = after(*started(), c.StartTask("a", A.role), c.ReopenRun(), c.StartTask("a", A.role))
    assert state.starts["a"] == 2
    proposal = e.EditProposed(
        edit_id="1", task_id="a", role=A.role, edit=WholeFile(path="a.py", text="x"), sha256="0"
    )
    for late in (
        c.FinishTask("a", "done", epoch=1),
        c.FailTask("a", "failed", epoch=1),
        c.RetryTask("a", "busy", epoch=1),
        c.ProposeEdit(proposal, None, epoch=1),
    ):
        with pytest.raises(NotNow, match="was begun anew: this is of start 1, the present one is 2"):
            decide(state, late)
    assert decide(state, c.ProposeEdit(proposal, None, epoch=2))
    assert decide(state, c.FinishTask("a", "done", epoch=2))


def test_a_retry_gives_the_step_back_and_counts() -> None:
    granted = after(*started("stepwise"), c.GrantStep(), c.StartTask("a", A.role))
    state = fold(decide(granted, c.RetryTask("a", "busy", 1)), granted)
    assert (state.steps_taken, state.retries["a"], state.tasks["a"].phase) == (0, 1, "waiting")
    assert phase_of(state) == "working", "nobody is asked for the same step again"
    with pytest.raises(NotNow, match="not running"):
        decide(state, c.RetryTask("a", "busy"))


def test_a_limit_is_reached_once() -> None:
    state = after(*started(), c.ReachLimit("tokens", "too many"))
    assert (state.limit, state.text) == ("too many", "too many")
    assert decide(state, c.ReachLimit("seconds", "too long")) == []

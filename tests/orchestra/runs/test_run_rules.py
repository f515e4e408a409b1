"""The rules of a run, one by one."""

import pytest

from codecompanion.contracts import events as e
from codecompanion.contracts.edits import EditOutcome, WholeFile
from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import Usage
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.plan import Complexity, Plan, PlanTask
from codecompanion.orchestra.runs import commands as c
from codecompanion.orchestra.runs.decide import NotNow, decide
from codecompanion.orchestra.runs.evolve import fold
from codecompanion.orchestra.runs.state import PLANNING, RunState
from codecompanion.orchestra.runs.status import status_of

ORDER = RunOrder(kind="project", request="a shop", workspace="/w")
PLAN = Plan(
    summary="three tasks",
    complexity=Complexity(level="small"),
    tasks=(
        PlanTask(id="a", title="A", role=Role.CODE_GENERATOR, files=("a.py",)),
        PlanTask(id="b", title="B", role=Role.TEST_WRITER),
        PlanTask(id="c", title="C", role=Role.UI_DESIGNER, depends_on=("a", "b")),
    ),
)


def after(*commands: c.Command) -> RunState:
    state = RunState()
    for command in commands:
        state = fold(decide(state, command), state)
    return state


def test_nothing_can_be_asked_of_a_run_that_does_not_exist() -> None:
    with pytest.raises(NotNow, match="no such run"):
        decide(RunState(), c.PauseRun())


def test_nothing_happens_after_the_end() -> None:
    ended = after(c.StartRun(ORDER), c.FinishRun("done", "good"))
    for command in (c.PauseRun(), c.StopRun("x"), c.AdoptPlan(PLAN), c.FinishRun("red", "again")):
        with pytest.raises(NotNow, match="has ended"):
            decide(ended, command)


def test_a_task_waits_for_what_it_builds_on() -> None:
    state = after(c.StartRun(ORDER), c.AdoptPlan(PLAN))
    assert [task.id for task in state.ready()] == ["a", "b"]
    with pytest.raises(NotNow, match="waits for 'a'"):
        decide(state, c.StartTask("c", Role.UI_DESIGNER))


def test_a_paused_run_starts_no_task_and_pausing_twice_is_one_pause() -> None:
    state = after(c.StartRun(ORDER), c.AdoptPlan(PLAN), c.PauseRun())
    assert decide(state, c.PauseRun()) == []
    with pytest.raises(NotNow, match="paused"):
        decide(state, c.StartTask("a", Role.CODE_GENERATOR))


def test_next_is_refused_where_the_run_goes_by_itself() -> None:
    with pytest.raises(NotNow, match="by itself"):
        decide(after(c.StartRun(ORDER)), c.GrantStep())


def test_an_edit_is_settled_only_after_it_was_proposed() -> None:
    state = after(c.StartRun(ORDER))
    outcome = EditOutcome(edit_id="e1", path="a.py", state="confirmed")
    with pytest.raises(NotNow, match="never proposed"):
        decide(state, c.Note(e.EditSettled(outcome=outcome)))


def test_costs_add_up_and_an_unknown_price_makes_the_sum_unknown() -> None:
    def answered(cost: float | None) -> c.Note:
        return c.Note(
            e.ModelAnswered(
                task_id=PLANNING,
                role=Role.PROJECT_MANAGER,
                request_sha256="0",
                provider="openai",
                model="m",
                text="",
                usage=Usage(input_tokens=10, output_tokens=5, cost=cost),
            )
        )

    state = after(c.StartRun(ORDER), answered(0.25), answered(0.5))
    assert (state.spending.cost, state.spending.input_tokens, state.spending.calls) == (0.75, 20, 2)
    assert after(c.StartRun(ORDER), answered(0.25), answered(None)).spending.cost is None


def test_a_failed_edit_that_was_made_good_is_no_longer_shown() -> None:
    def proposed(name: str) -> c.ProposeEdit:
        proposal = e.EditProposed(
            edit_id=name,
            task_id="a",
            role=Role.CODE_GENERATOR,
            edit=WholeFile(path="a.py", text="x"),
            sha256="0",
        )
        return c.ProposeEdit(proposal, None)

    def settled(name: str, outcome: str) -> c.Note:
        fields = {"edit_id": name, "path": "a.py", "state": outcome, "reason": "stale"}
        return c.Note(e.EditSettled(outcome=EditOutcome.model_validate(fields)))

    state = after(c.StartRun(ORDER), proposed("1"), settled("1", "failed"))
    assert status_of("r", state).failed_edits == ("a.py: stale",)
    mended = after(
        c.StartRun(ORDER), proposed("1"), settled("1", "failed"), proposed("2"), settled("2", "confirmed")
    )
    assert status_of("r", mended).failed_edits == ()
    assert mended.files() == ("a.py",)

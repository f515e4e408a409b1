"""The rules of a run: no illegal history is reachable, and every history folds."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from codecompanion.contracts import events as e
from codecompanion.contracts.edits import EditOutcome, WholeFile
from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import Usage
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.plan import Complexity, Plan, PlanTask
from codecompanion.contracts.status import ENDED
from codecompanion.contracts.test_reports import TestReport
from codecompanion.orchestra.runs import commands as c
from codecompanion.orchestra.runs.decide import NotNow, decide
from codecompanion.orchestra.runs.state import PLANNING, RunState, evolve, fold
from codecompanion.orchestra.runs.status import phase_of, status_of

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


class Runs(RuleBasedStateMachine):
    """Throws any command at a run, legal or not; what is accepted must fold and keep the invariants."""

    def __init__(self) -> None:
        super().__init__()
        self.state = RunState()
        self.history: list[e.Event] = []
        self.percent = 0

    def say(self, command: c.Command) -> None:
        try:
            events = decide(self.state, command)
        except NotNow:
            return
        for event in events:
            self.history.append(event)
            self.state = evolve(self.state, event)

    @rule(stepwise=st.booleans())
    def start(self, stepwise: bool) -> None:
        self.say(c.StartRun(ORDER.model_copy(update={"stepwise": stepwise})))

    @rule()
    def adopt(self) -> None:
        self.say(c.AdoptPlan(PLAN))

    @rule(name=st.sampled_from(["a", "b", "c", "m", "none", PLANNING]))
    def start_task(self, name: str) -> None:
        self.say(c.StartTask(name, Role.CODE_GENERATOR))

    @rule(name=st.sampled_from(["a", "b", "c", "m", "none", PLANNING]), good=st.booleans())
    def end_task(self, name: str, good: bool) -> None:
        self.say(c.FinishTask(name, "ok") if good else c.FailTask(name, "bad"))

    @rule()
    def add(self) -> None:
        self.say(c.AddTask(PlanTask(id="m", title="M", role=Role.DEBUGGER, depends_on=("a",))))

    @rule(command=st.sampled_from([c.PauseRun(), c.ResumeRun(), c.GrantStep(), c.StopRun("tired")]))
    def steer(self, command: c.Command) -> None:
        self.say(command)

    @rule(done=st.integers(0, 9), total=st.integers(0, 9), name=st.sampled_from(["a", "b"]))
    def progress(self, done: int, total: int, name: str) -> None:
        self.say(c.Note(e.TaskProgressed(task_id=name, text="…", done=min(done, total), total=total)))

    @rule(passed=st.integers(0, 3), failed=st.integers(0, 3), round_=st.integers(-1, 3))
    def test(self, passed: int, failed: int, round_: int) -> None:
        self.say(c.Note(e.TestsStarted(round=round_)))
        report = TestReport(command=("t",), ran=True, passed=passed, failed=failed, exit_code=failed)
        self.say(c.Note(e.TestsRan(report=report, round=round_)))

    @precondition(lambda self: len(self.history) > 12)
    @rule()
    def finish(self) -> None:
        self.say(c.FinishRun("done", "over"))

    @invariant()
    def history_folds_to_the_state(self) -> None:
        assert fold(self.history) == self.state
        assert self.state.version == len(self.history)

    @invariant()
    def percent_never_goes_back_and_is_full_only_at_the_end(self) -> None:
        assert self.state.percent >= self.percent
        self.percent = self.state.percent
        assert (self.state.percent == 100) == self.state.ended

    @invariant()
    def running_and_done_tasks_have_their_dependencies_done(self) -> None:
        for task in self.state.tasks.values():
            if task.phase in ("running", "done"):
                assert all(self.state.tasks[d].phase == "done" for d in task.task.depends_on)

    @invariant()
    def status_can_always_be_told(self) -> None:
        if self.state.started:
            status = status_of("r", self.state)
            assert status.ended == (phase_of(self.state) in ENDED) == self.state.ended


TestRunsAreAlwaysLegal = Runs.TestCase
TestRunsAreAlwaysLegal.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)

"""No illegal history of a run can be reached, and every one that can folds to the same state in every way."""

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from codecompanion.contracts import events as e
from codecompanion.contracts.edits import EditOutcome, WholeFile
from codecompanion.contracts.messages import AgentMessage, ArtifactRef, Priority, Role
from codecompanion.contracts.model_calls import Usage
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.plan import Complexity, Plan, PlanTask
from codecompanion.contracts.status import ENDED
from codecompanion.contracts.test_reports import TestReport
from codecompanion.orchestra.runs import commands as c
from codecompanion.orchestra.runs.contexts import Contexts
from codecompanion.orchestra.runs.decide import _RULES, NotNow, decide
from codecompanion.orchestra.runs.evolve import evolve, fold
from codecompanion.orchestra.runs.quick_fold import fold_texts
from codecompanion.orchestra.runs.state import PLANNING, RunState
from codecompanion.orchestra.runs.status import phase_of, stands_still, status_of

A = PlanTask(id="a", title="A", role=Role.CODE_GENERATOR, files=("a.py",))
B = PlanTask(id="b", title="B", role=Role.TEST_WRITER, priority=Priority.HIGH)
C = PlanTask(id="c", title="C", role=Role.UI_DESIGNER, depends_on=("a", "b"))
D = PlanTask(id="d", title="D", role=Role.CODE_GENERATOR, depends_on=("a",))
MEND = PlanTask(id="m", title="M", role=Role.DEBUGGER, depends_on=("a",))


def plan(*tasks: PlanTask) -> Plan:
    return Plan(summary=f"{len(tasks)} tasks", complexity=Complexity(level="small"), tasks=tasks)


PLANS = [plan(A, B, C), plan(A, B, C, D), plan(A, D), plan(A.model_copy(update={"title": "other"}), B)]

names = st.sampled_from(["a", "b", "c", "d", "m", "none", PLANNING])
planned = st.sampled_from(["a", "b", "c", "d"])
epochs = st.none() | st.integers(0, 3)
words = st.sampled_from(["", "quickly", "x\ud800"])
edits = st.sampled_from(["e1", "e2", "e3"])
files = st.sampled_from(["a.py", "b.py"])


def answer(name: str, cost: float | None) -> e.ModelAnswered:
    return e.ModelAnswered(
        task_id=name,
        role=Role.DEBUGGER,
        request_sha256="0",
        provider="p",
        model="m",
        text="x",
        usage=Usage(input_tokens=3, output_tokens=2, cost=cost),
    )


def proposal(name: str, task: str, path: str) -> e.EditProposed:
    edit = WholeFile(path=path, text="x")
    return e.EditProposed(edit_id=name, task_id=task, role=Role.CODE_GENERATOR, edit=edit, sha256="0")


def outcome(name: str, path: str, state: str) -> e.EditSettled:
    return e.EditSettled(
        outcome=EditOutcome.model_validate({"edit_id": name, "path": path, "state": state, "reason": "r"})
    )


def report(passed: int, failed: int) -> TestReport:
    return TestReport(command=("t",), ran=True, passed=passed, failed=failed, exit_code=failed)


ARTIFACT = ArtifactRef(id="art", kind="plan", name="plan", sha256="0")
MESSAGE = AgentMessage(id="m1", sender="user", recipient="x", correlation_id="run", subject="s")

notes: st.SearchStrategy[Any] = st.one_of(
    st.builds(
        lambda name, done, total: e.TaskProgressed(task_id=name, text="…", done=done, total=total),
        names,
        st.integers(0, 9),
        st.integers(0, 9),
    ),
    st.builds(answer, names, st.none() | st.sampled_from([0.0, 0.25])),
    st.builds(outcome, edits, files, st.sampled_from(["confirmed", "claimed", "failed"])),
    st.builds(lambda round_: e.TestsStarted(round=round_), st.integers(-1, 3)),
    st.builds(
        lambda passed, failed, round_: e.TestsRan(report=report(passed, failed), round=round_),
        st.integers(0, 3),
        st.integers(0, 3),
        st.integers(-1, 3),
    ),
    st.just(e.MessageSent(message=MESSAGE)),
    st.builds(lambda name: e.AgentAsked(task_id=name, role=Role.DEBUGGER, text="?"), names),
    st.builds(lambda name: e.ModelCallStarted(task_id=name, role=Role.DEBUGGER, request_sha256="0"), names),
    st.builds(lambda name: e.ArtifactMade(task_id=name, ref=ARTIFACT, text="{}"), names),
)

COMMANDS: dict[type, st.SearchStrategy[Any]] = {
    c.StartRun: st.builds(
        lambda mode: c.StartRun(RunOrder(kind="project", request="a shop", workspace="/w", mode=mode)),
        st.sampled_from(["automatic", "stepwise", "approve"]),
    ),
    c.AdoptPlan: st.builds(c.AdoptPlan, st.sampled_from(PLANS)),
    c.EditPlan: st.builds(
        c.EditPlan, st.sampled_from(PLANS), st.none() | st.dictionaries(planned, st.tuples(words), max_size=2)
    ),
    c.ApprovePlan: st.just(c.ApprovePlan()),
    c.InstructTask: st.builds(c.InstructTask, names, words),
    c.AddTask: st.builds(c.AddTask, st.sampled_from([MEND, C])),
    c.StartTask: st.builds(c.StartTask, names, st.just(Role.CODE_GENERATOR)),
    c.FinishTask: st.builds(c.FinishTask, names, st.just("done"), st.just(()), epochs),
    c.FailTask: st.builds(c.FailTask, names, st.just("bad"), epochs),
    c.RetryTask: st.builds(c.RetryTask, names, st.just("slow"), epochs),
    c.Note: st.builds(c.Note, notes),
    c.ProposeEdit: st.builds(
        c.ProposeEdit, st.builds(proposal, edits, names, files), st.none() | st.just("old"), epochs
    ),
    c.PauseRun: st.just(c.PauseRun()),
    c.ResumeRun: st.just(c.ResumeRun()),
    c.ReopenRun: st.just(c.ReopenRun()),
    c.GrantStep: st.just(c.GrantStep()),
    c.ReachLimit: st.just(c.ReachLimit("tokens", "enough tokens")),
    c.StopRun: st.just(c.StopRun("tired")),
    c.FinishRun: st.just(c.FinishRun("done", "over")),
}


def test_every_command_is_tried() -> None:
    assert set(COMMANDS) == {*_RULES, c.StartRun}


class Runs(RuleBasedStateMachine):
    """Says any command to a run, legal or not; what is accepted must fold and keep the rules."""

    def __init__(self) -> None:
        super().__init__()
        self.state = RunState()
        self.history: list[e.Event] = []
        self.seen: list[RunState] = [self.state]

    def say(self, command: c.Command) -> None:
        ended = self.state.ended
        try:
            events = decide(self.state, command)
        except NotNow:
            return
        assert not ended, f"{command} was taken after the end"
        for event in events:
            self.history.append(event)
            self.state = evolve(self.state, event)
            self.seen.append(self.state)

    @initialize(begin=COMMANDS[c.StartRun], adopt=COMMANDS[c.AdoptPlan], told=st.integers(0, 5))
    def begin(self, begin: c.Command, adopt: c.Command, told: int) -> None:
        """Mostly a run with a plan, now and then nothing yet."""
        if told > 0:
            self.say(begin)
        if told > 1:
            self.say(c.StartTask(PLANNING, Role.PROJECT_MANAGER))
            self.say(adopt)

    @rule(name=planned)
    def start_task(self, name: str) -> None:
        self.say(c.StartTask(name, Role.CODE_GENERATOR))

    @rule(name=planned, good=st.booleans())
    def end_task(self, name: str, good: bool) -> None:
        self.say(c.FinishTask(name, "done") if good else c.RetryTask(name, "slow"))

    @rule(name=edits, path=files, settled=st.lists(st.sampled_from(["claimed", "confirmed", "failed"])))
    def edit(self, name: str, path: str, settled: list[str]) -> None:
        self.say(c.ProposeEdit(proposal(name, "a", path), None))
        for state in settled:
            self.say(c.Note(outcome(name, path, state)))

    @rule(command=COMMANDS[c.Note])
    def note(self, command: c.Command) -> None:
        self.say(command)

    @rule(command=st.one_of([made for kind, made in COMMANDS.items() if kind is not c.FinishRun]))
    def anything(self, command: c.Command) -> None:
        self.say(command)

    @precondition(lambda self: len(self.history) > 20)
    @rule(command=COMMANDS[c.FinishRun])
    def finish(self, command: c.Command) -> None:
        self.say(command)

    @invariant()
    def what_happened_is_legal(self) -> None:
        check(self.history)

    @invariant()
    def percent_never_goes_back_and_is_full_only_at_the_end(self) -> None:
        before = self.seen[-2].percent if len(self.seen) > 1 else 0
        assert before <= self.state.percent <= 100
        assert (self.state.percent == 100) == self.state.ended

    @invariant()
    def tasks_that_began_have_what_they_build_on(self) -> None:
        for task in self.state.tasks.values():
            if task.phase in ("running", "done"):
                assert all(self.state.tasks[d].phase == "done" for d in task.task.depends_on)

    @invariant()
    def the_status_can_always_be_told(self) -> None:
        if self.state.started:
            status = status_of("run", self.state)
            assert status.ended == (phase_of(self.state) in ENDED) == self.state.ended
            assert stands_still(self.state) == (status.ended or status.phase in ("paused", "waiting"))

    def teardown(self) -> None:
        # every state that was handed out is still what it was, and what its part of the history folds to
        for number, state in enumerate(self.seen):
            assert state.version == number
            assert fold(self.history[:number]) == state
            assert fold(self.history[number:], state) == self.state
        assert fold_texts(as_stored(event) for event in self.history) == self.state
        check_contexts(self.history)


def as_stored(event: e.Event) -> str:
    """As the log stores it: a lone surrogate is more than the quick serialiser takes."""
    return json.dumps(event.model_dump(), separators=(",", ":"))


def check(history: list[e.Event]) -> None:
    """The rules once more, told by the order of the events alone."""
    if not history:
        return
    assert isinstance(history[0], e.RunStarted)
    count = Counter(event.event for event in history)
    assert count["run_started"] == 1
    assert count["plan_made"] <= 1
    assert count["limit_reached"] <= 1 and count["stop_requested"] <= 1 and count["plan_approved"] <= 1
    assert not any(isinstance(event, e.RunFinished) for event in history[:-1])
    paused, starts, proposed, bases, running = False, Counter[str](), set[str](), set[str](), set[str]()
    for event in history:
        match event:
            case e.RunPaused() | e.RunResumed():
                assert paused == isinstance(event, e.RunResumed)
                paused = not paused
            case e.TaskStarted():
                starts[event.task_id] += 1
                assert not paused
                assert event.epoch == starts[event.task_id]
                assert event.task_id not in running or event.task_id == PLANNING
                running.add(event.task_id)
            case e.TaskFinished() | e.TaskRetried():
                assert event.task_id in running or event.task_id == PLANNING
                running.discard(event.task_id)
            case e.TaskFailed():
                running.discard(event.task_id)
            case e.RunReopened():
                running.clear()
            case e.EditProposed():
                assert event.edit_id not in proposed
                assert event.edit.path in bases
                proposed.add(event.edit_id)
            case e.BaseKept():
                assert event.path not in bases
                bases.add(event.path)
            case e.EditSettled():
                assert event.outcome.edit_id in proposed


def check_contexts(history: list[e.Event]) -> None:
    for number, context in enumerate(Contexts("run").of(history), 1):
        if context.causation_id is not None:
            assert 0 < int(context.causation_id.removeprefix("run:")) < number


TestRunsAreAlwaysLegal = Runs.TestCase
TestRunsAreAlwaysLegal.settings = settings(max_examples=40, stateful_step_count=50)


@pytest.mark.soak
class TestManyMoreRunsAreLegal(Runs.TestCase):  # type: ignore[misc]
    settings = settings(max_examples=500, stateful_step_count=80)


def test_ten_thousand_edits_fold_in_a_straight_line() -> None:
    """Four times the edits cost about four times the work, one by one as well as at once."""
    history: list[e.Event] = [
        e.RunStarted(order=RunOrder(kind="project", request="x", workspace="/w")),
        e.PlanMade(plan=PLANS[0]),
    ]
    for number in range(10_000):
        path = f"f{number}.py"
        history += [e.BaseKept(path=path, text=None), proposal(f"e{number}", "a", path)]
        history.append(outcome(f"e{number}", path, "confirmed"))
    state = RunState()
    for event in history:
        state = evolve(state, event)
        assert len(state.settled._new) <= 110
    assert state == fold(history)
    assert len(state.files()) == 10_000

"""What a run's events say of the decisions behind them, credited to the right one."""

import pytest

from codecompanion.contracts import events as e
from codecompanion.contracts.change_events import EditsUndone
from codecompanion.contracts.edits import EditOutcome, WholeFile
from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import Usage
from codecompanion.contracts.plan import Complexity, Plan, PlanTask
from codecompanion.contracts.records import RouterDecision
from codecompanion.contracts.test_reports import TestReport
from codecompanion.router.learning.outcomes import has_ended, outcomes_of, turned_down

CODER = Role.CODE_GENERATOR


def decided(task_id="t1", model="m", kind="CodeGenerator/code generation", number=1):
    return RouterDecision(
        at=1.0,
        run_id="r",
        task_id=task_id,
        role="CodeGenerator",
        provider="p",
        model=model,
        reason="best",
        decision=f"r/{task_id}#{number}",
        kind=kind,
        size="small",
    )


def recorded(*bodies, start=100.0):
    context = e.Context(correlation_id="r")
    return [
        e.Recorded(run_id="r", version=n, position=n, at=start + n, body=body, context=context)
        for n, body in enumerate(bodies, 1)
    ]


def called(task_id="t1", model="m", cost=0.02):
    return (
        e.ModelCallStarted(task_id=task_id, role=CODER, request_sha256="a"),
        e.ModelAnswered(
            task_id=task_id,
            role=CODER,
            request_sha256="a",
            provider="p",
            model=model,
            text="x",
            usage=Usage(input_tokens=1, output_tokens=1, cost=cost),
        ),
    )


def edited(task_id="t1", state="confirmed"):
    edit = WholeFile(path=f"{task_id}.py", text="x")
    return (
        e.EditProposed(edit_id=f"e-{task_id}", task_id=task_id, role=CODER, edit=edit, sha256="s"),
        e.EditSettled(outcome=EditOutcome(edit_id=f"e-{task_id}", path=edit.path, state=state)),
    )


def ran_tests(passed, failed, round_=0, ran=True):
    report = TestReport(
        command=("t",), ran=ran, passed=passed, failed=failed, exit_code=0 if not failed and ran else 1
    )
    return e.TestsRan(report=report, round=round_)


DONE = e.TaskFinished(task_id="t1", summary="done")
END = e.RunFinished(outcome="done", summary="done")


def only(*bodies, decisions=()):
    found = outcomes_of(recorded(*bodies, END), decisions or [decided()])
    return found[0] if found else None


def test_green_tests_are_the_full_score_with_cost_and_time_apart():
    seen = only(*called(), *called(), *edited(), DONE, ran_tests(3, 0))
    assert (seen.reward, seen.weight, seen.decision) == (1.0, 1.0, "r/t1#1")
    assert (seen.cost, seen.seconds) == (pytest.approx(0.04), 2.0)
    assert "all 3 tests passed" in seen.reason


def test_work_that_had_to_be_mended_counts_less_than_its_passing_tests():
    seen = only(*called(), *edited(), DONE, ran_tests(3, 1), ran_tests(4, 0, round_=1))
    assert seen.reward == pytest.approx(0.6 * 0.75)


def test_a_repair_is_judged_by_the_tests_after_it():
    mend = decided("mend-1", model="n", kind="Debugger/bug fixing")
    events = recorded(
        *called(),
        *edited(),
        DONE,
        ran_tests(3, 1),
        *called("mend-1", "n"),
        *edited("mend-1"),
        e.TaskFinished(task_id="mend-1", summary="mended"),
        ran_tests(4, 0, round_=1),
        END,
    )
    found = {one.decision: one.reward for one in outcomes_of(events, [decided(), mend])}
    assert found == {"r/t1#1": pytest.approx(0.45), "r/mend-1#1": 1.0}


def test_a_look_before_the_run_judges_nobody():
    seen = only(*called(), *edited(), DONE, ran_tests(1, 5, round_=-1), ran_tests(6, 0))
    assert seen.reward == 1.0


def test_without_tests_the_edits_that_landed_count_a_little():
    seen = only(*called(), *edited(state="failed"), DONE, ran_tests(0, 0, ran=False))
    assert (seen.reward, seen.weight) == (0.0, 0.3)


def test_a_providers_fault_says_nothing_of_quality():
    fault = e.ModelCallFailed(task_id="t1", role=CODER, provider="p", fault="rate limited", reason="busy")
    assert only(*called(), fault, e.TaskFailed(task_id="t1", reason="busy")) is None
    assert only(*called(), e.TaskFailed(task_id="t1", reason="no usable answer")).reward == 0.0


def test_a_task_that_was_stopped_has_no_verdict():
    assert only(*called(), *edited()) is None


def test_who_answered_instead_is_credited_not_who_was_chosen():
    seen = only(*called(model="stand-in"), *edited(), DONE, ran_tests(1, 0))
    assert (seen.model, seen.decision) == ("stand-in", "")


def test_a_plan_is_judged_by_whether_it_could_be_used():
    plan = Plan(
        summary="p", complexity=Complexity(level="small"), tasks=(PlanTask(id="t1", title="t", role=CODER),)
    )
    planning = [decided("plan", kind="ProjectManager/planning")]
    assert only(*called("plan"), e.PlanMade(plan=plan), decisions=planning).reward == 1.0
    assert only(*called("plan"), decisions=planning).reward == 0.0


def test_a_clock_that_jumps_back_takes_no_time():
    events = recorded(*called(), *edited(), DONE, ran_tests(1, 0), END)
    jumped = [one.model_copy(update={"at": 500.0 - one.at}) for one in events]
    assert outcomes_of(jumped, [decided()])[0].seconds == 0.0


def test_an_undone_edit_is_a_no_to_the_decision_behind_it():
    events = recorded(*called(), *edited(), DONE, END)
    undone = EditsUndone(undo_id="u", run_id="r", edits=("e-t1",))
    (said,) = turned_down(events, recorded(undone), [decided(), decided("t2")])
    assert (said.decision, said.reward, said.weight) == ("r/t1#1", 0.0, 0.5)
    assert turned_down(events, recorded(undone.model_copy(update={"again": True})), [decided()]) == []


def test_only_a_run_that_has_ended_is_judged():
    assert has_ended(recorded(*called(), END))
    assert not has_ended(recorded(*called()))

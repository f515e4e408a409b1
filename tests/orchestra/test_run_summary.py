"""What is said at a run's end, and which of the four words it ends with."""

from typing import Any

import pytest

from codecompanion.contracts import events as e
from codecompanion.contracts.plan import Plan
from codecompanion.contracts.test_reports import TestReport
from codecompanion.orchestra.runs.evolve import fold
from codecompanion.orchestra.runs.state import RunState
from codecompanion.orchestra.runs.status import status_of
from codecompanion.orchestra.summary import sum_up
from codecompanion.orchestra.verification.sandbox import Rung

NO_TESTS = TestReport(command=(), ran=False, output="no tests were found: add some")
NOT_STARTED = TestReport(command=(), ran=False, output="x", not_started=("node is missing", "go is missing."))
GREEN = TestReport(command=("t",), ran=True, passed=2, exit_code=0)
PARTLY = TestReport(command=("t",), ran=True, passed=1, not_started=("the tests could not start: no node",))
RED = TestReport(command=("t",), ran=True, passed=1, failed=1, failures=("t_a: 1",), exit_code=1)


def ended(kind: str, report: TestReport, *roles: str, request: str = "do it") -> RunState:
    order = {"kind": kind, "request": request, "workspace": "/w"}
    tasks: list[dict[str, Any]] = [
        {"id": f"t{number}", "title": "t", "role": role}
        for number, role in enumerate(roles or ("CodeGenerator",))
    ]
    plan = Plan.model_validate({"summary": "p", "complexity": {"level": "small"}, "tasks": tasks})
    return fold(
        [
            e.RunStarted.model_validate({"order": order}),
            e.PlanMade(plan=plan),
            e.TestsRan(report=report, round=0),
        ]
    )


@pytest.mark.parametrize(
    ("state", "outcome", "said"),
    [
        (ended("change", GREEN), "done", "All 2 tests pass."),
        (ended("change", NO_TESTS), "done", "No tests were run: no tests were found: add some"),
        (ended("design", NO_TESTS), "done", "No tests were run"),
        (ended("project", NO_TESTS), "red", "No tests were run"),
        (ended("tests", NO_TESTS), "red", "No tests were run"),
        (ended("change", NO_TESTS, "CodeGenerator", "TestWriter"), "red", "No tests were run"),
        (ended("change", NOT_STARTED), "red", "The tests could not start: node is missing; go is missing."),
        (ended("design", NOT_STARTED), "red", "The tests could not start: "),
        (ended("change", PARTLY), "red", "One test ran and passes. Others could not start: no node."),
        (
            ended("change", RED.model_copy(update={"not_started": ("no node",)})),
            "red",
            "1 of 2 tests fail: t_a. Others could not start: no node.",
        ),
    ],
)
def test_only_what_ran_and_passed_is_done_unless_there_was_nothing_to_run(
    state: RunState, outcome: str, said: str
) -> None:
    ending = sum_up(state)
    assert ending.outcome == outcome
    assert said in ending.summary


def test_a_reason_that_was_given_is_not_said_twice() -> None:
    state = fold(
        [
            e.TaskAdded.model_validate({"task": {"id": "mend-1", "title": "m", "role": "Debugger"}}),
            e.TaskFailed(task_id="mend-1", reason="Debugger's answer held no file"),
        ],
        ended("change", RED),
    )
    assert sum_up(state, "3 repair rounds were tried").summary.endswith("Tried: Debugger's answer held no file")
    assert sum_up(state, "it failed: Debugger's answer held no file").summary.count("held no file") == 1


@pytest.mark.parametrize(
    ("rung", "meanwhile", "afterwards"),
    [
        (Rung.BUBBLEWRAP, "running the tests, confined by bubblewrap", "Tests ran confined by bubblewrap."),
        (Rung.LANDLOCK, "running the tests, confined by landlock", "Tests ran confined by landlock."),
        (Rung.ASKING, "running the tests, not confined, so you are asked first", "with your own rights"),
        (Rung.REFUSING, "running the tests, if they may: nothing here can confine them", ""),
        (Rung.UNGUARDED, "running the tests, not confined, since the setting", "with your own rights"),
    ],
)
def test_how_tests_are_confined_is_said_once_on_the_way_and_at_the_end(
    rung: Rung, meanwhile: str, afterwards: str
) -> None:
    first = fold([e.TestsStarted(round=0, sandbox=rung.value)], ended("change", RED))
    assert first.text.startswith(meanwhile)
    assert afterwards in sum_up(first).summary
    again = fold([e.TestsStarted(round=1, sandbox=rung.value)], first)
    assert (again.text, status_of("run-a", again).sandbox) == ("running the tests again", rung.value)


def test_nothing_is_said_of_a_rung_that_is_not_known_or_held_no_test() -> None:
    old = fold([e.TestsStarted(round=0)], ended("change", RED))
    assert (old.text, "confined" in sum_up(old).summary) == ("running the tests", False)
    none_ran = fold([e.TestsStarted(round=0, sandbox="bubblewrap")], ended("change", NO_TESTS))
    assert "confined" not in sum_up(none_ran).summary

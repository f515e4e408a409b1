"""When mending stops, and what is blamed on a run."""

import pytest

from codecompanion.contracts.errors import BadAnswer, CannotBuild, OrchestraError, ProviderError, ProviderFault
from codecompanion.contracts.test_reports import TestReport
from codecompanion.orchestra.repair import (
    INSISTS,
    is_hopeless,
    new_failures,
    only_old_failures,
    reason_to_stop,
)


def report(*failures: str, passed: int = 1, output: str = "") -> TestReport:
    return TestReport(
        command=("t",),
        ran=True,
        passed=passed,
        failed=len(failures),
        failures=failures,
        exit_code=1 if failures else 0,
        output=output,
    )


def test_one_red_run_is_worth_a_repair() -> None:
    assert reason_to_stop([report("t_a: 1 != 2")], 3) is None


def test_the_rounds_are_bounded() -> None:
    reports = [report("t_a: 1"), report("t_a: 2"), report("t_b: 3", passed=3), report("t_c: 4", passed=5)]
    assert reason_to_stop(reports, 3) == "3 repair rounds were tried"


def test_no_repairs_at_all_can_be_chosen() -> None:
    assert reason_to_stop([report("t_a: 1")], 0) == "repairs are switched off"


def test_the_same_failure_again_stops_even_at_another_address_line_and_time() -> None:
    first = report("t_a: <X at 0x7f1> line 10 in 0.2s")
    again = report("t_a: <X at 0x9b2> line 12 in 0.3s")
    assert reason_to_stop([first, again], 3) == "the same failure came back after a repair"


def test_the_same_failure_with_other_random_ids_is_the_same() -> None:
    first = report("t_a: UUID('da9e55fa-8057-4e9b-9abd-cd3ca39cbbe8') != None")
    again = report("t_a: UUID('17dd39c5-3cb3-bd59-d972-ea015faa795b') != None")
    assert reason_to_stop([first, again], 3) == "the same failure came back after a repair"


def test_a_different_failure_is_progress() -> None:
    assert reason_to_stop([report("t_a: KeyError 'x'"), report("t_a: KeyError 'y'")], 3) is None


def test_two_rounds_that_make_it_no_better_stop() -> None:
    reports = [report("t_a: 1", "t_b: 1"), report("t_a: x", "t_c: y", "t_d: z"), report("t_e: q", "t_f: r")]
    assert reason_to_stop(reports, 5) == "two repair rounds brought no improvement"


def test_only_failures_that_were_not_there_before_are_new() -> None:
    before = report("t_old: 1 != 2")
    assert new_failures(before, report("t_old: 3 != 4", "t_new: boom")) == ("t_new: boom",)
    assert only_old_failures(before, report("t_old: 3 != 4"))
    assert not only_old_failures(None, report("t_old: 3 != 4"))


def test_a_run_that_cannot_start_is_never_an_old_failure() -> None:
    broken = TestReport(command=("t",), ran=True, exit_code=2, output="SyntaxError")
    assert not only_old_failures(report("t_old: 1"), broken)


RED = report("t_a: 1")
OTHER = report("t_a: 2")


@pytest.mark.parametrize(
    ("reports", "troubles", "said"),
    [
        ([RED, RED], ["no answer"], None),
        ([RED, RED, RED], ["no answer", "another"], None),
        ([RED, RED, RED], ["no answer", "no answer"], "two repair rounds failed in the same way: no answer"),
        ([RED, RED, OTHER], ["no answer", ""], None),
        ([RED, RED, RED], ["no answer", ""], "the same failure came back after a repair"),
        ([RED, OTHER, OTHER], ["", "no answer"], None),
        (
            [RED, RED, OTHER, report("t_b: 3")],
            ["no answer", "", ""],
            "two repair rounds brought no improvement",
        ),
        ([RED, RED], [f"{INSISTS}: t_a"], f"{INSISTS}: t_a"),
        ([RED] * 6, ["1", "2", "3", "4", "5"], "5 repair rounds were tried"),
    ],
)
def test_a_round_whose_repair_failed_counts_but_its_tests_say_nothing(
    reports: list[TestReport], troubles: list[str], said: str | None
) -> None:
    assert reason_to_stop(reports, 5, troubles) == said


def test_only_a_missing_or_refused_key_and_the_templates_are_hopeless() -> None:
    faults = {ProviderFault.MISSING_KEY, ProviderFault.REFUSED_KEY}
    for fault in ProviderFault:
        assert is_hopeless(ProviderError("no", provider="p", fault=fault)) is (fault in faults)
    assert is_hopeless(CannotBuild("no"))
    assert not is_hopeless(BadAnswer("no"))
    assert not is_hopeless(OrchestraError("no"))


def test_what_could_not_start_is_not_mendable_but_red_tests_beside_it_are() -> None:
    missing = TestReport(command=("t",), ran=True, passed=2, not_started=("node is missing",))
    assert (missing.green, missing.mendable) == (False, False)
    assert missing.model_copy(update={"failed": 1, "failures": ("t_a",), "exit_code": 1}).mendable
    assert not TestReport(command=(), ran=False, not_started=("node is missing",)).mendable
    assert (report().green, report().mendable) == (True, False)
    assert report("t_a: 1").mendable

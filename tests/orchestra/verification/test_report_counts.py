"""Reading what test programs report."""

import json

import pytest

from codecompanion.contracts.test_reports import TestReport
from codecompanion.orchestra.verification.counts import (
    LONGEST_FAILURE,
    Counts,
    counts_in_junit,
    counts_in_tap,
    counts_in_unittest_report,
)
from codecompanion.orchestra.verification.process import Ended
from codecompanion.orchestra.verification.reports import (
    MOST_FAILURES,
    counted_by_exit_code,
    did_not_run,
    merged,
    report_of,
)
from codecompanion.orchestra.verification.summaries import counts_in_summary

JUNIT = b"""<?xml version="1.0"?><testsuites><testsuite>
<testcase classname="tests.test_a.TestX" name="test_ok" file="tests/test_a.py"/>
<testcase classname="tests.test_a.TestX" name="test_bad[1-2]" file="tests/test_a.py">
  <failure message="assert 1 == 2">trace</failure></testcase>
<testcase classname="tests.test_a" name="test_skip" file="tests/test_a.py"><skipped/></testcase>
<testcase classname="" name="tests.test_broken"><error message="collection failure">x
E   ImportError: no module
E   and more</error></testcase>
<testcase classname="tests.test_a" name="test_twice" file="tests/test_a.py">
  <failure message="first"/><error message="teardown"/></testcase>
</testsuite></testsuites>"""


def test_pytest_cases_are_counted_and_named_as_pytest_names_them() -> None:
    assert counts_in_junit(JUNIT) == Counts(
        passed=1,
        failed=3,
        failures=(
            "tests/test_a.py::TestX::test_bad[1-2]: assert 1 == 2",
            "tests.test_broken: ImportError: no module\nand more",
            "tests/test_a.py::test_twice: first",
        ),
    )


@pytest.mark.parametrize("data", [b"", b"<cut", b'<!DOCTYPE x [<!ENTITY a "aa">]><testsuites/>', b"\xff\xfe"])
def test_what_is_no_xml_report_counts_as_none(data: bytes) -> None:
    assert counts_in_junit(data) is None


def test_our_unittest_report_is_read_or_missing() -> None:
    data = json.dumps({"passed": 2, "failures": [["a.T.x", "E: 1"], ["b", ""]]}).encode()
    assert counts_in_unittest_report(data) == Counts(2, 2, ("a.T.x: E: 1", "b"))
    for broken in (b"", b"{", b"[]", b'{"passed": "x", "failures": []}', b'{"passed": 1, "failures": [1]}'):
        assert counts_in_unittest_report(broken) is None


def test_long_messages_are_cut() -> None:
    data = json.dumps({"passed": 0, "failures": [["a", "x" * 10_000]]}).encode()
    counts = counts_in_unittest_report(data)
    assert counts is not None
    assert len(counts.failures[0]) == LONGEST_FAILURE


TAP = """TAP version 13
# Subtest: adds
ok 1 - adds
  ---
  duration_ms: 1
  ...
# Subtest: fails \\# hash
not ok 2 - fails \\# hash
  ---
  failureType: 'testCodeFailure'
  error: '1 == 2'
  ...
# Subtest: suite
    # Subtest: inner ok
    ok 1 - inner ok
    # Subtest: inner bad
    not ok 2 - inner bad
      ---
      error: |-
        boom

        line2
      code: 'X'
      ...
    ok 3 - later # TODO
    not ok 4 - never # SKIP
    1..4
not ok 3 - suite
  ---
  failureType: 'subtestsFailed'
  error: '1 subtest failed'
  ...
# Subtest: hooks
    ok 1 - inside
    1..1
not ok 4 - hooks
  ---
  failureType: 'hookFailed'
  error: 'before failed'
  ...
ok 5 - /ws/empty.test.js
1..5
"""


def test_the_innermost_tap_points_are_counted() -> None:
    failures = ("fails # hash: 1 == 2", "inner bad: boom\n\nline2", "hooks: before failed")
    assert counts_in_tap(TAP) == Counts(4, 3, failures)
    assert counts_in_tap(TAP, lambda name: not name.startswith("/ws")) == Counts(3, 3, failures)
    assert counts_in_tap("") is None
    assert counts_in_tap("Error: cannot start") is None
    assert counts_in_tap("TAP version 13\n1..0\n") == Counts()


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("FAILED t.py::a - x\n==== 1 failed, 2 passed, 1 skipped in 0.1s ====", (2, 1)),
        ("==== 3 passed in 0.1s ====", (3, 0)),
        ("==== 1 passed, 2 errors in 0.1s ====", (1, 2)),
        ("Ran 4 tests in 0.01s\n\nFAILED (failures=1, errors=1)", (2, 2)),
        ("Ran 3 tests in 0.01s\n\nOK (skipped=1)", (2, 0)),
        ("Ran 0 tests in 0.000s\n\nNO TESTS RAN", (0, 0)),
        ("Tests:       1 failed, 1 skipped, 2 passed, 4 total\nSnapshots: 0 total", (2, 1)),
        ("Tests:       5 passed, 5 total", (5, 0)),
        (" Test Files  1 passed (1)\n      Tests  1 failed | 2 passed (3)", (2, 1)),
        ("  3 passing (5ms)\n  1 failing\n", (3, 1)),
        ("  3 passing (5ms)\n", (3, 0)),
        ("test result: ok. 3 passed; 0 failed; 0 ignored\ntest result: FAILED. 1 passed; 2 failed;", (4, 2)),
        ("--- PASS: TestA (0.00s)\n    --- FAIL: TestB/x (0.00s)\nFAIL", (1, 1)),
        ("Tests run: 2, Failures: 0\nTests run: 5, Failures: 1, Errors: 1, Skipped: 1", (2, 2)),
        ("# tests 3\n# pass 2\n# fail 1\n", (2, 1)),
        ("\u2139 tests 2\n\u2139 pass 2\n\u2139 fail 0\n", (2, 0)),
    ],
)
def test_summaries_of_known_programs_are_read(text: str, counted: tuple[int, int]) -> None:
    counts = counts_in_summary(text)
    assert counts is not None
    assert (counts.passed, counts.failed) == counted


@pytest.mark.parametrize("text", ["", "all good", "passed", "compiled 3 files", "10 passed the exam"])
def test_other_words_are_no_summary(text: str) -> None:
    assert counts_in_summary(text) is None


def test_failed_tests_are_named() -> None:
    text = "test a::b ... FAILED\ntest c ... ok\ntest result: FAILED. 1 passed; 1 failed;"
    counts = counts_in_summary(text)
    assert counts is not None
    assert counts.failures == ("a::b",)


def ended(exit_code: int | None, stopped: str = "") -> Ended:
    return Ended(exit_code, b"", 1.23456, stopped)


def test_a_report_is_green_only_if_tests_ran_and_all_is_well() -> None:
    assert report_of(["t"], ended(0), "out", Counts(2, 0)).green
    for code, counts in ((1, Counts(2, 0)), (0, Counts(0, 0)), (0, Counts(1, 1, ("x",))), (None, Counts(1, 0))):
        report = report_of(["t"], ended(code, "" if code is not None else "was stopped"), "out", counts)
        assert not report.green
        assert report.failures


def test_a_stopped_run_says_why() -> None:
    report = report_of(["t"], ended(None, "did not finish within 2 seconds"), "out", Counts())
    assert report.failed == 1
    assert report.failures == ("the tests were stopped: the command did not finish within 2 seconds",)


def test_a_command_without_account_is_one_test() -> None:
    assert counted_by_exit_code(ended(0), reports=False) == Counts(passed=1)
    failed = counted_by_exit_code(ended(2), reports=False)
    assert failed == Counts(0, 1, ("the command ended with exit code 2; see its output",))
    assert counted_by_exit_code(ended(None, "hung"), reports=False) == Counts()


def test_a_program_that_broke_off_before_its_report_has_not_passed() -> None:
    counts = counted_by_exit_code(ended(0), reports=True)
    assert (counts.passed, counts.failed) == (0, 1)
    assert "broke off with exit code 0" in counts.failures[0]


def test_very_many_failures_are_bounded() -> None:
    counts = Counts(0, 200, tuple(map(str, range(200))))
    report = report_of(["t"], ended(1), "", counts)
    assert report.failed == 200
    assert len(report.failures) == MOST_FAILURES + 1
    assert report.failures[-1] == "… and 150 more"


GREEN = TestReport(command=("a",), ran=True, passed=1, exit_code=0, seconds=1, output="a out")
RED = TestReport(command=("b",), ran=True, failed=1, failures=("x",), exit_code=1, seconds=2, output="b out")


def test_several_suites_are_one_report_that_is_green_only_if_all_are() -> None:
    assert merged([GREEN]) is GREEN
    assert merged([GREEN, GREEN]).green
    both = merged([GREEN, RED])
    assert both == TestReport(
        command=("a", "&&", "b"),
        ran=True,
        passed=1,
        failed=1,
        failures=("x",),
        exit_code=1,
        seconds=3,
        output="a out\nb out",
    )
    missing = merged([GREEN, did_not_run("node is missing")])
    assert (missing.ran, missing.green, missing.mendable) == (True, False, False)
    assert (missing.passed, missing.failed, missing.not_started) == (1, 0, ("node is missing",))
    assert "node is missing" in missing.output
    assert merged([RED, did_not_run("node is missing")]).mendable
    assert not merged([GREEN, TestReport(command=("c",), ran=True, exit_code=0)]).green

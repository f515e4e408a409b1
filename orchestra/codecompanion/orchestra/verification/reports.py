"""Test reports: from what a command did, and several into one; pure."""

from collections.abc import Sequence

from codecompanion.contracts.test_reports import TestReport
from codecompanion.orchestra.verification.counts import Counts
from codecompanion.orchestra.verification.output import bounded_tail
from codecompanion.orchestra.verification.process import Ended

MOST_FAILURES = 50


def nothing_to_run(reason: str) -> TestReport:
    """Return the report of a project that has no tests; ``reason`` says what was looked for."""
    return TestReport(command=(), ran=False, output=reason)


def did_not_run(reason: str) -> TestReport:
    """Return the report of tests that could not be run, and why."""
    return TestReport(command=(), ran=False, output=reason, not_started=(reason,))


def could_not_start(command: Sequence[str], ended: Ended, reason: str) -> TestReport:
    """Return the report of a command that ran but came to no test, and why."""
    return TestReport(
        command=tuple(command),
        ran=False,
        exit_code=ended.exit_code,
        seconds=round(ended.seconds, 3),
        output=reason,
        not_started=(reason,),
    )


def report_of(command: Sequence[str], ended: Ended, text: str, counts: Counts) -> TestReport:
    """Return the report of a command that ran; ``text`` is all it printed that was kept."""
    failures = [*counts.failures[:MOST_FAILURES], *_troubles_of_the_run(ended, counts)]
    if len(counts.failures) > MOST_FAILURES:
        failures.append(f"… and {len(counts.failures) - MOST_FAILURES} more")
    return TestReport(
        command=tuple(command),
        ran=True,
        passed=counts.passed,
        failed=counts.failed + bool(ended.stopped),
        failures=tuple(failures),
        exit_code=ended.exit_code,
        seconds=round(ended.seconds, 3),
        output=bounded_tail(text),
    )


def counted_by_exit_code(ended: Ended, *, reports: bool) -> Counts:
    """Take a command that gave no account of its tests for one test; one that ``reports`` did not pass."""
    if ended.stopped:
        return Counts()
    if reports:
        said = f"the test program broke off with exit code {ended.exit_code} before it could report"
        return Counts(failed=1, failures=(f"{said}; see its output",))
    if ended.exit_code == 0:
        return Counts(passed=1)
    return Counts(failed=1, failures=(f"the command ended with exit code {ended.exit_code}; see its output",))


def _troubles_of_the_run(ended: Ended, counts: Counts) -> list[str]:
    if ended.stopped:
        return [f"the tests were stopped: the command {ended.stopped}"]
    if ended.exit_code and not counts.failed:
        if not counts.passed:
            return [f"no test was run: the command ended with exit code {ended.exit_code}"]
        return [f"no test failed, but the command ended with exit code {ended.exit_code}; see its output"]
    if not counts.failed and not counts.passed:
        return ["no test was run: the command found none, or all were skipped"]
    return []


def merged(reports: Sequence[TestReport]) -> TestReport:
    """Return one report of several suites: green only if each of them is.

    The commands are joined by ``&&``; a suite that could not run leaves the exit code unknown, and counts as
    neither passed nor failed.
    """
    if len(reports) == 1:
        return reports[0]
    codes = [report.exit_code if report.ran else None for report in reports]
    ungreen = [code for code, report in zip(codes, reports, strict=True) if not report.green]
    command: list[str] = []
    for report in reports:
        command += ["&&", *report.command] if command and report.command else report.command
    share = max(1, len(reports))
    return TestReport(
        command=tuple(command),
        ran=any(report.ran for report in reports),
        passed=sum(report.passed for report in reports),
        failed=sum(report.failed for report in reports),
        failures=tuple(line for report in reports for line in report.failures),
        exit_code=next((code for code in ungreen if code), None) if ungreen else 0,
        seconds=round(sum(report.seconds for report in reports), 3),
        output="\n".join(bounded_tail(report.output, 16_000 // share) for report in reports),
        typed=" && ".join(report.typed for report in reports if report.typed),
        not_started=tuple(reason for report in reports for reason in report.not_started),
    )

"""Counts read off what a test program prints at its end, for programs that write no report; pure."""

import re
from typing import Final

from codecompanion.orchestra.verification.counts import Counts

# each: how to see that the program spoke, and what it calls passed and failed; numbers are added up
_PROGRAMS: Final = (
    # cargo prints one such line for each test binary
    (r"^test result: ", r"(\d+) passed;", r"(\d+) failed;"),
    (r"^=+ .*\d+ (?:passed|failed|error)", r"(\d+) passed", r"(\d+) (?:failed|errors?)\b"),
    # jest, vitest
    (r"^\s*Tests:?\s+.*\d+ (?:passed|failed)", r"(\d+) passed", r"(\d+) failed"),
    # mocha
    (r"^\s*\d+ passing", r"^\s*(\d+) passing", r"^\s*(\d+) failing"),
    # TAP: node, tape
    (r"^[#\u2139] pass +\d+", r"^[#\u2139] pass +(\d+)", r"^[#\u2139] fail +(\d+)"),
)
_GO_TEST = re.compile(r"^\s*--- (PASS|FAIL): (\S+)", re.MULTILINE)
_RAN = re.compile(r"^Ran (\d+) tests? in ", re.MULTILINE)
_UNITTEST_TROUBLE = re.compile(r"(?:failures|errors|unexpected successes)=(\d+)")
_JUNIT_RUN = re.compile(r"Tests run: (\d+), Failures: (\d+), Errors: (\d+)(?:, Skipped: (\d+))?")
_NAMES: Final = (
    re.compile(r"^FAILED (\S+::\S.*)$", re.MULTILINE),
    re.compile(r"^(?:FAIL|ERROR): (\S.*)$", re.MULTILINE),
    re.compile(r"^test (\S+) \.\.\. FAILED$", re.MULTILINE),
    re.compile(r"^\s*--- FAIL: (\S+)", re.MULTILINE),
    re.compile(r"^\s*● (\S.*)$", re.MULTILINE),
    re.compile(r"^\s*not ok \d+ - (.*)$", re.MULTILINE),
)


def counts_in_summary(text: str) -> Counts | None:
    """Return what the summary in ``text`` says, None when no known program wrote one."""
    counted = _in_unittest(text) or _in_go(text) or _in_junit_run(text) or _in_known(text)
    if counted is None:
        return None
    passed, failed = counted
    return Counts(passed, failed, tuple(_failed_names(text)) if failed else ())


def _in_unittest(text: str) -> tuple[int, int] | None:
    runs = _RAN.findall(text)
    if not runs:
        return None
    results = re.findall(r"^(?:OK|FAILED|NO TESTS RAN)\b.*$", text, re.MULTILINE)
    failed = sum(int(number) for line in results for number in _UNITTEST_TROUBLE.findall(line))
    skipped = sum(int(number) for line in results for number in re.findall(r"skipped=(\d+)", line))
    return max(sum(map(int, runs)) - failed - skipped, 0), failed


def _in_go(text: str) -> tuple[int, int] | None:
    verdicts = [verdict for verdict, _ in _GO_TEST.findall(text)]
    return (verdicts.count("PASS"), verdicts.count("FAIL")) if verdicts else None


def _in_junit_run(text: str) -> tuple[int, int] | None:
    runs = _JUNIT_RUN.findall(text)
    if not runs:
        return None
    # the last line is the total of those before it
    total, failures, errors, skipped = (int(number or 0) for number in runs[-1])
    return max(total - failures - errors - skipped, 0), failures + errors


def _in_known(text: str) -> tuple[int, int] | None:
    for sign, passed, failed in _PROGRAMS:
        lines = [line for line in text.splitlines() if re.search(sign, line)]
        if not lines:
            continue
        # mocha and TAP put the failures on a line of their own
        where = "\n".join(lines if re.search(failed, lines[-1]) or "passed" in passed else text.splitlines())
        return _added(passed, where), _added(failed, where)
    return None


def _added(pattern: str, text: str) -> int:
    return sum(map(int, re.findall(pattern, text, re.MULTILINE)))


def _failed_names(text: str) -> list[str]:
    names = [name.strip() for pattern in _NAMES for name in pattern.findall(text)]
    return list(dict.fromkeys(names))

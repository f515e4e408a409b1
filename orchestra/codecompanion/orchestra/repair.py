"""When to mend again after a red test run, and when to stop: pure rules over the reports so far."""

import hashlib
import re
from collections.abc import Iterable, Sequence

from codecompanion.contracts.errors import CannotBuild, OrchestraError, ProviderError, ProviderFault
from codecompanion.contracts.messages import Priority, Role
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.plan import PlanTask
from codecompanion.contracts.test_reports import TestReport
from codecompanion.contracts.wording import counted
from codecompanion.orchestra.runs.state import TaskState

INSISTS = "Debugger insists that the test is wrong"
"""How the reason of a repair begins that failed because its agent will not believe the test."""
_NO_USABLE_KEY = frozenset({ProviderFault.MISSING_KEY, ProviderFault.REFUSED_KEY})
_CHANGING = re.compile(
    r"0x[0-9a-f]+|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b\d+(?:\.\d+)?\s?(?:s|ms|seconds)\b"
    r"|/tmp/\S+|\bline \d+\b|\bport \d+\b",
    re.IGNORECASE,
)


def repair_task(round_: int) -> PlanTask:
    """Return the Debugger's task for a repair round, counted from 1."""
    return PlanTask(
        id=f"mend-{round_}",
        title=f"Mend what the tests found (round {round_})",
        role=Role.DEBUGGER,
        acceptance=("all tests pass",),
        priority=Priority.HIGH,
    )


def only_fixes_tests(order: RunOrder) -> bool:
    """Whether a run was asked to make the failing tests pass, and for nothing else."""
    return order.kind == "fix" and not order.problems and order.place is None


def is_repair(task: PlanTask, order: RunOrder | None) -> bool:
    """Whether a task mends what a test run found: it was added for that, or the whole run is for that."""
    return task.id.startswith("mend-") or (order is not None and only_fixes_tests(order))


def repairs_of(tasks: Iterable[TaskState], order: RunOrder | None) -> list[TaskState]:
    """Return the repair rounds among a run's tasks, in order."""
    return [t for t in tasks if is_repair(t.task, order)]


def ended(repairs: Iterable[TaskState]) -> list[TaskState]:
    """Return the rounds that are over: a repair that failed was a round too."""
    return [t for t in repairs if t.phase in ("done", "failed")]


def trouble_of(repair: TaskState) -> str:
    """Return why an ended repair failed, empty when it did not."""
    return repair.summary if repair.phase == "failed" else ""


def tried(repair: TaskState) -> str:
    """Return what an ended repair came to, for the next round's agent."""
    return f"this round failed: {repair.summary}" if repair.phase == "failed" else repair.summary


def is_hopeless(error: OrchestraError) -> bool:
    """Whether another repair would fail for the same reason, whatever it is told: nobody can be asked."""
    no_key = isinstance(error, ProviderError) and error.fault in _NO_USABLE_KEY
    return no_key or isinstance(error, CannotBuild)


def signature(report: TestReport) -> str:
    """Return a fingerprint of a report's failures, blind to addresses, ids, times, lines, temporary paths."""
    said = "\n".join(sorted(report.failures)) or _CHANGING.sub("", report.output)
    return hashlib.sha256(_CHANGING.sub("", said).encode("utf-8", "replace")).hexdigest()


def reason_to_stop(reports: Sequence[TestReport], max_rounds: int, troubles: Sequence[str] = ()) -> str | None:
    """Return why no further repair round is worth it, or None when one is.

    ``reports`` are the runs since the work was done: the first before any repair, then one a round.
    ``troubles`` says of each round why its repair failed, empty where it did not; such a round counts, but the
    tests after it say nothing about a repair.
    """
    rounds = len(reports) - 1
    if troubles and troubles[-1].startswith(INSISTS):
        return troubles[-1]
    if len(troubles) > 1 and troubles[-1] and troubles[-1] == troubles[-2]:
        return f"two repair rounds failed in the same way: {troubles[-1]}"
    if rounds >= max_rounds:
        were = "was" if max_rounds == 1 else "were"
        tries = f"{counted(max_rounds, 'repair round')} {were} tried"
        return tries if max_rounds else "repairs are switched off"
    if troubles and troubles[-1]:
        return None
    return _no_progress(_after_repairs(reports, troubles))


def _after_repairs(reports: Sequence[TestReport], troubles: Sequence[str]) -> list[TestReport]:
    """Return the reports without those of rounds whose repair failed."""
    failed = [bool(trouble) for trouble in troubles]
    return [report for index, report in enumerate(reports) if not any(failed[index - 1 : index])]


def _no_progress(reports: Sequence[TestReport]) -> str | None:
    if len(reports) > 1 and signature(reports[-1]) == signature(reports[-2]):
        return "the same failure came back after a repair"
    if len(reports) > 2 and _badness(reports[-1]) >= _badness(reports[-3]):
        return "two repair rounds brought no improvement"
    return None


def new_failures(baseline: TestReport | None, report: TestReport) -> tuple[str, ...]:
    """Return the failures that were not there before the run began."""
    known = {_name(failure) for failure in baseline.failures} if baseline else set()
    return tuple(failure for failure in report.failures if _name(failure) not in known)


def only_old_failures(baseline: TestReport | None, report: TestReport) -> bool:
    """Whether all that is red now was red before the run began."""
    return bool(
        baseline and baseline.ran and report.failures and not new_failures(baseline, report) and report.ran
    )


def _badness(report: TestReport) -> int:
    # a run that breaks before the tests start is worse than any number of failing tests
    broke = not report.ran or (report.passed + report.failed == 0)
    return 1_000_000 if broke else report.failed


def _name(failure: str) -> str:
    return failure.split(": ", 1)[0].strip()

"""How a run ended, in plain words; pure text from the state."""

from collections.abc import Sequence
from dataclasses import dataclass

from codecompanion.contracts.events import Outcome
from codecompanion.contracts.messages import Role
from codecompanion.contracts.test_reports import TestReport
from codecompanion.contracts.wording import counted
from codecompanion.orchestra.repair import ended, is_repair, only_old_failures, repairs_of
from codecompanion.orchestra.runs.confinement import afterwards
from codecompanion.orchestra.runs.state import RunState
from codecompanion.orchestra.weakening.policy import is_about_tests, is_test_file


@dataclass(frozen=True, slots=True)
class Ending:
    """The outcome and its sentences."""

    outcome: Outcome
    summary: str


def sum_up(state: RunState, gave_up: str = "") -> Ending:
    """Return the ending that the state deserves; ``gave_up`` says why mending stopped."""
    if state.order is None:
        raise ValueError("a run that has not started has no ending")
    if state.order.kind == "simulation":
        count = len(state.tasks)
        return Ending("done", f"The rehearsal of {count} simulated tasks is over; no file was touched.")
    outcome = _outcome(state)
    sentences = [_files(state), _held(state), _tests(state), _confined(state), _failures(state)]
    if gave_up:
        sentences.append(f"Stopped: {gave_up.rstrip('.')}.")
    sentences += [_changed_tests(state), _tried(state, gave_up), _left_out(state), _no_model(state)]
    return Ending(outcome, " ".join(sentence for sentence in sentences if sentence))


def sum_up_limit(state: RunState) -> Ending:
    """Return the ending of a run that a guard ended: it is not done, whatever it got to."""
    red = bool(state.reports) and not state.reports[-1].green
    limit = f"Stopped: {state.limit}."
    sentences = [_files(state), _held(state), _tests(state), _confined(state), _failures(state), limit]
    sentences.append(_left_out(state))
    return Ending("red" if red else "failed", " ".join(sentence for sentence in sentences if sentence))


def _outcome(state: RunState) -> Outcome:
    if any(t.phase == "failed" for t in state.tasks.values() if not is_repair(t.task, state.order)):
        return "failed"
    if not state.reports:
        return "done"
    last = state.reports[-1]
    if last.green:
        return "done"
    # tests that are there and could not start show nothing; where there are none and none were asked for, no
    # test can say more
    return "done" if _has_no_tests(last) and not _tests_were_asked_for(state) else "red"


def _has_no_tests(report: TestReport) -> bool:
    return not report.ran and not report.not_started


def _tests_were_asked_for(state: RunState) -> bool:
    """New software and tests cannot be done without a test that ran; nor can a plan with a TestWriter."""
    by_kind = state.order is not None and state.order.kind in ("project", "tests")
    return by_kind or any(t.task.role is Role.TEST_WRITER for t in state.tasks.values())


def _files(state: RunState) -> str:
    waiting = state.pending()
    files = [path for path in state.files() if path not in waiting]
    if not files and not waiting:
        return "No file was changed."
    said = [f"{counted(len(files), 'file')} written: {_some(files)}."] if files else []
    if waiting:
        verb = "waits" if len(waiting) == 1 else "wait"
        said.append(f"{counted(len(waiting), 'file')} {verb} for your review: {_some(waiting)}.")
    return " ".join(said)


def _held(state: RunState) -> str:
    """Say where the user's own changes stayed instead of an agent's."""
    places = [f"{outcome.path} line {part.line}" for outcome in state.settled.values() for part in outcome.held]
    if not places:
        return ""
    changes = f"{counted(len(places), 'change')} {'waits' if len(places) == 1 else 'wait'}"
    return (
        f"You changed the same lines meanwhile, so they stay, and {changes} for your review: {_some(places)}."
    )


def _some(files: Sequence[str]) -> str:
    return ", ".join(files[:6]) + (f" and {len(files) - 6} more" if len(files) > 6 else "")


def _tests(state: RunState) -> str:
    if not state.reports:
        return ""
    last = state.reports[-1]
    if _has_no_tests(last):
        return f"No tests were run: {last.output.strip().rstrip('.') or 'none were found'}."
    if not last.ran:
        return f"The tests could not start: {_missing(last)}."
    if last.green:
        return "The one test passes." if last.passed == 1 else f"All {last.passed} tests pass."
    said = _ran(last)
    if only_old_failures(state.baseline, last):
        said += " They failed before this run too."
    return f"{said} Others could not start: {_missing(last)}." if last.not_started else said


def _confined(state: RunState) -> str:
    return afterwards(state.sandbox) if any(report.ran for report in state.reports) else ""


def _ran(report: TestReport) -> str:
    """Return what a red report says of the tests that ran."""
    if not report.mendable:
        return f"{report.passed} tests ran and pass." if report.passed != 1 else "One test ran and passes."
    if not report.passed and not report.failed:
        return "The tests could not start."
    total = report.passed + report.failed
    fail = "test fails" if total == 1 else "tests fail"
    return f"{report.failed} of {total} {fail}{_named(report.failures)}."


def _missing(report: TestReport) -> str:
    reasons = [reason.strip().removeprefix("the tests could not start: ") for reason in report.not_started]
    return "; ".join(reasons).rstrip(".")


def _named(failures: tuple[str, ...]) -> str:
    names = [failure.split(": ", 1)[0] for failure in failures]
    if not names:
        return ""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f": {', '.join(names[:3])}{more}"


def _failures(state: RunState) -> str:
    failed = [t for t in state.tasks.values() if t.phase == "failed" and not is_repair(t.task, state.order)]
    return " ".join(f"{t.task.role} failed at {t.task.title!r}: {t.summary}" for t in failed[:3])


def _tried(state: RunState, gave_up: str) -> str:
    if state.reports and state.reports[-1].green:
        return ""
    rounds = ended(repairs_of(state.tasks.values(), state.order))
    came_to = [t.summary for t in rounds if t.summary not in gave_up]
    return f"Tried: {' | '.join(came_to)}" if came_to else ""


def _changed_tests(state: RunState) -> str:
    """Tests may be changed on the way by others than their writer; a person should know, and look."""
    if state.order is None or is_about_tests(state.order):
        return ""
    by_role: dict[Role, list[str]] = {}
    for path, role in state.authors.items():
        # whoever mends is told of even where the tests are new
        counts = role is Role.DEBUGGER or (role is not Role.TEST_WRITER and state.bases.get(path) is not None)
        if counts and is_test_file(path):
            by_role.setdefault(role, []).append(path)
    return " ".join(f"{role} changed tests: {', '.join(paths)}." for role, paths in by_role.items())


def _left_out(state: RunState) -> str:
    if state.plan is None or not state.plan.left_out:
        return ""
    return f"Left out: {'; '.join(state.plan.left_out).rstrip('.')}."


def _no_model(state: RunState) -> str:
    if state.spending.models and all(name.startswith("offline/") for name in state.spending.models):
        return "No model was used: this was built from a template."
    return ""

"""How a run ended, in plain words; pure text from the state."""

from dataclasses import dataclass

from codecompanion.contracts.events import Outcome
from codecompanion.orchestra.repair import is_repair, only_old_failures
from codecompanion.orchestra.runs.state import RunState


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
    sentences = [_files(state), _tests(state), _failures(state)]
    if gave_up:
        sentences.append(f"Stopped: {gave_up.rstrip('.')}.")
    sentences += [_tried(state), _left_out(state), _no_model(state)]
    return Ending(outcome, " ".join(sentence for sentence in sentences if sentence))


def _outcome(state: RunState) -> Outcome:
    if any(t.phase == "failed" for t in state.tasks.values() if not is_repair(t.task, state.order)):
        return "failed"
    if not state.reports:
        return "done"
    last = state.reports[-1]
    if last.green:
        return "done"
    # a change to a project that has no tests can be done; new software and tests cannot be without running
    untested_is_fine = state.order is not None and state.order.kind in ("change", "fix", "design")
    return "done" if not last.ran and untested_is_fine else "red"


def _files(state: RunState) -> str:
    files = state.files()
    if not files:
        return "No file was changed."
    shown = ", ".join(files[:6]) + (f" and {len(files) - 6} more" if len(files) > 6 else "")
    return f"{len(files)} {'file' if len(files) == 1 else 'files'} written: {shown}."


def _tests(state: RunState) -> str:
    if not state.reports:
        return ""
    last = state.reports[-1]
    if not last.ran:
        return f"No tests were run: {last.output.strip() or 'none were found'}"
    if last.green:
        return "The one test passes." if last.passed == 1 else f"All {last.passed} tests pass."
    if not last.passed and not last.failed:
        return "The tests could not start."
    said = f"{last.failed} of {last.passed + last.failed} tests fail{_named(last.failures)}."
    if only_old_failures(state.baseline, last):
        said += " They failed before this run too."
    return said


def _named(failures: tuple[str, ...]) -> str:
    names = [failure.split(": ", 1)[0] for failure in failures]
    if not names:
        return ""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f": {', '.join(names[:3])}{more}"


def _failures(state: RunState) -> str:
    failed = [t for t in state.tasks.values() if t.phase == "failed" and not is_repair(t.task, state.order)]
    return " ".join(f"{t.task.role} failed at {t.task.title!r}: {t.summary}" for t in failed[:3])


def _tried(state: RunState) -> str:
    if state.reports and state.reports[-1].green:
        return ""
    tried = [t.summary for t in state.tasks.values() if t.phase == "done" and is_repair(t.task, state.order)]
    return f"Tried: {' | '.join(tried)}" if tried else ""


def _left_out(state: RunState) -> str:
    if state.plan is None or not state.plan.left_out:
        return ""
    return f"Left out: {'; '.join(state.plan.left_out).rstrip('.')}."


def _no_model(state: RunState) -> str:
    if state.spending.models and all(name.startswith("offline/") for name in state.spending.models):
        return "No model was used: this was built from a template."
    return ""

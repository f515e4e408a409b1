"""What a run came to, in plain words."""

from collections.abc import Iterator

from codecompanion.contracts.status import RunStatus

MOST_FILES = 20
_OUTCOMES = {
    "done": "Done.",
    "red": "Not done: the tests do not pass.",
    "failed": "Failed.",
    "stopped": "Stopped.",
}


def summary_lines(status: RunStatus) -> list[str]:
    """Return the closing lines for a person: outcome, files, tests, models, cost and time."""
    return [
        f"{_outcome(status)} {status.summary}".rstrip(),
        *_files(status),
        f"Tests: {_tests(status)}",
        f"Models: {', '.join(status.models) or 'none was used'}",
        f"Cost: {_cost(status)}",
        f"Time: {spoken_time(status.updated_at - status.started_at)}",
    ]


def _outcome(status: RunStatus) -> str:
    if status.phase == "red" and not status.tests_failed:
        return "Not done: the tests do not show that it works."
    return _OUTCOMES.get(status.phase, status.phase)


def _files(status: RunStatus) -> Iterator[str]:
    if not status.files:
        yield "Files: none changed"
    else:
        yield f"Files ({len(status.files)}) in {status.workspace}:"
        yield from (f"  {path}" for path in status.files[:MOST_FILES])
        if len(status.files) > MOST_FILES:
            yield f"  and {len(status.files) - MOST_FILES} more"
    yield from (f"Not written: {failed}" for failed in status.failed_edits)


def _tests(status: RunStatus) -> str:
    if status.tests_passed is None or status.tests_failed is None:
        return "none were run, so nothing shows that it works"
    return f"{status.tests_passed} passed, {status.tests_failed} failed"


def _cost(status: RunStatus) -> str:
    tokens = f"{status.input_tokens:,} tokens in, {status.output_tokens:,} out"
    if status.cost is None:
        return f"not known, a model's price is missing ({tokens})"
    if not status.models and status.cost == 0:
        return "nothing"
    return f"${status.cost:.4f} ({tokens})"


def spoken_time(seconds: float) -> str:
    """Return a duration as people say it, such as ``1 min 12 s``."""
    if seconds < 10:
        return f"{max(seconds, 0.0):.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"

"""Two runs side by side: what they made, what it cost and how it was tested. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import unified_diff

from codecompanion.orchestra.edits.lines import split_lines
from codecompanion.orchestra.replay.replay import Replayed


@dataclass(frozen=True, slots=True)
class Difference:
    """One measure of both runs, in words; ``same`` when they do not differ."""

    measure: str
    one: str
    other: str

    @property
    def same(self) -> bool:
        """Whether both runs have the same."""
        return self.one == self.other


@dataclass(frozen=True, slots=True)
class FileDifference:
    """A file that the two runs left differently, as a unified diff."""

    path: str
    diff: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that two runs differ in."""

    measures: tuple[Difference, ...]
    files: tuple[FileDifference, ...]
    same_files: tuple[str, ...]


def compare(one: Replayed, other: Replayed) -> Comparison:
    """Return how two runs differ; files that only one of them touched count as they were before it."""
    paths = sorted({*one.documents, *other.documents})
    texts = [(path, _text(one, other, path), _text(other, one, path)) for path in paths]
    names = (one.status.run_id, other.status.run_id)
    return Comparison(
        measures=tuple(_measures(one, other)),
        files=tuple(
            FileDifference(path, _diff(path, names, mine or "", theirs or ""))
            for path, mine, theirs in texts
            if mine != theirs
        ),
        same_files=tuple(path for path, mine, theirs in texts if mine == theirs),
    )


def _text(run: Replayed, beside: Replayed, path: str) -> str | None:
    if path in run.documents:
        return run.documents[path].text
    return beside.state.bases.get(path)


def _diff(path: str, names: tuple[str, str], one: str, other: str) -> str:
    lines = unified_diff(split_lines(one), split_lines(other), f"{names[0]}/{path}", f"{names[1]}/{path}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _measures(one: Replayed, other: Replayed) -> Iterator[Difference]:
    for name, told in _TOLD.items():
        yield Difference(name, told(one), told(other))


def _tests(run: Replayed) -> str:
    if run.status.tests_passed is None:
        return "none ran"
    return f"{run.status.tests_passed} passed, {run.status.tests_failed} failed"


def _plan(run: Replayed) -> str:
    tasks = [f"{task.task.role}: {task.task.title}" for task in run.state.tasks.values()]
    return "; ".join(tasks) or "none"


def _cost(run: Replayed) -> str:
    return "not known" if run.status.cost is None else f"${run.status.cost:.4f}"


_TOLD: dict[str, Callable[[Replayed], str]] = {
    "request": lambda run: run.status.request,
    "outcome": lambda run: run.status.phase,
    "plan": _plan,
    "tests": _tests,
    "models": lambda run: ", ".join(run.status.models) or "none",
    "model calls": lambda run: str(run.state.spending.calls),
    "tokens": lambda run: f"{run.status.input_tokens:,} in, {run.status.output_tokens:,} out",
    "cost": _cost,
    "time": lambda run: f"{run.seconds:.1f} s",
}

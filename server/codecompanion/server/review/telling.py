"""What waits, as lines for a person at a terminal. Pure; the caller makes them harmless to show."""

from collections.abc import Iterator

from codecompanion.contracts.wording import counted
from codecompanion.server.review.answers import Decided, KeptPlace, Review, WaitingFile


def listed(review: Review) -> Iterator[str]:
    """Yield a line for each file and each of its changes."""
    if not review.files and not review.kept_back:
        yield f"Nothing waits for your review in {review.workspace}."
    for file in review.files:
        yield f"{file.run_id}  {file.path}  {_kind(file)}"
        for nth, change in enumerate(file.changes, 1):
            counts = f"-{_lines(change.removed)} +{_lines(change.added)}"
            yield f"    {nth}  {change.hunk}  line {change.line}  {counts}"
    for kept in review.kept_back:
        yield f"{kept.run_id}  {kept.path}:{kept.line}  your text stayed, an agent's waits as {kept.hunk}"


def shown(review: Review) -> Iterator[str]:
    """Yield the changes themselves."""
    for file in review.files:
        yield f"# {file.run_id} {file.path}: {_kind(file)}"
        yield from file.diff.splitlines()
    for kept in review.kept_back:
        yield from _kept(kept)


def decided(answer: Decided) -> list[str]:
    """Return what a decision did."""
    return [answer.text, *(f"Stayed: {line}" for line in answer.refused)]


def _kept(kept: KeptPlace) -> Iterator[str]:
    yield f"# {kept.run_id} {kept.path}:{kept.line}: your text stayed; {kept.hunk} would be"
    yield from (f"-{line}" for line in kept.yours.splitlines())
    yield from (f"+{line}" for line in kept.agents.splitlines())


def _kind(file: WaitingFile) -> str:
    if file.kind == "changed":
        return counted(len(file.changes), "change")
    return "a new file" if file.kind == "new" else "to be removed"


def _lines(text: str) -> int:
    return len(text.splitlines())

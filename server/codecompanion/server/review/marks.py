"""Where in a document something waits, and what may be done about it: code lenses and code actions. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from codecompanion.orchestra.edits.lines import split_lines
from codecompanion.orchestra.merging.alignment import differences
from codecompanion.orchestra.review.pending_files import Hunk, PendingFile
from codecompanion.orchestra.review.review_items import RunReview

ACCEPT, REJECT, SHOW = "orchestra.accept", "orchestra.reject", "orchestra.review"
KIND = "quickfix"


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that waits at lines of a document, both counted from 0, the last included.

    ``ways`` are titles with the command each runs, and its argument.
    """

    first: int
    last: int
    ways: tuple[tuple[str, str, dict[str, str]], ...]


def marks_in(path: str, text: str, reviews: Iterable[RunReview]) -> list[Mark]:
    """Return what waits in a file of the person's, as they see it now."""
    found: list[Mark] = []
    for review in reviews:
        for file in review.files:
            if file.path == path:
                found += _marks_of(file, _Lines(file.base or "", text))
        for kept in review.kept_back:
            if kept.path == path:
                at = _line_of(kept.part.user, text, kept.part.line - 1)
                what = {"runId": kept.run_id, "path": path, "hunk": kept.id}
                ways = (("Orchestra: take the agent's lines", ACCEPT, what), ("Keep mine", REJECT, what))
                found.append(Mark(at, at + max(_count(kept.part.user) - 1, 0), ways))
    return found


def marks_in_preview(file: PendingFile) -> list[Mark]:
    """Return what waits in a file, for its preview, which shows all of it."""
    return [
        _whole(file, preview=True),
        *(_mark(file, hunk, hunk.new_line - 1, hunk.added) for hunk in file.hunks),
    ]


def lenses_of(marks: Iterable[Mark]) -> list[dict[str, Any]]:
    """Return one lens for each way of each mark, at its first line."""
    return [
        {"range": _at(mark.first), "command": _command(title, name, what)}
        for mark in marks
        for title, name, what in mark.ways
    ]


def actions_of(marks: Iterable[Mark], first: int, last: int) -> Iterator[dict[str, Any]]:
    """Yield the actions for lines of a document, those of single changes first."""
    touched = [mark for mark in marks if mark.first <= last and first <= mark.last]
    for mark in sorted(touched, key=lambda mark: mark.last - mark.first):
        for title, name, what in mark.ways:
            yield {"title": title, "kind": KIND, "command": _command(title, name, what)}


def _marks_of(file: PendingFile, lines: "_Lines") -> Iterator[Mark]:
    yield _whole(file, preview=False)
    for hunk in file.hunks:
        yield _mark(file, hunk, lines.now(hunk.line - 1), hunk.removed)


def _whole(file: PendingFile, *, preview: bool) -> Mark:
    what = {"runId": file.run_id, "path": file.path}
    kind = "the removal of this file" if file.text is None else "this new file"
    if file.hunks:
        kind = "the change" if len(file.hunks) == 1 else f"all {len(file.hunks)} changes"
    ways = [(f"Orchestra: accept {kind}", ACCEPT, what), (f"Reject {kind}", REJECT, what)]
    if not preview:
        ways.append(("Preview", SHOW, what))
    return Mark(0, 0, tuple(ways))


def _mark(file: PendingFile, hunk: Hunk, at: int, shown: str) -> Mark:
    what = {"runId": file.run_id, "path": file.path, "hunk": hunk.id}
    counts = f"-{_count(hunk.removed)} +{_count(hunk.added)}"
    ways = ((f"Accept {counts}", ACCEPT, what), (f"Reject {counts}", REJECT, what))
    return Mark(at, at + max(_count(shown) - 1, 0), ways)


class _Lines:
    """Where the lines of an earlier text are in the present one, both counted from 0."""

    def __init__(self, before: str, now: str) -> None:
        self._blocks = list(differences(split_lines(before), split_lines(now)))

    def now(self, line: int) -> int:
        shift = 0
        for first, last, new_first, new_last in self._blocks:
            if line < first:
                break
            if line < last:
                return new_first
            shift = new_last - last
        return line + shift


def _line_of(lines: str, text: str, guess: int) -> int:
    """Return where some lines are now, ``guess`` where they cannot be found."""
    at = text.find(lines) if lines else -1
    return guess if at < 0 else text.count("\n", 0, at)


def _count(lines: str) -> int:
    return len(split_lines(lines))


def _at(line: int) -> dict[str, Any]:
    return {"start": {"line": line, "character": 0}, "end": {"line": line, "character": 0}}


def _command(title: str, name: str, what: dict[str, str]) -> dict[str, Any]:
    return {"title": title, "command": name, "arguments": [what]}

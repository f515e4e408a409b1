"""What an edit comes to on the newest text of its file: the smallest changes, or a refusal. Pure.

This is the seam for merging: whoever can bring an edit and a person's typing together does it here.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from codecompanion.contracts.edits import FileEdit, WholeFile
from codecompanion.contracts.errors import EditRefused
from codecompanion.orchestra.edits.lines import split_lines
from codecompanion.orchestra.edits.matching import Splice
from codecompanion.orchestra.edits.preview import resulting_text
from codecompanion.orchestra.workspace.texts import with_endings_of

# pairs of equal lines for which an alignment is affordable; above it, one change spans all that differs
_MOST_PAIRS = 100_000


@dataclass(frozen=True, slots=True)
class PlannedEdit:
    """An edit ready for one state of the file: ``before`` with ``splices`` applied is ``after``.

    ``before`` is None for a file that does not exist yet. The splices are in order and do not touch.
    """

    before: str | None
    after: str
    splices: tuple[Splice, ...]

    @property
    def changes_nothing(self) -> bool:
        """Whether the file reads like this already."""
        return self.before is not None and not self.splices

    def shows_in(self, text: str) -> bool:
        """Whether ``text``, changed by someone else meanwhile, holds what this edit wrote."""
        written = [splice.new_text.strip() for splice in self.splices]
        if any(written):
            return all(part in text for part in written if part)
        assert self.before is not None
        removed = [self.before[splice.start : splice.end].strip() for splice in self.splices]
        return not any(part and part in text for part in removed)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an edit is not made; the words are meant for the model and for people."""

    reason: str


def plan_edit(current: str | None, edit: FileEdit, base: str | None) -> PlannedEdit | Refusal:
    """Return what to change in ``current``, the file's newest text (None: there is no such file).

    ``base`` is the text the agents' work on the file started from, None when that is not known. A whole file
    replaces everything, so it is refused where ``current`` is no longer that text: someone typed meanwhile.
    """
    whole = isinstance(edit, WholeFile)
    if whole and current is not None and base is not None and current != base:
        return Refusal(
            f"{edit.path} was changed by the user meanwhile, and a whole file would overwrite that; "
            "read it again and send search/replace blocks for the lines to change"
        )
    try:
        after = resulting_text(current, edit)
    except EditRefused as refusal:
        return Refusal(str(refusal))
    if whole and current is not None:
        after = with_endings_of(current, after)
    return PlannedEdit(current, after, tuple(line_splices(current or "", after)))


def line_splices(before: str, after: str) -> Iterator[Splice]:
    """Yield the changes in whole lines that make ``before`` into ``after``, in order, none touching another."""
    old, new = split_lines(before), split_lines(after)
    head = _shared(old, new)
    tail = _shared(old[head:][::-1], new[head:][::-1])
    at, done = sum(map(len, old[:head])), 0
    old, new = old[head : len(old) - tail], new[head : len(new) - tail]
    for first, last, new_first, new_last in _differences(old, new):
        at += sum(map(len, old[done:first]))
        end = at + sum(map(len, old[first:last]))
        yield Splice(at, end, "".join(new[new_first:new_last]))
        at, done = end, last


def _differences(old: list[str], new: list[str]) -> Iterator[tuple[int, int, int, int]]:
    if not old and not new:
        return
    in_old = Counter(old)
    if sum(in_old[line] for line in new) > _MOST_PAIRS:
        yield 0, len(old), 0, len(new)
        return
    for tag, first, last, new_first, new_last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield first, last, new_first, new_last


def _shared(left: list[str], right: list[str]) -> int:
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count

"""An edit made for one text of a file, brought onto the text the file has now."""

from collections.abc import Sequence
from dataclasses import dataclass

from codecompanion.contracts.edits import HeldPart, ReplaceBlock, WholeFile
from codecompanion.contracts.errors import EditRefused
from codecompanion.orchestra.edits.lines import BOM, numbered, split_lines, without_ending
from codecompanion.orchestra.edits.matching import Splice
from codecompanion.orchestra.edits.preview import resulting_text
from codecompanion.orchestra.merging.alignment import line_changes
from codecompanion.orchestra.merging.three_way import Conflict, merge
from codecompanion.orchestra.workspace.texts import with_endings_of

TextEdit = WholeFile | ReplaceBlock
"""The edits that change what a file reads, and not whether or where it is."""

HELD = "the same lines were changed by someone else meanwhile: their text stays, and this waits for a review"
"""What is said of an edit of which nothing is left beside what others changed."""


@dataclass(frozen=True, slots=True)
class Rebased:
    """``text`` is what the file shall read, ``known`` what the edit's author will take it to read.

    The two differ by what others changed. ``conflicts`` are the parts of the edit that are not in ``text``.
    """

    text: str
    known: str
    conflicts: tuple[Conflict, ...] = ()

    def changes_of(self, current: str) -> list[Splice]:
        """Return the lines of the newest text that the edit changes, or wants changed where it was held."""
        at_conflicts = [Splice(one.start, one.end, one.agent) for one in self.conflicts]
        return line_changes(current, self.text) or at_conflicts

    @property
    def held(self) -> tuple[HeldPart, ...]:
        """The conflicts in the words of the contracts."""
        return held_parts(self.conflicts)


def held_parts(conflicts: Sequence[Conflict]) -> tuple[HeldPart, ...]:
    """Return conflicts in the words of the contracts."""
    return tuple(HeldPart(base=one.base, user=one.user, wanted=one.agent, line=one.line) for one in conflicts)


def rebased(current: str | None, edit: TextEdit, base: str | None) -> Rebased:
    """Return what an edit comes to on ``current``, the file's newest text (None: there is no such file).

    ``base`` is the file's text as the edit's author knew it, None where that is not known. A block is made in
    the newest text where its lines stand there; everything else is made in the base and merged. Raises
    ``EditRefused`` as ``resulting_text`` does, and for a file that was removed meanwhile.
    """
    if current is None and base is not None:
        raise EditRefused(f"{edit.path} was removed meanwhile, so nothing was written; leave it out")
    if current is None or base is None or current == base:
        return _alone(current, edit)
    base = _in_manner_of(current, base)
    if isinstance(edit, WholeFile):
        return _merged(current, base, _after(base, edit))
    return _block(current, edit, base)


def changed_by_agents(conflicts: Sequence[Conflict]) -> str:
    """Return what to tell the author of an edit whose lines another agent changed first."""
    present = "\n".join(
        numbered([without_ending(line) for line in split_lines(one.user)], one.line)
        or f"(none, at line {one.line})"
        for one in conflicts
    )
    return (
        f"another agent changed the same lines meanwhile. They read now:\n{present}\n"
        "Send search/replace blocks for these lines as they are now, or leave them."
    )


def put_back(current: str, before: str, after: str) -> Rebased:
    """Return what is left of ``current`` when the change of ``before`` to ``after`` is taken back.

    ``conflicts`` are the places of that change that someone else changed since: they stay as they are.
    """
    after, before = _in_manner_of(current, after), _in_manner_of(current, before)
    merged = merge(after, current, before)
    return Rebased(merged.text, before, merged.conflicts)


def _block(current: str, edit: ReplaceBlock, base: str) -> Rebased:
    try:
        text = _after(current, edit)
    except EditRefused as refusal:
        try:
            return _merged(current, base, _after(base, edit))
        except EditRefused:
            raise refusal from None
    try:
        return Rebased(text, _after(base, edit))
    except EditRefused:
        # made by someone who saw more than the base
        return Rebased(text, text)


def _alone(current: str | None, edit: TextEdit) -> Rebased:
    text = _after(current, edit)
    return Rebased(text, text)


def _after(current: str | None, edit: TextEdit) -> str:
    if isinstance(edit, WholeFile) and edit.exact:
        return _exactly(current, edit)
    text = resulting_text(current, edit)
    if current is None or isinstance(edit, ReplaceBlock):
        return text
    mark = BOM if current.startswith(BOM) else ""
    return with_endings_of(current, mark + text.removeprefix(BOM))


def _exactly(current: str | None, edit: WholeFile) -> str:
    """Return the text of an edit that no model wrote: nothing in it is looked at."""
    if edit.new and current and current != edit.text:
        raise EditRefused(f"{edit.path} is there already, so it was not made; look at it first")
    mark = BOM if (current or "").startswith(BOM) else ""
    return mark + edit.text.removeprefix(BOM)


def _merged(current: str, base: str, wanted: str) -> Rebased:
    merged = merge(base, current, wanted)
    return Rebased(merged.text, wanted, merged.conflicts)


def _in_manner_of(current: str, base: str) -> str:
    """Return the base with the mark and line endings of the newest text: editors show them in their own way."""
    mark = BOM if current.startswith(BOM) else ""
    base = mark + base.removeprefix(BOM)
    if "\r" not in base and "\r" not in current:
        return base
    if "\r\n" in base and "\r\n" not in current:
        return base.replace("\r\n", "\n")
    if "\r\n" in current and "\r\n" not in base and current.count("\r\n") == current.count("\n"):
        return base.replace("\n", "\r\n")
    return base

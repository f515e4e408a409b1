"""What a file reads like once some edits of it are taken back, and what has to stay.

An undo needs no copies of files: what an edit changed is told from the log's own record of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from codecompanion.contracts.ids import EditId
from codecompanion.orchestra.merging.rebase import put_back
from codecompanion.orchestra.provenance.file_history import AgentEdit


@dataclass(frozen=True, slots=True)
class Stays:
    """Something that is not undone, because that would touch what someone else wrote; ``line`` from 1, or 0."""

    edit_id: EditId
    path: str
    line: int
    reason: str

    @property
    def sentence(self) -> str:
        """The same for people."""
        return f"{self.path}:{self.line}: {self.reason}" if self.line else f"{self.path}: {self.reason}"


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A file without some edits: ``text`` is None where there is no file then.

    ``undone`` are the edits of which nothing is left; of the others ``stays`` says what is, and why.
    """

    path: str
    text: str | None
    undone: tuple[EditId, ...]
    stays: tuple[Stays, ...]


def taken_back(path: str, current: str | None, edits: Sequence[AgentEdit]) -> TakenBack:
    """Return what is left of ``current`` (None: there is no such file) without ``edits``, given in their order.

    Invariants: what anybody else wrote since is in the new text; a file that reads as before the first edit is
    left alone. The last edit goes first, so that each finds what it had left.
    """
    if edits and edits[0].certain and current == edits[0].before:
        return TakenBack(path, current, tuple(edit.edit_id for edit in edits), ())
    text = current
    undone: list[EditId] = []
    stays: list[Stays] = []
    for edit in reversed(edits):
        text, left = _without(text, edit)
        stays += left
        if not left:
            undone.append(edit.edit_id)
    return TakenBack(path, text, tuple(reversed(undone)), tuple(reversed(stays)))


def inverse(edit: AgentEdit) -> AgentEdit:
    """Return the edit that undoes an edit: taking that back puts the edit in again."""
    return replace(edit, before=edit.after, after=edit.before)


def _without(text: str | None, edit: AgentEdit) -> tuple[str | None, list[Stays]]:
    if not edit.certain:
        return text, [_stays(edit, "the log does not hold the text this edit was made for")]
    if edit.before is None:
        return _without_file(text, edit)
    if edit.after is None:
        return _with_file(text, edit)
    if text == edit.after:
        return edit.before, []  # exact, line endings too
    if text is None:
        return None, [_stays(edit, "the file was removed since")]
    back = put_back(text, edit.before, edit.after)
    return back.text, [
        _stays(edit, "these lines were changed by someone else since, and stay as they are", conflict.line)
        for conflict in back.conflicts
    ]


def _without_file(text: str | None, edit: AgentEdit) -> tuple[str | None, list[Stays]]:
    """Take back that a file was made."""
    if text is None or _same(text, edit.after):
        return None, []
    return text, [_stays(edit, "someone else has written into this new file since, so it stays")]


def _with_file(text: str | None, edit: AgentEdit) -> tuple[str | None, list[Stays]]:
    """Take back that a file was removed."""
    if text is None or _same(text, edit.before):
        return text if text is not None else edit.before, []
    return text, [_stays(edit, "there is another file by this name now, so the removed one is not put back")]


def _same(one: str, other: str | None) -> bool:
    return other is not None and _plain(one) == _plain(other)


def _plain(text: str) -> str:
    # editors have their own minds about marks, line endings and the last line's end
    return text.removeprefix("\ufeff").replace("\r\n", "\n").rstrip("\n")


def _stays(edit: AgentEdit, reason: str, line: int = 0) -> Stays:
    return Stays(edit.edit_id, edit.path, line, reason)

"""What one piece of an answer comes to on its file as it is now, and whether it is fit to be sent."""

import asyncio
from dataclasses import dataclass

from codecompanion.contracts.edits import DeleteFile, FileEdit, RenameFile, WholeFile
from codecompanion.contracts.errors import EditRefused, WorkspaceError
from codecompanion.orchestra.edits.preview import require_deletable
from codecompanion.orchestra.edits.validity import check_syntax
from codecompanion.orchestra.merging.known_texts import KnownTexts
from codecompanion.orchestra.merging.rebase import Rebased, rebased
from codecompanion.orchestra.workspace.paths import relative_path
from codecompanion.orchestra.workspace.protected import why_protected

BIG = 100_000
"""Characters from which a syntax check is worth a thread: below, it takes less than a loop's turn."""


@dataclass(frozen=True, slots=True)
class Piece:
    """An edit, what its file reads now (None: there is no such file), and what it is to read.

    ``base`` is the text its author made it for. ``unread`` says that it is a new text for a file that is there
    and that its author never saw.
    """

    edit: FileEdit
    current: str | None
    wanted: Rebased
    base: str | None = None
    unread: bool = False

    @property
    def done_already(self) -> bool:
        """Whether the file is as the piece wants it."""
        if isinstance(self.edit, DeleteFile | RenameFile):
            return False
        return self.wanted.text == self.current and not self.wanted.conflicts

    @property
    def path(self) -> str:
        """Where the new text will be."""
        return self.edit.to if isinstance(self.edit, RenameFile) else self.edit.path

    async def fault(self) -> str | None:
        """Return what makes the new text invalid for its type, unless it was so before.

        What the user is typing at the moment is not looked at; it may be in the base all the same.
        """
        if isinstance(self.edit, DeleteFile | RenameFile):
            return None
        if len(self.wanted.known) < BIG:
            return _own_fault(self.edit.path, self.base, self.wanted.known)
        return await asyncio.to_thread(_own_fault, self.edit.path, self.base, self.wanted.known)

    def note_in(self, known: KnownTexts) -> None:
        """Let the author of the piece know the file as the piece made it."""
        if isinstance(self.edit, DeleteFile | RenameFile):
            known.removed(self.edit.path)
        if not isinstance(self.edit, DeleteFile):
            known.wrote(self.path, self.wanted.known)


def piece(current: str | None, edit: FileEdit, known: str | None) -> Piece:
    """Return what an edit comes to; ``known`` is the text its author made it for. Raises ``EditRefused``."""
    if isinstance(edit, DeleteFile):
        require_deletable(current, edit)
        return Piece(edit, current, Rebased("", ""))
    if isinstance(edit, RenameFile):
        if current is None:
            raise EditRefused("there is no such file, so it cannot be renamed")
        return Piece(edit, current, Rebased(current, current))
    unread = isinstance(edit, WholeFile) and current is not None and known is None
    return Piece(edit, current, rebased(current, edit, known), current if known is None else known, unread)


def _own_fault(path: str, before: str | None, after: str) -> str | None:
    fault = check_syntax(path, after)
    if fault is None or not before:
        return fault
    old = check_syntax(path, before)
    # the same fault may stand at another line by now
    return None if old is not None and _kind(old) == _kind(fault) else fault


def _kind(fault: str) -> str:
    return fault.partition(": ")[2] if fault.startswith("line ") else fault


def with_clean_paths(edit: FileEdit) -> FileEdit:
    """Return the edit with its paths cleaned; raises ``WorkspaceError`` for one that must not be written."""
    paths = {"path": _clean(edit.path)}
    if isinstance(edit, RenameFile):
        paths["to"] = _clean(edit.to)
    return edit.model_copy(update=paths)


def _clean(path: str) -> str:
    clean = relative_path(path)
    if trouble := why_protected(clean):
        raise WorkspaceError(trouble)
    return clean

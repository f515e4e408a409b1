"""What the pieces of an answer come to on their files as they are now, and whether they are fit to be sent."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from codecompanion.contracts.edits import DeleteFile, FileEdit, RenameFile, WholeFile
from codecompanion.contracts.errors import EditRefused
from codecompanion.orchestra.edits.preview import require_deletable
from codecompanion.orchestra.edits.validity import new_fault
from codecompanion.orchestra.merging.known_texts import KnownTexts
from codecompanion.orchestra.merging.rebase import Rebased, rebased

BIG = 100_000
"""Characters from which a syntax check is worth a thread: below, it takes less than a loop's turn."""


@dataclass(frozen=True, slots=True)
class Piece:
    """An edit, what its file reads now (None: there is no such file), and what it is to read.

    ``base`` is the text its author made it for.
    """

    edit: FileEdit
    current: str | None
    wanted: Rebased
    base: str | None = None

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

    def note_in(self, known: KnownTexts) -> None:
        """Let the author of the piece know the file as the piece made it."""
        if isinstance(self.edit, DeleteFile | RenameFile):
            known.removed(self.edit.path)
        if not isinstance(self.edit, DeleteFile):
            known.wrote(self.path, self.wanted.known)

    def note_texts(self, texts: dict[str, str | None]) -> None:
        """Take in what its files read once the piece has landed."""
        if isinstance(self.edit, DeleteFile | RenameFile):
            texts[self.edit.path] = None
        if not isinstance(self.edit, DeleteFile):
            texts[self.path] = self.wanted.text


class NeverRead(EditRefused):
    """A new text for a file that is there and that its author never saw; ``text`` is what it reads."""

    def __init__(self, text: str) -> None:
        super().__init__("it is there already and you have not read it, so nothing was overwritten")
        self.text = text


def piece(current: str | None, edit: FileEdit, known: str | None) -> Piece:
    """Return what an edit comes to; ``known`` is the text its author made it for, None where it saw none.

    Raises ``EditRefused``, and of it ``NeverRead`` where a text that nobody looked at would be lost.
    """
    if isinstance(edit, DeleteFile):
        require_deletable(current, edit)
        return Piece(edit, current, Rebased("", ""))
    if isinstance(edit, RenameFile):
        if current is None:
            raise EditRefused("there is no such file, so it cannot be renamed")
        return Piece(edit, current, Rebased(current, current))
    made = Piece(edit, current, rebased(current, edit, known), current if known is None else known)
    if isinstance(edit, WholeFile) and known is None and current and current.strip() and not made.done_already:
        raise NeverRead(current)
    return made


def pieces_in_turn(
    edits: Iterable[FileEdit], now: Callable[[str], str | None], known: KnownTexts
) -> Iterator[Piece]:
    """Yield what each edit comes to once the ones before it have landed; raises ``EditRefused`` as ``piece``.

    ``now`` returns what a file reads at present; nothing is written, and ``known`` stays as it is.
    """
    texts: dict[str, str | None] = {}
    knows = known.copy()
    for edit in edits:
        current = texts[edit.path] if edit.path in texts else now(edit.path)
        made = piece(current, edit, knows.of(edit.path))
        yield made
        made.note_in(knows)
        made.note_texts(texts)


async def fault_of(pieces: Sequence[Piece], before: Mapping[str, str | None]) -> str:
    """Return what is broken, once all the pieces have landed, in a file that was sound; '' for nothing.

    ``before`` has what the files read, as their author knew them, before the answer. What the user is typing
    at the moment is not looked at; it may be in the base all the same.
    """
    last = {one.path: one for one in pieces if not isinstance(one.edit, DeleteFile | RenameFile)}
    for path, one in last.items():
        text = one.wanted.known
        if len(text) < BIG:
            fault = new_fault(path, before.get(path), text)
        else:
            fault = await asyncio.to_thread(new_fault, path, before.get(path), text)
        if fault:
            return fault
    return ""

"""What is known of an answer while it streams: which of its pieces wait, and which may go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from codecompanion.contracts.edits import FileEdit, RenameFile
from codecompanion.orchestra.agents.landing import Part
from codecompanion.orchestra.agents.piece import Piece, fault_of
from codecompanion.orchestra.edits.lookalikes import is_shifted


@dataclass(slots=True)
class UnfinishedAnswer:
    """The pieces of one answer that wait, by file, and what its files read before it.

    ``shifted`` says that a block of it was found to be indented unlike its file.
    """

    waiting: dict[str, list[Part]] = field(default_factory=dict)
    before: dict[str, str | None] = field(default_factory=dict)
    shifted: bool = False

    def waiting_with(self, edit: FileEdit) -> list[Part]:
        """Return the pieces that wait of an edit's file, and of the one that it is renamed to."""
        parts = self.waiting.setdefault(edit.path, [])
        if isinstance(edit, RenameFile) and self.waiting.get(edit.to) is not parts:
            parts += self.waiting.get(edit.to, [])
            self.waiting[edit.to] = parts
        return parts

    def note(self, pieces: Sequence[Piece]) -> None:
        """Keep what the files read before the first piece, and what the pieces show of the answer."""
        for one in pieces:
            was = self.before.setdefault(one.edit.path, one.base)
            if isinstance(one.edit, RenameFile):
                self.before.setdefault(one.path, was)
            self.shifted = self.shifted or is_shifted(one.base, one.edit)


async def sound_pieces(
    pieces: Sequence[Piece], before: Mapping[str, str | None], *, over: bool
) -> tuple[Sequence[Piece], str]:
    """Return the first pieces after which no file is broken that was not so ``before``, and else the fault.

    While more may come, that is all of them or none.
    """
    faults = []
    for count in range(1 if over else len(pieces), len(pieces) + 1):
        fault = await fault_of(pieces[:count], before)
        if not fault:
            return pieces[:count], ""
        faults.append(fault)
    return (), faults[0] if faults else ""

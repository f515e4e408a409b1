"""What an edit comes to on the newest text of its file: the smallest changes, or a refusal. Pure."""

from dataclasses import dataclass

from codecompanion.contracts.edits import HeldPart
from codecompanion.contracts.errors import EditRefused
from codecompanion.orchestra.edits.matching import Splice
from codecompanion.orchestra.merging.alignment import line_changes
from codecompanion.orchestra.merging.rebase import TextEdit, put_back, rebased
from codecompanion.orchestra.merging.words import distance


@dataclass(frozen=True, slots=True)
class PlannedEdit:
    """An edit ready for one state of the file: ``before`` with ``splices`` applied is ``after``.

    ``before`` is None for a file that does not exist yet. The splices are in order and do not touch. ``known``
    is what the edit's author will take the file to read; ``held`` is what is left out for the user's sake.
    ``mends`` says that it brings back text of the user's that an editor lost.
    """

    before: str | None
    after: str
    splices: tuple[Splice, ...]
    known: str
    held: tuple[HeldPart, ...] = ()
    mends: bool = False

    @property
    def changes_nothing(self) -> bool:
        """Whether the file reads like this already."""
        return self.before is not None and not self.splices

    def shows_in(self, text: str) -> bool:
        """Whether ``text``, changed by others meanwhile, is nearer to this edit than to what was before."""
        return distance(self.after, text) < distance(self.before or "", text)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an edit is not made; the words are meant for the model and for people."""

    reason: str


def plan_edit(current: str | None, edit: TextEdit, base: str | None) -> PlannedEdit | Refusal:
    """Return what to change in ``current``, the file's newest text (None: there is no such file).

    ``base`` is the text the edit was made for, None when that is not known; see ``rebased``.
    """
    try:
        wanted = rebased(current, edit, base)
    except EditRefused as refusal:
        return Refusal(str(refusal))
    changes = tuple(line_changes(current or "", wanted.text))
    return PlannedEdit(current, wanted.text, changes, wanted.known, wanted.held)


def plan_return(current: str, before: str, after: str) -> PlannedEdit:
    """Return how to take back the change of ``before`` to ``after``; what others changed since stays."""
    wanted = put_back(current, before, after)
    changes = tuple(line_changes(current, wanted.text))
    return PlannedEdit(current, wanted.text, changes, wanted.known, wanted.held)

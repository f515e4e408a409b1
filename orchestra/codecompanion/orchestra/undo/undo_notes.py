"""Which edits are undone at the moment: a fold of what the person decided. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from codecompanion.contracts.change_events import EditsUndone
from codecompanion.contracts.events import Recorded
from codecompanion.contracts.ids import EditId


@dataclass(frozen=True, slots=True)
class UndoNotes:
    """``undone`` are edits that are out of the files now; ``undos`` has every undo by its id."""

    undone: frozenset[EditId] = frozenset()
    undos: Mapping[str, EditsUndone] = field(default_factory=dict)


def undo_notes(history: Iterable[Recorded]) -> UndoNotes:
    """Return what the stream of decisions comes to."""
    undone: set[EditId] = set()
    undos: dict[str, EditsUndone] = {}
    for one in history:
        if isinstance(one.body, EditsUndone):
            undos[one.body.undo_id] = one.body
            (undone.difference_update if one.body.again else undone.update)(one.body.edits)
    return UndoNotes(frozenset(undone), undos)

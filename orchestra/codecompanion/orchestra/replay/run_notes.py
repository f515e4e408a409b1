"""What the log says of whole runs: their names, the archive, and what became of those that are gone. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from codecompanion.contracts import session_events as s
from codecompanion.contracts.events import Recorded
from codecompanion.contracts.ids import RunId


@dataclass(frozen=True, slots=True)
class RunNotes:
    """The fold of the sessions' stream; what is said last counts.

    ``typing_cuts`` are told apart by how many events of the typing were gone after each.
    """

    titles: Mapping[RunId, str] = field(default_factory=dict)
    archived: frozenset[RunId] = frozenset()
    set_aside: Mapping[RunId, str] = field(default_factory=dict)
    removed: Mapping[RunId, s.RunRemoved] = field(default_factory=dict)
    imported: Mapping[RunId, s.RunImported] = field(default_factory=dict)
    typing_cuts: Mapping[int, s.TypingCut] = field(default_factory=dict)
    version: int = 0


def run_notes(history: Iterable[Recorded]) -> RunNotes:
    """Return what the events of the sessions' stream come to."""
    titles: dict[RunId, str] = {}
    archived: set[RunId] = set()
    aside: dict[RunId, str] = {}
    removed: dict[RunId, s.RunRemoved] = {}
    imported: dict[RunId, s.RunImported] = {}
    cuts: dict[int, s.TypingCut] = {}
    version = 0
    for one in history:
        version = one.version
        match one.body:
            case s.RunRenamed() as event:
                titles[event.run_id] = event.title
            case s.RunArchived() as event:
                (archived.add if event.archived else archived.discard)(event.run_id)
            case s.RunSetAside() as event:
                aside[event.run_id] = event.reason
            case s.RunRemoved() as event:
                removed[event.run_id] = event
            case s.RunImported() as event:
                imported[event.run_id] = event
            case s.TypingCut() as event:
                cuts[event.version] = event
    return RunNotes(titles, frozenset(archived), aside, removed, imported, cuts, version)

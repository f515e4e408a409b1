"""One line about a run, for lists."""

from codecompanion.contracts.base import Contract
from codecompanion.contracts.events import Recorded, RunForked, RunStarted
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.status import RunStatus
from codecompanion.memory.records.ended_runs import EndedRun
from codecompanion.orchestra.replay.replay import followed
from codecompanion.orchestra.replay.run_notes import RunNotes
from codecompanion.orchestra.runs.status import status_of

DAMAGED = "damaged"
OPEN = "open"
"""Not ended: it runs just now, or was interrupted."""


class RunEntry(Contract):
    """A run in a list. ``state`` is its outcome, "open" or "damaged"; ``damage`` says why it is that.

    ``origin`` is the run it was forked from, or the one it was where it came from; ``cost`` is in US dollars.
    """

    run_id: RunId
    title: str
    request: str = ""
    kind: str = ""
    state: str
    archived: bool = False
    origin: RunId = ""
    started_at: float = 0.0
    updated_at: float = 0.0
    events: int = 0
    files: int = 0
    tests_passed: int | None = None
    tests_failed: int | None = None
    cost: float | None = None
    damage: str = ""


def standing(run_id: RunId, history: list[Recorded]) -> RunStatus:
    """Return how a run stands after its history; raises ``OrchestraError`` for one that cannot be followed."""
    state = followed(run_id, history)
    return status_of(run_id, state, started_at=history[0].at, updated_at=history[-1].at)


def entry_of(run_id: RunId, history: list[Recorded], notes: RunNotes) -> RunEntry:
    """Return a run's line; raises ``OrchestraError`` for a history that cannot be followed."""
    status = standing(run_id, history)
    forked = next((one.body for one in reversed(history) if isinstance(one.body, RunForked)), None)
    imported = notes.imported.get(run_id)
    return RunEntry(
        run_id=run_id,
        title=notes.titles.get(run_id) or _title(status.request),
        request=status.request,
        kind=status.kind,
        state=status.phase if status.ended else OPEN,
        archived=run_id in notes.archived,
        origin=forked.origin if forked else imported.origin if imported else "",
        started_at=status.started_at,
        updated_at=status.updated_at,
        events=len(history),
        files=len(status.files),
        tests_passed=status.tests_passed,
        tests_failed=status.tests_failed,
        cost=status.cost,
    )


def ended_entry(ended: EndedRun, notes: RunNotes) -> RunEntry | None:
    """Return the line of an ended run from its table, as its history gives it; None where only that can."""
    record, first, updated_at = ended
    if not isinstance(first, RunStarted):
        return None
    imported = notes.imported.get(record.run_id)
    return RunEntry(
        run_id=record.run_id,
        title=notes.titles.get(record.run_id) or _title(first.order.request),
        request=first.order.request,
        kind=first.order.kind,
        state=record.state,
        archived=record.run_id in notes.archived,
        origin=record.origin or (imported.origin if imported else ""),
        started_at=record.started_at,
        updated_at=updated_at,
        events=record.events,
        files=record.files,
        tests_passed=record.tests_passed,
        tests_failed=record.tests_failed,
        cost=record.cost,
    )


def _title(request: str) -> str:
    return " ".join(request.split())[:200]


def damaged_entry(run_id: RunId, reason: str, notes: RunNotes) -> RunEntry:
    """Return the line of a run that cannot be followed any more."""
    return RunEntry(
        run_id=run_id,
        title=notes.titles.get(run_id, ""),
        state=DAMAGED,
        archived=run_id in notes.archived,
        damage=notes.set_aside.get(run_id, reason),
    )

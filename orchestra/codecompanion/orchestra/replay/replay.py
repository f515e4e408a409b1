"""A run as it was at a moment. Pure: no model is called, no process started and nothing written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from codecompanion.contracts import events as e
from codecompanion.contracts.document_events import DocumentChanged
from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.messages import ArtifactRef
from codecompanion.contracts.status import RunStatus
from codecompanion.orchestra.replay.conversations import Conversation, conversations
from codecompanion.orchestra.replay.documents import Document, documents_after, merged, reopened
from codecompanion.orchestra.replay.moments import Moment
from codecompanion.orchestra.runs.evolve import fold
from codecompanion.orchestra.runs.state import RunState
from codecompanion.orchestra.runs.status import status_of

_EDITS = e.BaseKept | e.EditProposed | e.EditSettled


@dataclass(frozen=True, slots=True)
class Material:
    """What a replay is made from.

    ``history`` is the run's stream; ``earlier`` what came before it for its documents, where a run was forked
    from another; ``typing`` the recorded typing in the run's folder; ``texts`` the kept texts by their hash.
    """

    run_id: RunId
    history: Sequence[e.Recorded]
    typing: Sequence[e.Recorded] = ()
    earlier: Sequence[e.Recorded] = ()
    texts: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """A run right after one of its events; ``last_version`` is that of the newest event there is.

    ``documents`` are those the run changed and those the person changed since it began. ``seconds`` is how long
    it was at work, without what lay between an interruption and its going on.
    """

    moment: Moment
    last_version: int
    state: RunState
    status: RunStatus
    conversations: tuple[Conversation, ...]
    artifacts: tuple[ArtifactRef, ...]
    documents: Mapping[str, Document]
    seconds: float

    @property
    def problems(self) -> tuple[str, ...]:
        """What of the documents is not sure."""
        return tuple(f"{one.path}: {said}" for one in self.documents.values() for said in one.problems)


def replay(material: Material, moment: Moment) -> Replayed:
    """Return the run as it was at the moment; raises ``OrchestraError`` for a history with no meaning."""
    seen = [one for one in material.history if one.version <= moment.version]
    state = followed(material.run_id, seen)
    status = status_of(material.run_id, state, started_at=seen[0].at, updated_at=seen[-1].at)
    return Replayed(
        moment=moment,
        last_version=material.history[-1].version,
        state=state,
        status=status,
        conversations=conversations(seen),
        artifacts=_artifacts(seen),
        documents=_touched(material, moment),
        seconds=_seconds_at_work(seen),
    )


def followed(run_id: RunId, history: Sequence[e.Recorded]) -> RunState:
    """Return the state after a history; raises ``OrchestraError`` with the reason when it has none."""
    for nth, one in enumerate(history, 1):
        if one.version != nth:
            raise OrchestraError(f"run {run_id!r} has lost its event {nth}")
    try:
        state = fold(one.body for one in history)
    except (KeyError, ValueError, TypeError, AttributeError) as fault:
        raise OrchestraError(
            f"the history of run {run_id!r} cannot be followed: {type(fault).__name__} {fault}"
        ) from fault
    if state.order is None:
        raise OrchestraError(f"run {run_id!r} has no beginning")
    return state


def document_events(material: Material, moment: Moment) -> list[e.Recorded]:
    """Return all that is to be folded for the documents of the moment, in order."""
    seen = [one for one in material.history if one.version <= moment.version]
    forked_at = _forked_at(material.history)
    if not material.earlier:
        return list(merged(seen, _typing(material, moment)[0]))
    if moment.version < forked_at:
        return list(_as_far_as(material.earlier, seen))
    return [*material.earlier, *(one for one in seen if one.version > forked_at)]


def documents_at(material: Material, moment: Moment) -> dict[str, Document]:
    """Return every document the log knows of, as it was at the moment."""
    found = documents_after(document_events(material, moment), material.texts or {})
    broken_off = reopened(_typing(material, moment)[1])
    for path in broken_off & {path for path, document in found.items() if document.shown_in_editor}:
        said = "the recording of what is typed had broken off, so newer typing may be missing"
        found[path] = replace(found[path], problems=(*found[path].problems, said))
    return found


def _typing(material: Material, moment: Moment) -> tuple[list[e.Recorded], list[e.Recorded]]:
    """Return what had been typed at the moment, and what was typed after it."""
    last = max((one.position for one in material.history if one.version <= moment.version), default=0)
    before: list[e.Recorded] = []
    later: list[e.Recorded] = []
    for one in material.typing:
        (before if moment.holds(one.position, one.at, last) else later).append(one)
    return before, later


def _as_far_as(earlier: Sequence[e.Recorded], copied: Sequence[e.Recorded]) -> Iterator[e.Recorded]:
    """Yield what came before a fork, up to where the beginning of its copied history has come."""
    edits = sum(isinstance(one.body, _EDITS) for one in copied)
    for one in earlier:
        edits -= isinstance(one.body, _EDITS)
        if edits < 0:
            return
        yield one


def _touched(material: Material, moment: Moment) -> dict[str, Document]:
    began = material.history[0].position
    typed = {
        one.body.path
        for one in document_events(material, moment)
        if isinstance(one.body, DocumentChanged) and one.position > began
    }
    kept = {one.body.path for one in material.history if isinstance(one.body, e.BaseKept)}
    everything = documents_at(material, moment)
    return {path: everything[path] for path in sorted(everything) if path in typed | kept}


def _seconds_at_work(history: Sequence[e.Recorded]) -> float:
    steps = pairwise(history)
    taken_up = e.RunForked | e.RunReopened | e.RunResumed
    return sum(max(0.0, next_.at - one.at) for one, next_ in steps if not isinstance(next_.body, taken_up))


def _forked_at(history: Sequence[e.Recorded]) -> int:
    return max((one.version for one in history if isinstance(one.body, e.RunForked)), default=0)


def _artifacts(history: Sequence[e.Recorded]) -> tuple[ArtifactRef, ...]:
    found: dict[str, ArtifactRef] = {}
    for one in history:
        if isinstance(one.body, e.ArtifactMade):
            found[one.body.ref.id] = one.body.ref
        elif isinstance(one.body, e.TaskFinished):
            found.update((ref.id, ref) for ref in one.body.artifacts)
    return tuple(found.values())

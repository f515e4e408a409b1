"""The state of a long run straight from its stored texts: what changes nothing is not even read."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from codecompanion.contracts import events as e
from codecompanion.contracts.event_text import BEGINNING, EVENT_KINDS, decode_event
from codecompanion.contracts.ids import EditId
from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import Usage
from codecompanion.contracts.upcasting import UPCASTERS
from codecompanion.orchestra.runs.changes import CHANGES, nothing
from codecompanion.orchestra.runs.evolve import Draft
from codecompanion.orchestra.runs.state import RunState


class _InBrief(BaseModel):
    """The part of a long event that changes a state: the rest of its text is not kept."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel)


class _AnsweredInBrief(_InBrief):
    provider: str
    model: str
    usage: Usage


class _ProposedInBrief(_InBrief):
    edit_id: EditId
    role: Role


_IN_BRIEF: dict[type[Any], type[_InBrief]] = {
    e.ModelAnswered: _AnsweredInBrief,
    e.EditProposed: _ProposedInBrief,
}


def fold_texts(texts: Iterable[str]) -> RunState:
    """Return the state after stored events, the same as that of the decoded ones.

    For texts that the log's chain vouches for: an event that changes nothing is taken by its name alone.
    Raises ``UnreadableEvent`` for one that this release does not know.
    """
    draft = Draft(RunState())
    passed = 0
    for text in texts:
        # as `event_name`, without the call: half of a long run's events take no longer than that
        read = _READERS.get(text[: text.find('"', len(BEGINNING))], _add)
        if read is None:
            passed += 1
        else:
            read(draft, text)
    draft.skip(passed)
    return draft.done()


def _add(draft: Draft, text: str) -> None:
    """Read in the tolerant way, which also has the words for what cannot be read at all."""
    draft.add(decode_event(text))


_Reader = Callable[[Draft, str], None]


def _reader(kind: type[Any]) -> _Reader:
    # what `model_validate_json` calls, without its questions about how
    quick = _IN_BRIEF.get(kind, kind).__pydantic_validator__.validate_json

    def read(draft: Draft, text: str) -> None:
        try:
            event = quick(text)
        except ValidationError:
            _add(draft, text)
        else:
            draft.add(event, kind)

    return read


_READERS: Mapping[str, _Reader | None] = {
    BEGINNING + name: None if CHANGES.get(kind) is nothing else _reader(kind)
    for name, kind in EVENT_KINDS.items()
    if name not in UPCASTERS
}
"""How each event is read, by how its text begins; None for those that need not be."""

"""Stored events back to what they are: the reading half of the log's format, for every layer."""

import json
from typing import Any, Final, cast, get_args

from pydantic import ValidationError

from codecompanion.contracts.base import Contract
from codecompanion.contracts.events import EVENT, Event
from codecompanion.contracts.upcasting import UPCASTERS

EVENT_TYPES: Final[frozenset[type[Any]]] = frozenset(get_args(get_args(Event)[0]))
EVENT_KINDS: Final[dict[str, type[Contract]]] = {
    kind.model_fields["event"].default: kind for kind in EVENT_TYPES
}
"""The types of events by the names they are stored under."""

_BEGINNING: Final = '{"event":"'


class UnreadableEvent(ValueError):
    """A stored text is no event of this release; the text says why not."""


def event_name(text: str) -> str:
    """Return the name of a stored event without reading the rest of it; empty where it does not come first."""
    if not text.startswith(_BEGINNING):
        return ""
    start = len(_BEGINNING)
    return text[start : text.find('"', start)]


def decode_event(text: str) -> Event:
    """Return the event of a stored text, upcast to today's shape; raises ``UnreadableEvent``."""
    name = event_name(text)
    if name in EVENT_KINDS and name not in UPCASTERS:
        try:
            # its own type is quicker than the union of all
            return cast(Event, EVENT_KINDS[name].model_validate_json(text))
        except ValidationError:
            # it may still hold what only the tolerant parser reads: NaN, lone surrogates, great depth
            pass
    fields = _upcast(_parsed(text))
    try:
        return EVENT.validate_python(fields)
    except ValidationError as error:
        raise UnreadableEvent(_first_complaint(error)) from error


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableEvent(f"it is no JSON that can be read ({error})") from error


def _upcast(fields: Any) -> Any:
    name = fields.get("event") if isinstance(fields, dict) else None
    if not isinstance(name, str):
        raise UnreadableEvent(f"it is no event: {fields!r:.80}")
    if name not in EVENT_KINDS:
        raise UnreadableEvent(f"this release knows no event {name[:80]!r}")
    return UPCASTERS[name](fields) if name in UPCASTERS else fields


def _first_complaint(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(map(str, first["loc"]))
    return f"this release reads its part {where!r} differently ({first['msg']})"

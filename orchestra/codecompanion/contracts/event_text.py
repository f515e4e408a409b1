"""Stored events back to what they are: the reading half of the log's format, for every layer."""

import json
from typing import Any, Final, get_args

from pydantic import ValidationError

from codecompanion.contracts.base import Contract
from codecompanion.contracts.events import EVENT, Event
from codecompanion.contracts.upcasting import UPCASTERS

EVENT_TYPES: Final[frozenset[type[Any]]] = frozenset(get_args(get_args(Event)[0]))
EVENT_KINDS: Final[dict[str, type[Contract]]] = {
    kind.model_fields["event"].default: kind for kind in EVENT_TYPES
}
"""The types of events by the names they are stored under."""

_QUICK: Final = {
    # what `model_validate_json` calls, without its questions about how
    name: kind.__pydantic_validator__.validate_json
    for name, kind in EVENT_KINDS.items()
    if name not in UPCASTERS
}
"""Each event's own parser, quicker than the union of all; for those that stand in today's shape."""

BEGINNING: Final = '{"event":"'
"""How stored events begin, up to their name."""


class UnreadableEvent(ValueError):
    """A stored text is no event of this release; the text says why not."""


def event_name(text: str) -> str:
    """Return the name of a stored event without reading the rest of it; empty where it does not come first."""
    if not text.startswith(BEGINNING):
        return ""
    start = len(BEGINNING)
    return text[start : text.find('"', start)]


def decode_event(text: str) -> Event:
    """Return the event of a stored text, upcast to today's shape; raises ``UnreadableEvent``."""
    quick = _QUICK.get(event_name(text))
    if quick is not None:
        try:
            event: Event = quick(text)
        except ValidationError:
            # it may still hold what only the tolerant parser reads: NaN, lone surrogates, great depth
            pass
        else:
            return event
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

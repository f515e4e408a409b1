"""Events as JSON text and back, exactly: what cannot be read back as it was is never stored."""

import json
from collections.abc import Sequence
from functools import lru_cache
from itertools import count
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from codecompanion.contracts.base import Contract
from codecompanion.contracts.event_text import EVENT_TYPES, decode_event
from codecompanion.contracts.events import Context, Event, Recorded
from codecompanion.contracts.ids import RunId
from codecompanion.memory.errors import StorageError, UnreadableRun
from codecompanion.memory.unchecked import unchecked

MAX_CHARACTERS = 100_000_000
"""The longest event taken, well under what SQLite holds in one field."""


def _is_free(annotation: Any) -> bool:
    """Whether a type can hold what the quick serialiser would alter or the quick parser would refuse.

    Those are NaN and infinity (written as null) and, in free-form values such as tool arguments, which come
    from models, also lone surrogates in keys and deep nesting.
    """
    if annotation is Any or annotation is float:
        return True
    if isinstance(annotation, type) and issubclass(annotation, Contract):
        return any(_is_free(field.annotation) for field in annotation.model_fields.values())
    return any(_is_free(part) for part in get_args(annotation))


_FREE_TYPES = frozenset(kind for kind in EVENT_TYPES if _is_free(kind))


def require_storable(run_id: RunId) -> None:
    """Raise ``StorageError`` for a run id that is not plain printable ASCII."""
    if not _is_storable(run_id):
        raise StorageError(f"run id {run_id!r} cannot be stored: use letters, digits and dashes")


def _is_storable(name: str) -> bool:
    return bool(name) and name.isascii() and name.isprintable()


def encode(event: Event) -> str:
    """Return the event's JSON text, valid UTF-8 without NUL; raises ``StorageError`` if none is exact."""
    if type(event) not in EVENT_TYPES:
        raise StorageError(f"{event!r:.200} is no event: add its type to contracts.events first")
    text = _quick_text(event) or _exact_text(event)
    if len(text) > MAX_CHARACTERS:
        raise StorageError(
            f"event {event.event!r} has {len(text)} characters, the log takes {MAX_CHARACTERS}: "
            "store less in one event"
        )
    return text


def _quick_text(event: Event) -> str:
    """Return the quick serialiser's text when it surely reads back as the same event, else ""."""
    kind = type(event)
    try:
        # what `model_dump_json` and `model_validate_json` call, without their questions about how
        text = kind.__pydantic_serializer__.to_json(event).decode()
        if kind not in _FREE_TYPES or kind.__pydantic_validator__.validate_json(text) == event:
            return text
    except (PydanticSerializationError, ValidationError):
        pass
    return ""


def _exact_text(event: Event) -> str:
    try:
        # not in JSON mode, which would already alter surrogates in keys
        text = json.dumps(event.model_dump(warnings="error"), separators=(",", ":"))
        # by their description, because NaN equals nothing
        exact = repr(decode_event(text)) == repr(event)
    except (PydanticSerializationError, ValueError, TypeError, RecursionError) as error:
        raise StorageError(f"event {event.event!r} cannot be stored as JSON: {error}") from error
    if not exact:
        raise StorageError(f"event {event.event!r} does not read back the same: keep to plain JSON values")
    return text


def decode(run_id: RunId, version: int, body: bytes) -> Event:
    """Return the event of a stored text; raises ``UnreadableRun`` for what this release cannot read."""
    try:
        return decode_event(body.decode())
    except ValueError as error:
        raise UnreadableRun(run_id, version, str(error)) from error


@lru_cache(64)
def own_context(run_id: RunId) -> Context:
    """Return the context of what Orchestra did by itself in a run, and of events from before there were any."""
    return Context(correlation_id=run_id)


def contexts_for(run_id: RunId, events: Sequence[Event], given: Sequence[Context]) -> tuple[Context, ...]:
    """Return one context an event: those given, or Orchestra's own; raises ``StorageError`` for unfit ones."""
    if not given:
        return (own_context(run_id),) * len(events)
    if len(given) != len(events):
        raise StorageError(f"{len(events)} events came with {len(given)} contexts: give each its own, or none")
    for context in given:
        for name in (context.actor, context.correlation_id, context.causation_id):
            if name is not None and not _is_storable(name):
                raise StorageError(f"context {name!r:.200} cannot be stored: use letters, digits and dashes")
    return tuple(given)


def recorded(
    run_id: RunId,
    after_version: int,
    first_position: int,
    at: float,
    events: Sequence[Event],
    *,
    contexts: Sequence[Context],
) -> list[Recorded]:
    """Return stored events with their places in the log, the first one following ``after_version``."""
    versions, positions = count(after_version + 1), count(first_position)
    return [
        unchecked(
            Recorded,
            {
                "run_id": run_id,
                "version": version,
                "position": position,
                "at": at,
                "body": event,
                "context": context,
            },
        )
        for version, position, event, context in zip(versions, positions, events, contexts, strict=False)
    ]

"""What a client says of a change, as spans of characters. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from codecompanion.contracts.document_events import TextChange
from codecompanion.server.wire.documents import OpenDocument
from codecompanion.server.wire.positions import Position


def spans_of(before: OpenDocument, changes: Sequence[Any], after: OpenDocument) -> Iterator[TextChange]:
    """Yield a ``didChange``'s changes (lsprotocol's objects) as spans, each of the text the one before left."""
    document = before
    for nth, change in enumerate(changes):
        where = getattr(change, "range", None)
        if where is None:
            yield from minimal_span(document.text, change.text)
        else:
            start, end = sorted((_offset(document, where.start), _offset(document, where.end)))
            yield TextChange(start=start, end=end, text=change.text)
        if nth + 1 < len(changes):
            document = document.edited([_raw(change)], None)


def minimal_span(old: str, new: str) -> Iterator[TextChange]:
    """Yield the one smallest span that makes ``old`` into ``new``; nothing where they are the same."""
    if old == new:
        return
    head = _shared(old, new)
    tail = _shared_at_end(old, new, min(len(old), len(new)) - head)
    yield TextChange(start=head, end=len(old) - tail, text=new[head : len(new) - tail])


def _offset(document: OpenDocument, place: Any) -> int:
    return document.offset_of(Position(int(place.line), int(place.character)))


def _raw(change: Any) -> dict[str, Any]:
    where = getattr(change, "range", None)
    if where is None:
        return {"text": change.text}
    ends = {"start": where.start, "end": where.end}
    places = {name: {"line": place.line, "character": place.character} for name, place in ends.items()}
    return {"text": change.text, "range": places}


def _shared(one: str, other: str) -> int:
    """Return how many characters two texts share at the start; halving, as comparing slices is quick."""
    return _longest(min(len(one), len(other)), lambda count: one[:count] == other[:count])


def _shared_at_end(one: str, other: str, most: int) -> int:
    return _longest(most, lambda count: one[len(one) - count :] == other[len(other) - count :])


def _longest(most: int, same: Any) -> int:
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if same(middle) else (low, middle - 1)
    return low


def size_of(changes: Iterable[Any]) -> int:
    """Return how many characters a ``didChange`` brought."""
    return sum(len(change.text) for change in changes)

"""A mapping for states that are never changed and often succeeded: a successor shares nearly all of it."""

from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")

SMALL = 256
"""Up to 16 new entries (its root) are copied whole, however few old ones there are."""


class GrowingMap(Mapping[Key, Value]):
    """An immutable mapping in the order of first insertion; it grows by way of a `MapDraft`."""

    __slots__ = ("_new", "_old")

    def __init__(self, old: dict[Key, Value] | None = None, new: dict[Key, Value] | None = None) -> None:
        self._old = {} if old is None else old
        self._new = {} if new is None else new

    def __getitem__(self, key: Key) -> Value:
        return self._new[key] if key in self._new else self._old[key]

    def __contains__(self, key: object) -> bool:
        return key in self._new or key in self._old

    def __iter__(self) -> Iterator[Key]:
        return iter(self._whole())

    def __len__(self) -> int:
        return len(self._old) + sum(key not in self._old for key in self._new)

    # at the speed of one dictionary, for this is what states are mostly read by

    def keys(self) -> KeysView[Key]:
        """Return the keys in order."""
        return self._whole().keys()

    def values(self) -> ValuesView[Value]:
        """Return the values in the order of their keys."""
        return self._whole().values()

    def items(self) -> ItemsView[Key, Value]:
        """Return the entries in order."""
        return self._whole().items()

    def _whole(self) -> dict[Key, Value]:
        return {**self._old, **self._new} if self._new else self._old

    def __repr__(self) -> str:
        return f"GrowingMap({self._whole()!r})"


class MapDraft(Generic[Key, Value]):
    """A successor of a mapping in the making: ``map`` shows what was put so far.

    To begin one copies only the entries that are new in the old mapping, at most about the root of all: n
    successors of one entry each cost n√n steps, and one successor of n entries costs n.
    """

    __slots__ = ("_owns_old", "map")

    def __init__(self, grown: GrowingMap[Key, Value]) -> None:
        self.map: GrowingMap[Key, Value] = GrowingMap(grown._old, dict(grown._new))
        self._owns_old = False

    def put(self, key: Key, value: Value) -> None:
        """Add an entry, or replace one in its place."""
        grown = self.map
        grown._new[key] = value
        if len(grown._new) ** 2 <= len(grown._old) + SMALL:
            return
        if self._owns_old:
            grown._old.update(grown._new)
        else:
            grown._old = {**grown._old, **grown._new}
            self._owns_old = True
        grown._new = {}

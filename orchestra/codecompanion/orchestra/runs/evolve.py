"""From one state of a run to the next: ``evolve`` is pure and total over legal histories."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from codecompanion.contracts import events as e
from codecompanion.orchestra.runs.changes import CHANGES, Entry
from codecompanion.orchestra.runs.growing_map import MapDraft
from codecompanion.orchestra.runs.percent import MOVES_PERCENT, percent_of, share
from codecompanion.orchestra.runs.state import RunState


def fold(events: Iterable[e.Event], state: RunState | None = None) -> RunState:
    """Return the state after ``events``."""
    draft = Draft(state or RunState())
    for event in events:
        draft.add(event)
    return draft.done()


def evolve(state: RunState, event: e.Event) -> RunState:
    """Return the state after one more event."""
    return fold((event,), state)


_set = object.__setattr__
_FIELDS = tuple(one.name for one in fields(RunState))


class Draft:
    """A state of one's own that events are folded into in place, until it is handed out by ``done``."""

    __slots__ = ("_maps", "_now", "_version")

    def __init__(self, state: RunState) -> None:
        self._now: RunState = object.__new__(RunState)
        for name in _FIELDS:
            _set(self._now, name, getattr(state, name))
        self._version = state.version
        self._maps: dict[str, MapDraft[Any, Any]] = {}

    @property
    def state(self) -> RunState:
        """The state so far, but for its version; whatever is added changes it."""
        return self._now

    def add(self, event: Any, kind: type[Any] | None = None) -> None:
        """Go on by an event, or by the part of one of that ``kind`` that changes anything."""
        now = self._now
        self._version += 1
        changes = CHANGES[kind or type(event)](now, event)
        for name, value in changes.items():
            if type(value) is Entry:
                self._map(name).put(value.key, value.value)
            else:
                _set(now, name, value)
                self._maps.pop(name, None)
        if MOVES_PERCENT.isdisjoint(changes):
            return
        if "tasks" in changes and "worked" not in changes:
            _set(now, "worked", sum(share(task) for task in now.tasks.values() if task.planned))
        _set(now, "percent", max(now.percent, percent_of(now)))

    def _map(self, name: str) -> "MapDraft[Any, Any]":
        if name not in self._maps:
            self._maps[name] = MapDraft(getattr(self._now, name))
            _set(self._now, name, self._maps[name].map)
        return self._maps[name]

    def skip(self, events: int) -> None:
        """Go on by events that change nothing."""
        self._version += events

    def done(self) -> RunState:
        """Return the state; nothing may be added to the draft any more."""
        _set(self._now, "version", self._version)
        return self._now

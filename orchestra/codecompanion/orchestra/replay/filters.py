"""Which events of a run a person wants to see."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from codecompanion.contracts.errors import BadRequest
from codecompanion.contracts.event_text import EVENT_KINDS
from codecompanion.contracts.events import Recorded
from codecompanion.orchestra.replay.story import task_of

TYPES = tuple(sorted(EVENT_KINDS))
"""The names of all types of events."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What an event must be to be shown; None and empty let everything through.

    ``agent`` is who did it, compared without regard to case; ``since`` and ``until`` are seconds since the
    epoch, both included. Raises ``BadRequest`` for a type that no event has.
    """

    agent: str | None = None
    types: tuple[str, ...] = ()
    task: str | None = None
    correlation: str | None = None
    since: float | None = None
    until: float | None = None

    def __post_init__(self) -> None:
        for name in self.types:
            if name not in TYPES:
                near = get_close_matches(name, TYPES, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(TYPES)}"
                raise BadRequest(f"no event has the type {name[:60]!r}; {hint}")

    def __call__(self, history: Iterable[Recorded]) -> Iterator[Recorded]:
        """Yield the events wanted."""
        return (one for one in history if self._wants(one))

    def _wants(self, one: Recorded) -> bool:
        return (
            (not self.types or one.body.event in self.types)
            and (self.agent is None or self.agent.casefold() == one.context.actor.casefold())
            and self.task in (None, task_of(one.body))
            and self.correlation in (None, one.context.correlation_id)
            and (self.since is None or one.at >= self.since)
            and (self.until is None or one.at <= self.until)
        )

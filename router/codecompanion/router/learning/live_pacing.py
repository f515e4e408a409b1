"""What a dollar weighs in a live choice, so that a budget lasts as long as its day, its month or its run.

How fast it is spent is told from what is spent of it and how much of its time has gone; while that is too fast,
the dual price is looked for at which the kinds of work seen here would be done at the speed that is left.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from codecompanion.router.learning.pacing import Option, Outlook, dual_price, taken
from codecompanion.router.learning.policy import Running

_EARLY: Final = 0.25
"""The share of a budget's time before which no speed is told: a first task says little."""
_EVERY: Final = 4
"""Choices between two looks at the price while nothing else has changed."""
_BEYOND: Final = 0.5
"""How far it goes beyond the price at which two models are level: samples scatter around that."""


class Pace(NamedTuple):
    """A budget that is spent too fast.

    ``setting`` bounds it; ``spent`` and ``gone`` are the shares of its money, and of its time or its run's
    tasks, that are gone. ``speed`` is the share of the speed up to now at which it lasts.
    """

    setting: str
    spent: float
    gone: float
    speed: float


def pace_of(setting: str, limit: int, spent: int, gone: float) -> Pace | None:
    """Return how a budget is to be paced; None where it lasts at the speed up to now."""
    gone = min(1.0, max(0.0, gone))
    ahead = spent * (1.0 - gone) / max(_EARLY, gone)
    left = max(0, limit - spent)
    if limit and left >= ahead:
        return None
    return Pace(setting, spent / limit if limit else 1.0, gone, left / ahead if ahead else 0.0)


class LivePacer:
    """Finds the price of a dollar for each choice; 0 while no budget presses."""

    def __init__(self) -> None:
        self._kinds: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self._speeds = Running()
        self._found: tuple[Pace, int, float] | None = None

    def price(self, pace: Pace | None, kind: str, arms: tuple[str, ...], outlook: Outlook) -> float:
        """Return what a dollar weighs, in points of quality, for a choice of this kind among some models."""
        self._kinds[kind, arms] += 1
        if pace is None:
            return 0.0
        choices = self._kinds.total()
        if self._found is None or self._found[0] != pace or choices >= self._found[1] + _EVERY:
            ahead = [(count, outlook(*at)) for at, count in self._kinds.items()]
            whole = sum(count * taken(options, 0.0).dollars for count, options in ahead)
            level = dual_price(ahead, pace.speed * self._speed() * whole)
            self._found = (pace, choices, level * (1.0 + _BEYOND * (1.0 - pace.speed)))
        return self._found[2]

    def note(self, options: Sequence[Option] = (), number: int = 0) -> None:
        """Take in which of the models was taken, without options the one that no price would have changed."""
        whole = taken(options, 0.0).dollars if options else 0.0
        self._speeds.add(options[number].dollars / whole if whole > 0 else 1.0)

    def _speed(self) -> float:
        """Return the speed of spending up to now, as a share of what it would have been without any price."""
        return min(1.0, self._speeds.mean(1.0, 1.0))

"""Noticing that a model has silently become worse or better: one two-sided CUSUM a model over its surprises.

Page 1954: sums of the standardised surprises beyond a slack, set back to nothing whenever they fall below it.
An alarm hands back what was seen since the sum last stood at nothing: there the change is most likely.
"""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

Seen = TypeVar("Seen")


@dataclass(slots=True)
class _Sum(Generic[Seen]):
    height: float = 0.0
    since: list[Seen] = field(default_factory=list)

    def add(self, surprise: float, seen: Seen, slack: float) -> None:
        self.height = max(0.0, self.height + surprise - slack)
        if self.height > 0.0:
            self.since.append(seen)
        else:
            self.since.clear()


class ChangeDetector(Generic[Seen]):
    """Watches all models; ``slack`` and ``alarm`` are in standard deviations of one score.

    With the defaults a loss of one deviation is noticed after about twenty looks, and a model that has not
    changed is hardly ever suspected.
    """

    def __init__(self, slack: float = 0.4, alarm: float = 12.0) -> None:
        self._slack = slack
        self._alarm = alarm
        self._sums: dict[str, tuple[_Sum[Seen], _Sum[Seen]]] = {}

    def noticed(self, arm: str, surprise: float, seen: Seen) -> list[Seen] | None:
        """Take in a surprise; returns what was seen since the change if one is noticed, else None."""
        worse, better = self._sums.setdefault(arm, (_Sum(), _Sum()))
        worse.add(-surprise, seen, self._slack)
        better.add(surprise, seen, self._slack)
        for one in (worse, better):
            if one.height > self._alarm:
                del self._sums[arm]
                return one.since
        return None

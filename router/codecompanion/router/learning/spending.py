"""What a model's answers really cost and how long they took, by kind of work: list prices mislead.

Both are means of what was paid, retries and all. A model that was never seen at a kind is expected to cost
there what it costs elsewhere, scaled by how dear that kind is for the others. One that was never seen at all is
expected to cost what is listed for it, scaled by how what was paid compares with what is listed for those seen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from codecompanion.router.learning.policy import Running

_PULL: Final = 1.0
"""How many looks the expectation counts for beside what was seen."""
_LISTED_PULL: Final = 1.0
"""How many looks it counts for that what is listed is right."""

Listed = Callable[[str, str, str], float | None]
"""From a kind, a size ("" for a usual one) and a model to what a task is listed for; None if not known."""


@dataclass(slots=True)
class _Sums:
    cells: dict[str, dict[str, Running]] = field(default_factory=dict)
    kinds: dict[str, Running] = field(default_factory=dict)
    arms: dict[str, Running] = field(default_factory=dict)
    all: Running = field(default_factory=Running)
    paid: Running = field(default_factory=Running)
    listed: Running = field(default_factory=Running)


class Forecast(NamedTuple):
    """What each of some models is expected to cost or take, and what the worst of them does over all kinds."""

    amounts: list[float]
    worst: float


class Spending:
    """The mean of one quantity, dollars or seconds, by kind and model; one never seen is as ``listed`` says."""

    def __init__(self, listed: Listed | None = None) -> None:
        self._listed = listed or (lambda *_: None)
        self._sums = _Sums()

    def learn(self, kind: str, arm: str, amount: float) -> None:
        """Take in what one answer cost or took."""
        sums = self._sums
        sums.cells.setdefault(kind, {}).setdefault(arm, Running()).add(amount)
        sums.arms.setdefault(arm, Running()).add(amount)
        sums.kinds.setdefault(kind, Running()).add(amount)
        sums.all.add(amount)
        if listed := self._listed(kind, "", arm):
            sums.paid.add(amount)
            sums.listed.add(listed)

    def expected(self, kind: str, arm: str, size: str = "") -> float:
        """Return what the next answer of a model at this kind is expected to cost or take."""
        return self.forecast(kind, (arm,), size).amounts[0]

    def forecast(self, kind: str, arms: Sequence[str], size: str = "") -> Forecast:
        """Return what the next answer of each model at this kind is expected to cost or take."""
        sums = self._sums
        usual = sums.all.mean()
        here = sums.kinds.get(kind)
        scale = here.mean(usual, _PULL) / usual if here and usual > 0 else 1.0
        cells, seen_at_all = sums.cells.get(kind, {}), sums.arms
        amounts, anywhere = [], []
        for arm in arms:
            seen, cell = seen_at_all.get(arm), cells.get(arm)
            of_arm = seen.total / seen.weight if seen else self._unseen(kind, size, arm)
            elsewhere = of_arm * scale if seen else of_arm
            anywhere.append(of_arm)
            amounts.append((cell.total + _PULL * elsewhere) / (cell.weight + _PULL) if cell else elsewhere)
        return Forecast(amounts, max(anywhere, default=0.0))

    def _unseen(self, kind: str, size: str, arm: str) -> float:
        listed = self._listed(kind, size, arm) or 0.0
        usual = self._sums.listed.mean()
        if not listed or not usual:
            return listed
        return listed * self._sums.paid.mean(usual, _LISTED_PULL) / usual

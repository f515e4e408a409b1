"""What a model's answers really cost and how long they took, by kind of work: list prices mislead.

Both are means of what was paid, retries and all. A model that was never seen at a kind is expected to cost
there what it costs elsewhere, scaled by how dear that kind is for the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from codecompanion.router.learning.policy import Running

_PULL: Final = 1.0
"""How many looks the expectation counts for beside what was seen."""


@dataclass(slots=True)
class _Sums:
    cells: dict[tuple[str, str], Running] = field(default_factory=dict)
    kinds: dict[str, Running] = field(default_factory=dict)
    arms: dict[str, Running] = field(default_factory=dict)
    all: Running = field(default_factory=Running)


class Forecast(NamedTuple):
    """What each of some models is expected to cost or take, and what the worst of them does over all kinds."""

    amounts: list[float]
    worst: float


class Spending:
    """The mean of one quantity, dollars or seconds, by kind and model; a model never seen costs ``unseen``."""

    def __init__(self, unseen: Mapping[str, float] | None = None) -> None:
        self._unseen = unseen or {}
        self._sums = _Sums()

    def learn(self, kind: str, arm: str, amount: float) -> None:
        """Take in what one answer cost or took."""
        sums = self._sums
        sums.cells.setdefault((kind, arm), Running()).add(amount)
        sums.arms.setdefault(arm, Running()).add(amount)
        sums.kinds.setdefault(kind, Running()).add(amount)
        sums.all.add(amount)

    def expected(self, kind: str, arm: str) -> float:
        """Return what the next answer of a model at this kind is expected to cost or take."""
        return self.forecast(kind, (arm,)).amounts[0]

    def forecast(self, kind: str, arms: Sequence[str]) -> Forecast:
        """Return what the next answer of each model at this kind is expected to cost or take."""
        sums = self._sums
        usual = sums.all.mean()
        here = sums.kinds.get(kind)
        scale = here.mean(usual, _PULL) / usual if here and usual > 0 else 1.0
        amounts, worst = [], 0.0
        for arm in arms:
            seen = sums.arms.get(arm)
            anywhere = seen.total / seen.weight if seen else self._unseen.get(arm, 0.0)
            worst = max(worst, anywhere)
            cell = sums.cells.get((kind, arm))
            elsewhere = anywhere * scale
            amounts.append((cell.total + _PULL * elsewhere) / (cell.weight + _PULL) if cell else elsewhere)
        return Forecast(amounts, worst)

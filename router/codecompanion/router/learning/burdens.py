"""What an answer costs beside its quality: expected dollars and seconds, weighed as the person wants."""

from collections.abc import Sequence
from typing import Final

from codecompanion.router.learning.pacing import Option
from codecompanion.router.learning.policy import Outcome
from codecompanion.router.learning.spending import Listed, Spending
from codecompanion.router.learning.weights import PRESETS, Weights

FREE: Final = Weights(shares=PRESETS["quality"])
"""Only the score counts."""


class Burdens:
    """Learns costs and times; ``price`` is what a dollar weighs beyond the weights while a budget is paced.

    ``listed`` says what a task may cost with a model that was never asked.
    """

    def __init__(self, weights: Weights | None = None, listed: Listed | None = None) -> None:
        self._weights = weights or FREE
        self.dollars = Spending(listed)
        self.seconds = Spending()
        self.price = 0.0

    def learn(self, kind: str, arm: str, outcome: Outcome) -> None:
        """Take in what an answer cost and how long it took."""
        self.dollars.learn(kind, arm, outcome.dollars)
        self.seconds.learn(kind, arm, outcome.seconds)

    def of(self, kind: str, arms: Sequence[str], size: str = "") -> list[float]:
        """Return what is to be taken off each model's quality at a kind of work."""
        return self._of(kind, arms, self.price, size)

    def options(self, kind: str, arms: Sequence[str], qualities: Sequence[float]) -> list[Option]:
        """Return what each model's answer is expected to be worth, no budget thought of, and to cost."""
        burdens, dollars = self._of(kind, arms, 0.0), self.dollars.forecast(kind, arms).amounts
        return [
            Option(quality - burden, cost)
            for quality, burden, cost in zip(qualities, burdens, dollars, strict=True)
        ]

    def _of(self, kind: str, arms: Sequence[str], price: float, size: str = "") -> list[float]:
        if self._weights == FREE and not price:
            return [0.0] * len(arms)
        dollars, dearest = self.dollars.forecast(kind, arms, size)
        if not self._weights.heeds_time:
            a_dollar = self._weights.absolute(dearest, 0.0)[0] + price
            return [a_dollar * cost for cost in dollars]
        seconds, slowest = self.seconds.forecast(kind, arms)
        a_dollar, a_second = self._weights.absolute(dearest, slowest)
        a_dollar += price
        return [a_dollar * cost + a_second * time for cost, time in zip(dollars, seconds, strict=True)]

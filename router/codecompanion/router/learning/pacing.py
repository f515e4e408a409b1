"""A soft budget: what a dollar is worth while it has to last, so that money goes where it buys most.

The dual price of the budget is looked for by what is believed now: the lowest weight of a dollar at which the
expected spending on the kinds seen so far is what is left for each call still to come.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

_HALVINGS: Final = 30
_EVERY: Final = 8
"""Calls between two looks at the price: it moves slowly."""
_HIGHEST: Final = 1e6
"""What a dollar weighs at most, in quality: beyond it only the cheapest model is left anyway."""


class Option(NamedTuple):
    """What a call to a model is expected to be worth, before the budget is thought of, and to cost."""

    worth: float
    dollars: float


Outlook = Callable[[str, Sequence[str]], Sequence[Option]]
"""From a kind and the models to what is expected of each."""


class Pacer:
    """Paces ``dollars`` over about ``calls`` more calls."""

    def __init__(self, dollars: float, calls: int) -> None:
        self._left = dollars
        self._calls = calls
        self._kinds: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self._since = _EVERY
        self._price = 0.0

    @property
    def left(self) -> float:
        """Dollars that are left, not below 0."""
        return max(0.0, self._left)

    def spent(self, dollars: float) -> None:
        """Take in what a call cost."""
        self._left -= dollars
        self._calls = max(1, self._calls - 1)

    def price(self, kind: str, arms: tuple[str, ...], outlook: Outlook) -> float:
        """Return what a dollar weighs for a call of this kind to one of the models."""
        self._kinds[kind, arms] += 1
        self._since += 1
        if self._since >= _EVERY:
            self._since = 0
            self._price = self._found([(count, outlook(*at)) for at, count in self._kinds.items()])
        return self._price

    def _found(self, ahead: list[tuple[int, Sequence[Option]]]) -> float:
        seen = sum(count for count, _ in ahead)
        return dual_price(ahead, self.left / self._calls * seen)


def dual_price(ahead: list[tuple[int, Sequence[Option]]], allowed: float) -> float:
    """Return the lowest weight of a dollar at which so many calls of each kind cost no more than is allowed."""
    if _spending(ahead, 0.0) <= allowed:
        return 0.0
    low, high = 0.0, _HIGHEST
    for halving in range(_HALVINGS):
        # the price may be of any size: first its order of magnitude is looked for
        middle = (max(low, 1e-6) * high) ** 0.5 if halving < _HALVINGS // 2 else (low + high) / 2
        low, high = (middle, high) if _spending(ahead, middle) > allowed else (low, middle)
    return high


def taken(options: Sequence[Option], price: float) -> Option:
    """Return the option that is worth most at a price of a dollar."""
    return max(options, key=lambda option: option.worth - price * option.dollars)


def _spending(ahead: list[tuple[int, Sequence[Option]]], price: float) -> float:
    return sum(count * taken(options, price).dollars for count, options in ahead)

"""How much better or worse work of a size goes than other work, for each model and for those hardly seen at it.

Only differences beyond chance count: their variance is estimated by moments (DerSimonian and Laird 1986), and
what chance alone would often show is taken off before. Where the size says nothing, nothing is made of it.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, TypeAlias

from codecompanion.router.learning.policy import Running

_CHANCE: Final = 3.0
"""How many standard deviations beyond chance the differences must lie."""

_BySize: TypeAlias = Mapping[str, Running]
"""By size, how far the scores lay off what was expected without it."""


class _Effect(NamedTuple):
    """How far a model's work of a size lies off its other work, and how far that is trusted, from 0 to 1."""

    difference: float
    trust: float


class SizeEffects:
    """Learns from how far scores lay off; ``matter`` says whether anything is made of the size at all."""

    def __init__(self) -> None:
        self._arms: defaultdict[str, defaultdict[str, Running]] = defaultdict(lambda: defaultdict(Running))
        self._noise = Running()
        self._usual: dict[str, float] = {}
        self._own: dict[str, dict[str, float]] = {}

    @property
    def matter(self) -> bool:
        """Whether any size makes a difference."""
        return bool(self._usual)

    def of(self, arm: str, size: str) -> float:
        """Return what is to be added to a model's expected score at work of a size."""
        usual = self._usual.get(size, 0.0)
        own = self._own.get(arm)
        return own.get(size, usual) if own else usual

    def learn(self, arm: str, size: str, off: float, noise: float, weight: float) -> None:
        """Take in how far a score lay off what was expected, and the variance it has by chance."""
        if not size or weight <= 0.0:
            return
        self._arms[arm][size].add(off, weight)
        self._noise.add(noise, weight)
        chance = self._noise.mean()
        true = _variance(self._arms.values(), chance)
        effects = {name: _effects(sums, true, chance) for name, sums in self._arms.items()} if true else {}
        self._usual = _usual(effects.values())
        self._own = {
            name: {
                size: one.trust * one.difference + (1.0 - one.trust) * self._usual[size]
                for size, one in of_size.items()
            }
            for name, of_size in effects.items()
        }


def _variance(groups: Iterable[_BySize], chance: float) -> float:
    """Return the variance of true differences between a model's sizes; 0 if chance may explain them."""
    between, freedom, weight = 0.0, 0, 0.0
    for sums in groups:
        mean, looks = _mean(sums), sum(one.weight for one in sums.values())
        freedom += len(sums) - 1
        for one in sums.values():
            between += one.weight * (one.mean() - mean) ** 2
            weight += one.weight * (1.0 - one.weight / looks)
    beyond = between - chance * (freedom + _CHANCE * math.sqrt(2.0 * freedom))
    return beyond / weight if beyond > 0.0 and weight > 0.0 else 0.0


def _effects(sums: _BySize, true: float, chance: float) -> dict[str, _Effect]:
    mean = _mean(sums)
    return {size: _Effect(one.mean() - mean, true / (true + chance / one.weight)) for size, one in sums.items()}


def _usual(effects: Iterable[Mapping[str, _Effect]]) -> dict[str, float]:
    """Return what a size does to models on the mean, drawn towards nothing as if one more had shown none."""
    seen: defaultdict[str, Running] = defaultdict(Running)
    for of_size in effects:
        for size, one in of_size.items():
            seen[size].add(one.difference, one.trust)
    return {size: running.mean(0.0, 1.0) for size, running in seen.items()}


def _mean(sums: _BySize) -> float:
    return sum(one.total for one in sums.values()) / sum(one.weight for one in sums.values())

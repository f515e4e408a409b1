"""The plain policies that the one in use is measured against; each may be chosen by its name."""

import math
from collections import defaultdict
from collections.abc import Sequence
from random import Random

from codecompanion.router.learning.burdens import Burdens
from codecompanion.router.learning.pacing import Option
from codecompanion.router.learning.policy import Outcome, Pick, Running, Situation


class BetaSampling:
    """Thompson sampling with a Beta posterior for each kind and model, and no pooling.

    The prior counts ``mass`` looks, half of them successes. ``by_kind`` off throws all kinds together.
    """

    def __init__(self, rng: Random, burdens: Burdens, *, mass: float = 2.0, by_kind: bool = True) -> None:
        self._rng = rng
        self.burdens = burdens
        self._mass = mass
        self._by_kind = by_kind
        self._seen: dict[tuple[str, str], Running] = defaultdict(Running)

    def choose(self, situation: Situation, arms: Sequence[str]) -> Pick:
        """As ``Policy.choose``; propensities are those of normal distributions with the same moments."""
        offered = tuple(arms)
        burdens = self.burdens.of(situation.kind, offered)
        shapes = [self._shape(situation.kind, arm) for arm in offered]
        means = [good / (good + bad) - burden for (good, bad), burden in zip(shapes, burdens, strict=True)]
        samples = [
            self._rng.betavariate(good, bad) - burden
            for (good, bad), burden in zip(shapes, burdens, strict=True)
        ]
        return _sampled(offered, means, samples, [_deviation(*shape) for shape in shapes])

    def outlook(self, kind: str, arms: Sequence[str]) -> list[Option]:
        """As ``CostAware.outlook``."""
        shapes = [self._shape(kind, arm) for arm in arms]
        return self.burdens.options(kind, arms, [good / (good + bad) for good, bad in shapes])

    def learn(self, situation: Situation, arm: str, outcome: Outcome) -> None:
        """As ``Policy.learn``."""
        self._seen[self._kind(situation.kind), arm].add(outcome.quality, outcome.weight)
        self.burdens.learn(situation.kind, arm, outcome)

    def _shape(self, kind: str, arm: str) -> tuple[float, float]:
        seen = self._seen[self._kind(kind), arm]
        return self._mass / 2 + seen.total, self._mass / 2 + seen.weight - seen.total

    def _kind(self, kind: str) -> str:
        return kind if self._by_kind else ""


class LinearSampling:
    """Thompson sampling by ridge regression on a constant and the kind (LinTS; Agrawal and Goyal 2013).

    With one-hot kinds the posterior has a closed form, so that no matrix is needed; ``v`` scales the samples.
    """

    def __init__(self, rng: Random, burdens: Burdens, *, v: float = 0.2) -> None:
        self._rng = rng
        self.burdens = burdens
        self._v = v
        self._seen: dict[str, dict[str, Running]] = defaultdict(lambda: defaultdict(Running))

    def choose(self, situation: Situation, arms: Sequence[str]) -> Pick:
        """As ``Policy.choose``."""
        offered = tuple(arms)
        burdens = self.burdens.of(situation.kind, offered)
        fits = [self._fit(situation.kind, arm) for arm in offered]
        means = [mean - burden for (mean, _), burden in zip(fits, burdens, strict=True)]
        spreads = [self._v * math.sqrt(variance) for _, variance in fits]
        samples = [self._rng.gauss(mean, spread) for mean, spread in zip(means, spreads, strict=True)]
        return _sampled(offered, means, samples, spreads)

    def outlook(self, kind: str, arms: Sequence[str]) -> list[Option]:
        """As ``CostAware.outlook``."""
        return self.burdens.options(kind, arms, [self._fit(kind, arm)[0] for arm in arms])

    def learn(self, situation: Situation, arm: str, outcome: Outcome) -> None:
        """As ``Policy.learn``."""
        self._seen[arm][situation.kind].add(outcome.quality, outcome.weight)
        self.burdens.learn(situation.kind, arm, outcome)

    def _fit(self, kind: str, arm: str) -> tuple[float, float]:
        """Return the regression's mean and variance at a kind, by the Schur complement of the constant."""
        seen = self._seen[arm]
        pivot = 1.0 + sum(one.weight / (1.0 + one.weight) for one in seen.values())
        constant = sum(one.total / (1.0 + one.weight) for one in seen.values()) / pivot
        here = seen[kind]
        own = 1.0 + here.weight
        return (here.total + constant) / own, 1.0 / own + 1.0 / (own * own * pivot)


class Fixed:
    """Always the one model, or the first that may be asked where that one may not."""

    def __init__(self, arm: str, burdens: Burdens) -> None:
        self._arm = arm
        self.burdens = burdens

    def choose(self, situation: Situation, arms: Sequence[str]) -> Pick:
        """As ``Policy.choose``."""
        return _certain(arms, [float(arm == self._arm) for arm in arms])

    def outlook(self, kind: str, arms: Sequence[str]) -> list[Option]:
        """As ``CostAware.outlook``."""
        return self.burdens.options(kind, arms, [float(arm == self._arm) for arm in arms])

    def learn(self, situation: Situation, arm: str, outcome: Outcome) -> None:
        """As ``Policy.learn``: only what it cost."""
        self.burdens.learn(situation.kind, arm, outcome)


class Cheapest:
    """The model that is expected to cost least; one whose cost is unknown is tried once."""

    def __init__(self, burdens: Burdens) -> None:
        self.burdens = burdens

    def choose(self, situation: Situation, arms: Sequence[str]) -> Pick:
        """As ``Policy.choose``; utilities are dollars below zero."""
        return _certain(arms, [-cost for cost in self._costs(situation.kind, arms)])

    def outlook(self, kind: str, arms: Sequence[str]) -> list[Option]:
        """As ``CostAware.outlook``."""
        return self.burdens.options(kind, arms, [-cost for cost in self._costs(kind, arms)])

    def learn(self, situation: Situation, arm: str, outcome: Outcome) -> None:
        """As ``Policy.learn``: only what it cost."""
        self.burdens.learn(situation.kind, arm, outcome)

    def _costs(self, kind: str, arms: Sequence[str]) -> list[float]:
        return [self.burdens.dollars.expected(kind, arm) for arm in arms]


class Uniform:
    """Any model, each as likely as the others."""

    def __init__(self, rng: Random, burdens: Burdens) -> None:
        self._rng = rng
        self.burdens = burdens

    def choose(self, situation: Situation, arms: Sequence[str]) -> Pick:
        """As ``Policy.choose``."""
        equal = [0.0] * len(arms)
        return _sampled(tuple(arms), equal, [self._rng.gauss(0.0, 1.0) for _ in arms], [1.0] * len(arms))

    def outlook(self, kind: str, arms: Sequence[str]) -> list[Option]:
        """As ``CostAware.outlook``."""
        return self.burdens.options(kind, arms, [0.0] * len(arms))

    def learn(self, situation: Situation, arm: str, outcome: Outcome) -> None:
        """As ``Policy.learn``: only what it cost."""
        self.burdens.learn(situation.kind, arm, outcome)


def _sampled(
    arms: tuple[str, ...], means: Sequence[float], samples: Sequence[float], spreads: Sequence[float]
) -> Pick:
    taken = samples.index(max(samples))
    centres = tuple(means)
    explored = taken != centres.index(max(centres))
    return Pick(arms[taken], arms, centres, tuple(samples), centres, tuple(spreads), explored=explored)


def _certain(arms: Sequence[str], utilities: Sequence[float]) -> Pick:
    means = tuple(utilities)
    taken = means.index(max(means))
    return Pick(arms[taken], tuple(arms), means, means, means, (0.0,) * len(means), forced=True)


def _deviation(good: float, bad: float) -> float:
    total = good + bad
    return math.sqrt(good * bad / (total * total * (total + 1.0)))

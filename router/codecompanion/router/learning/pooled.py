"""The policy in use: pooled beliefs, Thompson samples of a small spread, and a bonus for what is worth knowing.

A model's index is its mean utility, plus the knowledge gradient: what one more look at it is expected to add to
the best mean, times how many more decisions of this kind may profit (Frazier, Powell and Dayanik 2008; Ryzhov,
Powell and Frazier 2012 for choices that count themselves). Small normal samples around the index keep the
choice random, so that it can be judged offline and delays do no harm.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, TypeAlias

from codecompanion.router.learning.burdens import Burdens
from codecompanion.router.learning.changes import ChangeDetector
from codecompanion.router.learning.pacing import Option
from codecompanion.router.learning.policy import Outcome, Pick, Situation
from codecompanion.router.learning.quality import Belief, Priors, QualityBeliefs, Spreads

_ROOT_TWO: Final = math.sqrt(2.0)
_ROOT_TWO_PI: Final = math.sqrt(2.0 * math.pi)
Seen: TypeAlias = tuple[float, float]
"""The score that was expected, and the one that came."""

_LEANING: Final = 10.0
"""How many outcomes at a kind halve the lean to the preferred model."""
_MOST_WAITING: Final = 8
"""Outcomes of a model that are waited for: some never come, and must not keep it from being tried for good."""
_FAR: Final = 4.0
"""Standard deviations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploring:
    """How much is tried out.

    ``horizon`` decisions of a kind are expected to profit from a look. ``spread`` scales the samples. At most
    ``most`` of all picks may differ from the best mean (1: no cap). ``lean`` is what the preferred model is
    given beforehand, in points of quality; it wears off.
    """

    horizon: float = 150.0
    spread: float = 0.2
    most: float = 1.0
    lean: float = 0.0


class PooledPolicy:
    """Picks by pooled beliefs; what was seen before ``detector`` noticed a change of a model is dropped."""

    def __init__(
        self,
        rng: Random,
        *,
        burdens: Burdens | None = None,
        spreads: Spreads | None = None,
        exploring: Exploring | None = None,
        priors: Priors | None = None,
        detector: ChangeDetector[Seen] | None = None,
    ) -> None:
        self._rng = rng
        self._exploring = exploring or Exploring()
        self._detector = detector or ChangeDetector[Seen]()
        self.quality = QualityBeliefs(spreads, priors)
        self.burdens = burdens or Burdens()
        self._seen: Counter[str] = Counter()
        self._waiting: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._picks = 0
        self._explored = 0

    def choose(self, situation: Situation, arms: Sequence[str]) -> Pick:
        """As ``Policy.choose``; the samples and means are utilities, in points of quality."""
        offered = tuple(arms)
        beliefs = self.quality.beliefs(situation.kind, offered)
        burdens = self.burdens.of(situation.kind, offered)
        means = [belief.mean - burden for belief, burden in zip(beliefs, burdens, strict=True)]
        if situation.preferred in offered:
            means[offered.index(situation.preferred)] += self._leaning(situation.kind)
        waiting = self._waiting[situation.kind]
        centres, spreads = self._indices(beliefs, means, [min(waiting[arm], _MOST_WAITING) for arm in offered])
        gauss = self._rng.gauss
        samples = [gauss(centre, spread) for centre, spread in zip(centres, spreads, strict=True)]
        best = means.index(max(means))
        taken = samples.index(max(samples))
        explored = taken != best
        if forced := situation.careful or (explored and self._tried_enough()):
            taken, explored = best, False
        self._picks += 1
        self._explored += explored
        waiting[offered[taken]] += 1
        return Pick(
            offered[taken],
            offered,
            tuple(means),
            tuple(samples),
            tuple(centres),
            tuple(spreads),
            forced,
            explored,
        )

    def outlook(self, kind: str, arms: Sequence[str]) -> list[Option]:
        """Return what each model is expected to be worth and to cost at a kind of work."""
        return self.burdens.options(kind, arms, [belief.mean for belief in self.quality.beliefs(kind, arms)])

    def learn(self, situation: Situation, arm: str, outcome: Outcome) -> None:
        """As ``Policy.learn``."""
        self._seen[situation.kind] += 1
        waiting = self._waiting[situation.kind]
        waiting[arm] = max(0, waiting[arm] - 1)
        surprise = self.quality.learn(situation, arm, outcome.quality, outcome.weight)
        self.burdens.learn(situation.kind, arm, outcome)
        since = self._detector.noticed(arm, surprise.deviations, (surprise.expected, outcome.quality))
        if since is not None:
            expected, found = (sum(values) / len(since) for values in zip(*since, strict=True))
            self.quality.changed(arm, expected, found)

    def resume(self, picks: int, explored: int) -> None:
        """Count picks that were made before, so that the cap on trying out holds across restarts."""
        self._picks, self._explored = picks, explored

    def _leaning(self, kind: str) -> float:
        return self._exploring.lean * _LEANING / (_LEANING + self._seen[kind])

    def _indices(
        self, beliefs: list[Belief], means: list[float], waiting: list[int]
    ) -> tuple[list[float], list[float]]:
        """Return each model's index, and the spread of its sample.

        A model whose outcomes are still to come is as little worth a look as if they had come already.
        """
        second, first = sorted((-math.inf, *means))[-2:]
        horizon, scale, root = self._exploring.horizon, self._exploring.spread, math.sqrt
        indices, spreads = [], []
        for (_, known, noise), mean, pending in zip(beliefs, means, waiting, strict=True):
            variance = known * noise / (noise + pending * known) if pending else known
            gap = first - second if mean == first else first - mean
            step = variance / root(variance + noise)
            # beyond this one more look cannot change what is best
            far = gap >= _FAR * step
            indices.append(mean if far else mean + horizon * _expected_gain(gap, step))
            spreads.append(scale * root(variance))
        return indices, spreads

    def _tried_enough(self) -> bool:
        return self._explored + 1 > self._exploring.most * (self._picks + 1)


def _expected_gain(gap: float, step: float) -> float:
    """Return the mean of how far a normal change of deviation ``step`` goes beyond ``gap``."""
    z = gap / step
    return step * math.exp(-0.5 * z * z) / _ROOT_TWO_PI - gap * 0.5 * math.erfc(z / _ROOT_TWO)

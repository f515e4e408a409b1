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
from codecompanion.router.learning.cascade import with_mending
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
        self._waiting: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self._picks = 0
        self._explored = 0

    def choose(self, situation: Situation, arms: Sequence[str]) -> Pick:
        """As ``Policy.choose``; the samples and means are utilities, in points of quality."""
        offered = tuple(arms)
        beliefs = self.quality.beliefs(situation.kind, offered)
        means = self._means(situation, offered, beliefs)
        beliefs = self._once_all_has_come(situation.kind, offered, beliefs)
        scale, gauss = self._exploring.spread, self._rng.gauss
        centres = self._indices(beliefs, means)
        spreads = [scale * belief.deviation for belief in beliefs]
        samples = [gauss(centre, spread) for centre, spread in zip(centres, spreads, strict=True)]
        best = means.index(max(means))
        taken = samples.index(max(samples))
        explored = taken != best
        if forced := situation.careful or (explored and self._tried_enough()):
            taken, explored = best, False
        self._picks += 1
        self._explored += explored
        waiting = self._waiting[situation.kind]
        waiting[offered[taken]] = waiting.get(offered[taken], 0) + 1
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
        self._came(situation.kind, arm)
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

    def _means(self, situation: Situation, arms: Sequence[str], beliefs: Sequence[Belief]) -> list[float]:
        """Return what each model's answer is expected to be worth, money and time taken off."""
        burdens = self.burdens.of(situation.kind, arms, situation.size)
        qualities = [belief.mean for belief in beliefs]
        sizes = self.quality.sizes
        if sizes.matter:
            of, size = sizes.of, situation.size
            qualities = [quality + of(arm, size) for quality, arm in zip(qualities, arms, strict=True)]
        means = [quality - burden for quality, burden in zip(qualities, burdens, strict=True)]
        if situation.mended:
            return with_mending(means, qualities)
        if situation.preferred in arms:
            means[arms.index(situation.preferred)] += self._leaning(situation.kind)
        return means

    def _once_all_has_come(self, kind: str, arms: Sequence[str], beliefs: list[Belief]) -> list[Belief]:
        """Return beliefs as sure as they will be: what is on its way is as little worth a look as what came."""
        waiting = self._waiting[kind]
        if not waiting:
            return beliefs
        return [
            belief.after(min(pending, _MOST_WAITING)) if (pending := waiting.get(arm)) else belief
            for belief, arm in zip(beliefs, arms, strict=True)
        ]

    def _came(self, kind: str, arm: str) -> None:
        """Wait for one outcome less."""
        waiting = self._waiting[kind]
        if left := max(0, waiting.pop(arm, 0) - 1):
            waiting[arm] = left

    def _indices(self, beliefs: Sequence[Belief], means: Sequence[float]) -> list[float]:
        """Return each model's mean with what one more look at it is worth."""
        second, first = sorted((-math.inf, *means))[-2:]
        lead, horizon = first - second, self._exploring.horizon
        indices = []
        for belief, mean in zip(beliefs, means, strict=True):
            gap, step = first - mean or lead, belief.step
            # beyond this one more look cannot change what is best
            indices.append(mean if gap >= _FAR * step else mean + horizon * _expected_gain(gap, step))
        return indices

    def _tried_enough(self) -> bool:
        return self._explored + 1 > self._exploring.most * (self._picks + 1)


def _expected_gain(gap: float, step: float) -> float:
    """Return the mean of how far a normal change of deviation ``step`` goes beyond ``gap``."""
    z = gap / step
    return step * math.exp(-0.5 * z * z) / _ROOT_TWO_PI - gap * 0.5 * math.erfc(z / _ROOT_TWO)

"""What is believed of each model's quality at each kind of work, the scarce evidence pooled.

A score is the kind's difficulty, plus the model's general strength, plus what the model is better or worse at
this kind, plus noise: a mixed model with normal priors, each part estimated with the others held (one sweep of
backfitting per observation, so that learning stays O(kinds + models)). What is seen of a model at one kind thus
moves what is believed of it at all others, and a hard kind is not held against those that were asked for it.
Beliefs are made anew when something is learned, so that they lie ready when a choice is made.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from codecompanion.router.learning.policy import Situation
from codecompanion.router.learning.sizes import SizeEffects

_PRIOR_COUNT: Final = 3.0
"""How many looks the expected score counts for where the noise of a score is guessed from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spreads:
    """Standard deviations of the parts before anything is seen, in points of a score from 0 to 1.

    Chosen by the mean over many made-up tables (benchmarks/router_worlds.py), not on a single one.
    """

    usual: float = 0.45
    difficulty: float = 0.15
    strength: float = 0.07
    speciality: float = 0.2
    noise_looks: float = 2.0
    kept: float = 5.0


class Belief(NamedTuple):
    """A normal belief of a mean score: its mean and variance, and the variance of one score around it.

    ``deviation`` is the root of the variance; ``step`` is how far one more score is expected to move the mean.
    """

    mean: float
    variance: float
    noise: float
    deviation: float
    step: float

    @classmethod
    def of(cls, mean: float, variance: float, noise: float) -> "Belief":
        """Return the belief with its derived parts."""
        return cls(mean, variance, noise, math.sqrt(variance), variance / math.sqrt(variance + noise))

    def after(self, looks: float) -> "Belief":
        """Return what the belief will be like when that many scores have come which are on their way."""
        return Belief.of(
            self.mean, self.variance * self.noise / (self.noise + looks * self.variance), self.noise
        )


class Surprise(NamedTuple):
    """How a score compares with what was believed: the mean expected, and how many deviations it lies off."""

    expected: float
    deviations: float


class Prior(NamedTuple):
    """What is known beforehand: a score, as if that many tasks had shown it."""

    quality: float
    looks: float


Priors = Callable[[str, str], Prior | None]
"""From a kind and a model to what a catalogue knows of it."""


_NOTHING: Final = Belief(0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(slots=True)
class _Cell:
    """The scores of one model at one kind, and what is believed by them."""

    looks: float = 0.0
    total: float = 0.0
    belief: Belief = _NOTHING

    @property
    def mean(self) -> float:
        return self.total / self.looks


@dataclass(slots=True)
class _Kind:
    difficulty: float
    doubt: float
    looks: float
    squares: float
    cells: dict[str, _Cell] = field(default_factory=dict)


@dataclass(slots=True)
class _Strength:
    mean: float
    variance: float


class QualityBeliefs:
    """The pooled beliefs; ``priors`` are taken in when a model is first looked at for a kind."""

    def __init__(self, spreads: Spreads | None = None, priors: Priors | None = None) -> None:
        self._spreads = spreads or Spreads()
        self._priors = priors
        self._kinds: dict[str, _Kind] = {}
        self._strengths: dict[str, _Strength] = {}
        self.sizes = SizeEffects()

    def belief(self, kind: str, arm: str, size: str = "") -> Belief:
        """Return what is believed of a model's mean score at a kind of work, of a size if one is named."""
        belief = self.beliefs(kind, (arm,))[0]
        return belief._replace(mean=belief.mean + self.sizes.of(arm, size))

    def beliefs(self, kind: str, arms: Sequence[str]) -> list[Belief]:
        """Return what is believed of each model's mean score at a kind; this is asked at every choice."""
        place = self._place(kind)
        cells = place.cells
        for arm in arms:
            if arm not in cells:
                self._new_cell(place, kind, arm)
        return [cells[arm].belief for arm in arms]

    def looks(self, kind: str, arm: str | None = None) -> float:
        """Return how many scores, prior ones included, a kind has; of one model, or of all."""
        cells = self._kinds[kind].cells if kind in self._kinds else {}
        if arm is not None:
            return cells[arm].looks if arm in cells else 0.0
        return sum(cell.looks for cell in cells.values())

    def learn(self, situation: Situation, arm: str, quality: float, weight: float = 1.0) -> Surprise:
        """Take in a score; returns what had been expected, and the surprise in standard deviations."""
        place = self._place(situation.kind)
        cell = place.cells.get(arm) or self._new_cell(place, situation.kind, arm)
        before, offset = cell.belief, self.sizes.of(arm, situation.size)
        self.sizes.learn(arm, situation.size, quality - before.mean, before.noise, weight)
        quality -= offset
        surprise = (quality - before.mean) / math.sqrt(before.noise + before.variance)
        scale = before.noise * place.looks / place.squares
        place.squares += (
            weight * (quality - before.mean) ** 2 / scale * before.noise / (before.noise + before.variance)
        )
        place.looks += weight
        cell.looks += weight
        cell.total += weight * quality
        self._settle(place, arm)
        return Surprise(before.mean + offset, surprise)

    def changed(self, arm: str, expected: float, found: float) -> None:
        """Begin nearly anew with a model that scores ``found`` on the mean where ``expected`` was believed.

        What it was good at it is still thought best at: the loss, or gain, is carried over to all kinds in
        proportion, and counts for a few looks only.
        """
        for place in self._kinds.values():
            cell = place.cells.get(arm)
            if cell is not None and cell.looks:
                mean, looks = _carried(cell.mean, expected, found), min(cell.looks, self._spreads.kept)
                cell.looks, cell.total = looks, looks * mean
        self._strengths[arm] = self._estimated_strength(arm)
        self._believe(arm)

    def _place(self, kind: str) -> _Kind:
        place = self._kinds.get(kind)
        if place is None:
            looks = self._spreads.noise_looks
            place = self._kinds[kind] = _Kind(self._spreads.usual, self._spreads.difficulty**2, looks, looks)
        return place

    def _new_cell(self, place: _Kind, kind: str, arm: str) -> _Cell:
        """Begin with a model at a kind, by what is known of it beforehand."""
        prior = self._priors(kind, arm) if self._priors else None
        cell = place.cells[arm] = _Cell(prior.looks, prior.looks * prior.quality) if prior else _Cell()
        self._strengths.setdefault(arm, _Strength(0.0, self._spreads.strength**2))
        if cell.looks:
            self._settle(place, arm)
        else:
            cell.belief = self._believed(place, cell, arm)
        return cell

    def _settle(self, place: _Kind, arm: str) -> None:
        """Estimate anew the strength of a model and the difficulty of a kind, from all scores they share in."""
        self._strengths[arm] = self._estimated_strength(arm)
        strengths = self._strengths
        own = self._spreads.speciality**2
        precision = self._spreads.difficulty**-2
        total = precision * self._spreads.usual
        for name, cell in place.cells.items():
            if cell.looks:
                strength = strengths[name]
                weight = 1.0 / (_noise(place, 0.5, cell) / cell.looks + own + strength.variance)
                precision += weight
                total += weight * (cell.mean - strength.mean)
        place.difficulty, place.doubt = total / precision, 1.0 / precision
        for name, cell in place.cells.items():
            cell.belief = self._believed(place, cell, name)
        self._believe(arm)

    def _believe(self, arm: str) -> None:
        """Make anew what is believed of a model, at all kinds."""
        for place in self._kinds.values():
            cell = place.cells.get(arm)
            if cell is not None:
                cell.belief = self._believed(place, cell, arm)

    def _believed(self, place: _Kind, cell: _Cell, arm: str) -> Belief:
        """Return the best linear prediction of a cell's mean, with what is not known of its parts."""
        strength, own = self._strengths[arm], self._spreads.speciality**2
        expected = place.difficulty + strength.mean
        noise = _noise(place, expected, cell)
        spoken = noise + own * cell.looks
        held = noise / spoken
        return Belief.of(
            held * expected + own * cell.total / spoken,
            held * own + held * held * (strength.variance + place.doubt),
            noise,
        )

    def _estimated_strength(self, arm: str) -> _Strength:
        own = self._spreads.speciality**2
        precision, total = self._spreads.strength**-2, 0.0
        for place in self._kinds.values():
            cell = place.cells.get(arm)
            if cell is not None and cell.looks:
                weight = 1.0 / (_noise(place, 0.5, cell) / cell.looks + own)
                precision += weight
                total += weight * (cell.mean - place.difficulty)
        return _Strength(total / precision, 1.0 / precision)


def _carried(mean: float, expected: float, found: float) -> float:
    """Return a mean after a change that brought another one from ``expected`` to ``found``."""
    if found < expected:
        return mean * found / expected
    return 1.0 - (1.0 - mean) * (1.0 - found) / max(1e-9, 1.0 - expected)


def _noise(place: _Kind, expected: float, cell: _Cell) -> float:
    """Return the variance of one score: that of a coin with this mean, times how the kind's scores scatter."""
    guess = (_PRIOR_COUNT * expected + cell.total) / (_PRIOR_COUNT + cell.looks)
    return place.squares / place.looks * _coin(guess)


def _coin(mean: float) -> float:
    """Return the variance of a coin, one that nearly always falls the same way left out."""
    kept = 0.05 if mean < 0.05 else 0.95 if mean > 0.95 else mean
    return kept * (1.0 - kept)

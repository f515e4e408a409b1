"""The port of all policies: a situation and the models that may be asked go in, a reasoned pick comes out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from codecompanion.contracts.errors import BadRequest

_REACH: Final = 5.0
"""Standard deviations of a sample that are looked at for a propensity; beyond lies less than a millionth."""
_STEPS: Final = 41
_ROOT_TWO: Final = math.sqrt(2.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is known of a call before it is made.

    ``kind`` is what models are compared on (role and task type); ``size`` is small, medium or large, "" where
    it is not known, and shifts what is expected. ``careful`` is a call that must not be used to try something
    out. ``preferred`` is the model to lean to while little is known. ``mended`` is work that tests will judge,
    and another model mend where they fail.
    """

    kind: str
    size: str = ""
    careful: bool = False
    preferred: str = ""
    mended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a verifier said of the work, from 0 to 1, and what that had cost in US dollars and in seconds.

    ``weight`` is below 1 for a partial verdict. Raises ``BadRequest`` for a number that cannot be meant.
    """

    quality: float
    dollars: float = 0.0
    seconds: float = 0.0
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.quality <= 1.0:
            raise BadRequest(f"the score {self.quality!r} cannot be used; give a number from 0 to 1")
        for name, value in (("cost", self.dollars), ("time", self.seconds), ("weight", self.weight)):
            if not 0.0 <= value < math.inf:
                raise BadRequest(f"the {name} {value!r} cannot be used; give a number that is not below 0")


class Pick(NamedTuple):
    """A model, and why it: for each model asked about, in order, the mean utility, its spread and the sample.

    A sample is drawn from a normal distribution around ``centres`` with ``spreads``; the highest one won,
    unless the policy took the best mean (``forced``), for example because the call must not be used to explore.
    """

    arm: str
    arms: tuple[str, ...]
    means: tuple[float, ...]
    samples: tuple[float, ...]
    centres: tuple[float, ...]
    spreads: tuple[float, ...]
    forced: bool = False
    explored: bool = False

    @property
    def propensity(self) -> float:
        """How likely this pick was, between 0 and 1; what off-policy estimates divide by."""
        return 1.0 if self.forced else propensities(self.centres, self.spreads)[self.arms.index(self.arm)]


class Policy(Protocol):
    """Picks models and learns from what came of it; all randomness comes from what it was made with."""

    def choose(self, situation: Situation, arms: Sequence[str]) -> Pick:
        """Pick one of ``arms``, of which there is at least one."""
        ...

    def learn(self, situation: Situation, arm: str, outcome: Outcome) -> None:
        """Take in what a pick brought, whenever that becomes known."""
        ...


def propensities(centres: Sequence[float], spreads: Sequence[float]) -> list[float]:
    """Return for each arm the chance that its normal sample is the highest, by numerical integration."""
    likely = [_chance_of_most(number, centres, spreads) for number in range(len(centres))]
    total = sum(likely) or 1.0
    return [chance / total for chance in likely]


def _chance_of_most(number: int, centres: Sequence[float], spreads: Sequence[float]) -> float:
    if spreads[number] <= 0.0:
        return _beaten(number, centres[number], centres, spreads)
    chance, step = 0.0, 2 * _REACH / (_STEPS - 1)
    for place in range(_STEPS):
        deviation = -_REACH + place * step
        density = math.exp(-0.5 * deviation * deviation) * step / math.sqrt(2 * math.pi)
        chance += density * _beaten(number, centres[number] + deviation * spreads[number], centres, spreads)
    return min(1.0, chance)


def _beaten(number: int, sample: float, centres: Sequence[float], spreads: Sequence[float]) -> float:
    """Return the chance that all other arms stay below ``sample``; of equals the first wins."""
    chance = 1.0
    for other, (centre, spread) in enumerate(zip(centres, spreads, strict=True)):
        if other == number:
            continue
        if spread > 0.0:
            chance *= 0.5 * math.erfc((centre - sample) / (spread * _ROOT_TWO))
        elif centre > sample or (centre == sample and other < number):
            return 0.0
    return chance


@dataclass(slots=True)
class Running:
    """A running mean of weighted values."""

    weight: float = 0.0
    total: float = field(default=0.0)

    def add(self, value: float, weight: float = 1.0) -> None:
        """Take one more value in."""
        self.weight += weight
        self.total += weight * value

    def mean(self, otherwise: float = 0.0, prior: float = 0.0) -> float:
        """Return the mean, drawn towards ``otherwise`` as if that had been seen ``prior`` times."""
        weight = self.weight + prior
        return (self.total + prior * otherwise) / weight if weight > 0 else otherwise

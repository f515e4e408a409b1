"""What a model's answer is worth to a person: quality, money and time, kept apart and weighed by settings."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from codecompanion.contracts.errors import BadRequest

Preset = Literal["quality", "balanced", "cheap", "fast"]


class Shares(NamedTuple):
    """How much quality one gives for the dearest model costing, and the slowest one taking, nothing."""

    money: float
    time: float


PRESETS: Final[Mapping[str, Shares]] = MappingProxyType(
    {
        "quality": Shares(0.0, 0.0),
        "balanced": Shares(0.07, 0.0),
        "cheap": Shares(0.35, 0.0),
        "fast": Shares(0.07, 0.20),
    }
)
"""Relative weights: 0.07 says that a model as dear as the dearest must score 7 points more than a free one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Either ``shares``, relative to the dearest and slowest model, or weights of a dollar and a minute.

    An absolute weight is the quality that is given up for one dollar, or one minute, less.
    """

    shares: Shares | None = None
    a_dollar: float = 0.0
    a_minute: float = 0.0

    @property
    def heeds_time(self) -> bool:
        """Whether the time an answer takes counts at all."""
        return (self.a_minute if self.shares is None else self.shares.time) > 0.0

    def absolute(self, dearest: float, slowest: float) -> tuple[float, float]:
        """Return what a dollar and a second weigh, given the mean dollars and seconds of the worst model."""
        if self.shares is None:
            return self.a_dollar, self.a_minute / 60
        money = self.shares.money / dearest if dearest > 0 else 0.0
        time = self.shares.time / slowest if slowest > 0 else 0.0
        return money, time


def parse_weights(text: str) -> Weights:
    """Read a preset's name, or ``cost=10,time=0.02`` (quality per dollar and per minute); raises BadRequest."""
    name = text.strip().lower()
    if name in PRESETS:
        return Weights(shares=PRESETS[name])
    numbers = {"cost": 0.0, "time": 0.0}
    for part in name.split(","):
        key, _, value = part.partition("=")
        if key.strip() not in numbers:
            raise _unknown(text)
        numbers[key.strip()] = _number(value, text)
    return Weights(a_dollar=numbers["cost"], a_minute=numbers["time"])


def _number(value: str, text: str) -> float:
    try:
        number = float(value)
    except ValueError:
        raise _unknown(text) from None
    if not 0.0 <= number < math.inf:
        raise _unknown(text)
    return number


def _unknown(text: str) -> BadRequest:
    return BadRequest(
        f"the weights {text!r} are not known; give one of {', '.join(PRESETS)}, or numbers such as "
        "'cost=10,time=0.02' (points of quality from 0 to 1 for a dollar and for a minute)"
    )

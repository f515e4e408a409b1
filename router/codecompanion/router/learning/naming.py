"""Policies by name."""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from types import MappingProxyType
from typing import Final, Protocol

from codecompanion.contracts.errors import BadRequest
from codecompanion.router.learning.burdens import Burdens
from codecompanion.router.learning.pacing import Option
from codecompanion.router.learning.plain import BetaSampling, Cheapest, Fixed, LinearSampling, Uniform
from codecompanion.router.learning.policy import Policy
from codecompanion.router.learning.pooled import PooledPolicy
from codecompanion.router.learning.quality import Priors

DEFAULT: Final = "pooled"
COMPARED: Final = (DEFAULT, "lints", "beta-ts")
"""The policies shown where none is named: ours, and what most others use."""


class CostAware(Policy, Protocol):
    """A policy that keeps account of costs and times, and can be paced."""

    @property
    def burdens(self) -> Burdens:
        """What answers have cost."""
        ...

    def outlook(self, kind: str, arms: Sequence[str]) -> Sequence[Option]:
        """Return what each model is expected to be worth and to cost at a kind of work."""
        ...


_MAKE: Final[Mapping[str, Callable[[Random, Burdens, Priors | None], CostAware]]] = MappingProxyType(
    {
        "pooled": lambda rng, burdens, priors: PooledPolicy(rng, burdens=burdens, priors=priors),
        "beta-ts": lambda rng, burdens, _: BetaSampling(rng, burdens),
        "beta-ts-10": lambda rng, burdens, _: BetaSampling(rng, burdens, mass=10.0),
        "flat-beta-ts": lambda rng, burdens, _: BetaSampling(rng, burdens, by_kind=False),
        "lints": lambda rng, burdens, _: LinearSampling(rng, burdens),
        "cheapest": lambda _, burdens, __: Cheapest(burdens),
        "random": lambda rng, burdens, _: Uniform(rng, burdens),
    }
)
NAMES: Final = (*_MAKE, "fixed:MODEL")


def make_policy(name: str, rng: Random, burdens: Burdens, priors: Priors | None = None) -> CostAware:
    """Return the policy of a name; ``fixed:MODEL`` always takes that model. Raises ``BadRequest``."""
    if name.startswith("fixed:"):
        return Fixed(name.removeprefix("fixed:"), burdens)
    if name not in _MAKE:
        raise BadRequest(f"unknown policy {name!r}; known: {', '.join(NAMES)}")
    return _MAKE[name](rng, burdens, priors)

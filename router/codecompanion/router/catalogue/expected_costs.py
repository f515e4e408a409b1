"""What a task is expected to cost with a model never asked here: its price times the tokens it may take.

The numbers of tokens are rough, and that hardly matters: they serve to compare models, and what was really paid
for others corrects them (``learning.spending``).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from codecompanion.contracts.messages import Role
from codecompanion.router.catalogue.catalogue import Catalogue
from codecompanion.router.prices import FREE, PriceList


class _Work(NamedTuple):
    """A task of one role: its model calls, and the tokens of output in all of them."""

    calls: int
    output: int


_OF_ROLE: Final[Mapping[str, _Work]] = MappingProxyType(
    {
        Role.PROJECT_MANAGER: _Work(2, 2_000),
        Role.CODE_GENERATOR: _Work(4, 6_000),
        Role.UI_DESIGNER: _Work(3, 8_000),
        Role.TEST_WRITER: _Work(4, 6_000),
        Role.DEBUGGER: _Work(5, 4_000),
    }
)
_USUAL: Final = _Work(4, 5_000)
_INPUT: Final[Mapping[str, int]] = MappingProxyType({"small": 2_000, "medium": 8_000, "large": 25_000})
"""Tokens that one call takes in by the size of the request, what is sent again with each call among it."""
_MEDIUM: Final = "medium"


class ExpectedCosts:
    """US dollars a task by kind (``role/task type``), size and model; None while no price can be told.

    A model without a price of its own is taken to cost what its family does, or else what a usual model does.
    """

    def __init__(self, catalogue: Catalogue, prices: PriceList) -> None:
        self._catalogue = catalogue
        self._prices = prices
        self._known: dict[tuple[str, str, str], float | None] = {}

    def __call__(self, kind: str, size: str, arm: str) -> float | None:
        """Return what a task is expected to cost; asked at every choice, so each answer is kept."""
        key = (kind.partition("/")[0], size, arm)
        if key in self._known:
            return self._known[key]
        if not self._prices.loaded:
            # nobody waits for the list here; it is there once anything was paid for
            return None
        work, given = _OF_ROLE.get(key[0], _USUAL), _INPUT.get(size, _INPUT[_MEDIUM])
        found = self._known[key] = self._dollars(arm, work.calls * given, work.output)
        return found

    def _dollars(self, arm: str, given: int, made: int) -> float | None:
        own = self._listed(arm, given, made)
        if own is not None:
            return own
        family = self._catalogue.family(arm)
        everyone = [model.model for model in self._catalogue.models()]
        relatives = [name for name in everyone if family is not None and self._catalogue.family(name) == family]
        return self._mean(relatives, given, made) or self._mean(everyone, given, made)

    def _mean(self, arms: list[str], given: int, made: int) -> float | None:
        hosted = [arm for arm in arms if arm.partition("/")[0] not in FREE]
        costs = [cost for arm in hosted if (cost := self._listed(arm, given, made)) is not None]
        return sum(costs) / len(costs) if costs else None

    def _listed(self, arm: str, given: int, made: int) -> float | None:
        provider, _, model = arm.partition("/")
        return self._prices.cost(provider, model, input_tokens=given, output_tokens=made)

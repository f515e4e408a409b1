"""One try of a call while it is made, and what it is charged for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from codecompanion.contracts.errors import ProviderError, ProviderFault
from codecompanion.contracts.model_calls import Counted, Finished, ModelRequest, StreamPart
from codecompanion.contracts.spending import Allowance, Charge, Payer
from codecompanion.router.budget.money import nearest_micros
from codecompanion.router.budget.worst_case import WorstCase

_NOTHING_BILLED: Final = frozenset(
    {
        ProviderFault.MISSING_KEY,
        ProviderFault.REFUSED_KEY,
        ProviderFault.RATE_LIMITED,
        ProviderFault.BAD_REQUEST,
        ProviderFault.UNKNOWN_MODEL,
        ProviderFault.UNAVAILABLE,
    }
)
"""Faults that are told instead of an answer: before any part of one came, nothing was billed."""


@dataclass(slots=True)
class Payment:
    """One try of a call while it is made: ``request`` is what may be asked, ``set_aside`` what it may cost.

    ``lower`` is told when it turns out that it can cost less.
    """

    request: ModelRequest
    payer: Payer
    accounts: tuple[Allowance, ...] = ()
    worst: int | None = 0
    set_aside: int | None = None
    bound: WorstCase | None = None
    lower: Callable[[str, int], None] = lambda call_id, micros: None
    begun: bool = field(default=False, init=False)
    finished: Finished | None = field(default=None, init=False)

    def take(self, part: StreamPart) -> None:
        """Take notice of a part of the answer."""
        self.begun = True
        if isinstance(part, Finished):
            self.finished = part
        elif isinstance(part, Counted) and self.bound is not None:
            self._count(self.bound.counted(part, self.request.max_tokens))

    def _count(self, most: int | None) -> None:
        """Take in what the call can cost at most, now that its input is counted."""
        if most is None:
            return
        self.worst = most if self.worst is None else min(self.worst, most)
        if self.set_aside is not None and most < self.set_aside:
            self.set_aside = most
            self.lower(self.payer.call_id, most)

    def charge(self, error: BaseException | None) -> Charge | None:
        """Return what the try cost, as far as anybody knows; None where it surely cost nothing."""
        if self.finished is not None:
            usage = self.finished.usage
            known = usage.cost is not None
            return Charge(
                micros=nearest_micros(usage.cost or 0.0) if known else self.set_aside or 0,
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                cached_tokens=usage.cached_tokens,
                sure=known,
            )
        if not self.begun and isinstance(error, ProviderError) and error.fault in _NOTHING_BILLED:
            return None
        return Charge(micros=(self.worst if self.set_aside is None else self.set_aside) or 0, sure=False)

"""What a call cost, in US dollars, from a price list that comes with the program."""

import importlib
import logging
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from codecompanion.router.catalogue.catalogue import Catalogue

logger = logging.getLogger(__name__)

_LISTED_AS: Final[Mapping[str, str]] = MappingProxyType(
    {"anthropic": "anthropic", "openai": "openai", "gemini": "google"}
)
FREE: Final = frozenset({"local", "offline"})
_MILLION: Final = 1_000_000


class PriceList:
    """The bundled price list, with the prices of a catalogue above it.

    ``load`` reads the list from disk, so call that off the event loop.
    """

    def __init__(self, own: Catalogue | None = None) -> None:
        self._own = own

    @property
    def loaded(self) -> bool:
        """Whether this process has read the list."""
        return _bundled.cache_info().currsize > 0

    def load(self) -> None:
        """Read the list; later calls do nothing."""
        _bundled()

    def cost(
        self,
        provider: str,
        model: str,
        *,
        input_tokens: int,
        output_tokens: int,
        cached: int = 0,
        written: int = 0,
    ) -> float | None:
        """Return the price of one call in US dollars, None when it is not known.

        ``input_tokens`` counts all input, the ``cached`` (read from the provider's cache) and ``written``
        (put into it) ones among them; a catalogue's price is the same for all. Local and offline calls cost 0.0
        where the catalogue has no price for them.
        """
        own = self._own.price(f"{provider}/{model}") if self._own is not None else None
        if own is not None:
            return (input_tokens * own.input + output_tokens * own.output) / _MILLION
        if provider in FREE:
            return 0.0
        if provider not in _LISTED_AS or not (input_tokens or output_tokens):
            return None
        listed = _bundled()
        usage = listed.Usage(
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            cache_read_tokens=cached or None,
            cache_write_tokens=written or None,
        )
        try:
            price = listed.calc_price(usage, model, provider_id=_LISTED_AS[provider])
        except (LookupError, ValueError) as error:
            logger.debug("no price for %s/%s: %s", provider, model, error)
            return None
        return float(price.total_price)


@cache
def _bundled() -> Any:
    return importlib.import_module("genai_prices")

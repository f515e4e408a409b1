"""What all gateways of a process share, so that what one of them learns or spends counts for all."""

import time
from dataclasses import dataclass, field

from codecompanion.router.budget.book import SpendingBook
from codecompanion.router.budget.purse import Purse, purse_of
from codecompanion.router.catalogue.catalogue import Catalogue
from codecompanion.router.config import RouterConfig
from codecompanion.router.health import ProviderHealth
from codecompanion.router.places import ProviderPlaces
from codecompanion.router.prices import PriceList
from codecompanion.router.rests import KeyRests, SharedRests, fingerprints


@dataclass(frozen=True, slots=True)
class CallMeans:
    """The places at the providers, their health, and the spending; without a ``book`` nothing is paid for.

    With ``rests`` what is known of the providers' health is shared with the person's other processes.
    """

    places: ProviderPlaces = field(default_factory=ProviderPlaces)
    health: ProviderHealth = field(default_factory=lambda: ProviderHealth(time.monotonic))
    book: SpendingBook | None = None
    rests: SharedRests | None = None

    def purse(self, config: RouterConfig) -> Purse | None:
        """Return what pays for the calls of a gateway; None where nothing does."""
        if self.book is None:
            return None
        return purse_of(config.budgets, self.book, PriceList(Catalogue(config.catalogue)))

    def rests_of(self, config: RouterConfig) -> KeyRests | None:
        """Return what shares rests for the keys of a configuration; None where nothing does."""
        return KeyRests(self.rests, fingerprints(config)) if self.rests is not None else None

    async def close(self) -> None:
        """Let go of the ledger."""
        if self.book is not None:
            await self.book.close()

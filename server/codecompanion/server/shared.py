"""What all folders of one process share: the bus, and the way to the models."""

import logging
from collections.abc import Callable
from functools import partial

from codecompanion.contracts.events import Recorded
from codecompanion.contracts.ports import SubscriberLagged
from codecompanion.contracts.spending import SpendLedger
from codecompanion.orchestra.engine import Engine
from codecompanion.orchestra.outages import pause_while_away
from codecompanion.orchestra.templates.library import Templates
from codecompanion.router.config import RouterConfig
from codecompanion.router.fleet.fleet import Fleet
from codecompanion.router.fleet.fleet_gateway import build_fleet_gateway
from codecompanion.router.gateway import Gateway, build_gateway
from codecompanion.router.means import CallMeans
from codecompanion.server.editor.current_gateway import CurrentGateway
from codecompanion.server.settings.model import Settings
from codecompanion.server.settings.routing import router_config
from codecompanion.server.spending import call_means
from codecompanion.server.transport import Transport, open_transport

log = logging.getLogger(__name__)


class Shared:
    """What all workspaces of one process use together: one event bus and one way to the models."""

    def __init__(
        self,
        settings: Settings,
        transport: Transport | None = None,
        warn: Callable[[str], None] = log.warning,
    ) -> None:
        self.transport = transport or Transport()
        self.bus = self.transport.bus
        self.means = call_means(warn)
        self.settings = settings
        make = partial(gateway_of, means=self.means, fleet=self.transport.fleet)
        self.gateway = CurrentGateway(make, router_config(settings))

    @classmethod
    async def open(cls, settings: Settings, warn: Callable[[str], None]) -> "Shared":
        """Return it with the bus the settings name; raises ``TransportAway``. ``warn`` tells of budgets."""
        return cls(settings, await open_transport(settings.redis_url), warn)

    def adopt(self, settings: Settings) -> None:
        """Use the models of changed settings from now on."""
        self.settings = settings
        self.gateway.adopt(router_config(settings))

    async def follow(self, recorded: Callable[[Recorded], None], lagged: Callable[[], None]) -> None:
        """Call ``recorded`` with every event of every run, ``lagged`` when some were lost on the way."""
        events = self.bus.subscribe()
        while True:
            try:
                async for one in events:
                    recorded(one)
                return
            except SubscriberLagged as loss:
                log.warning("%s", loss)
                lagged()

    async def mind_outages(self, engines: Callable[[], list[Engine]], say: Callable[[str], None]) -> None:
        """Let runs wait while the bus is away; never returns."""
        await pause_while_away(self.bus, engines, say)

    async def ledger(self) -> SpendLedger:
        """Return the person's spending ledger; raises ``OrchestraError`` where it cannot be used."""
        assert self.means.book is not None
        return await self.means.book.ledger()

    async def close(self) -> None:
        """Close the connections to the models and to other processes."""
        await self.gateway.close()
        await self.means.close()
        await self.transport.close()


def gateway_of(config: RouterConfig, means: CallMeans | None = None, fleet: Fleet | None = None) -> Gateway:
    """Return the way to the models that settings describe; connects to nobody yet."""
    if fleet is None:
        return build_gateway(config, Templates(), means)
    return build_fleet_gateway(config, Templates(), fleet, means)

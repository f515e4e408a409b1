"""Puts a worker of the fleet together: a Redis, this machine's keys, and the clients of their providers."""

import logging
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from codecompanion.contracts.errors import BadRequest
from codecompanion.contracts.wording import counted
from codecompanion.orchestra.templates.library import Templates
from codecompanion.router.config import PROVIDERS, RouterConfig
from codecompanion.router.fleet.call_worker import CallWorker
from codecompanion.router.fleet.heeding_client import HeedingClient
from codecompanion.router.providers.assembly import make_clients
from codecompanion.server.settings.model import Settings
from codecompanion.server.settings.routing import router_config
from codecompanion.server.spending import call_means
from codecompanion.server.transport import address_of, open_redis_bus

log = logging.getLogger(__name__)


@asynccontextmanager
async def fleet_worker(
    settings: Settings, redis_url: str, *, name: str, at_once: int, say: Callable[[str], None]
) -> AsyncIterator[CallWorker]:
    """Give a worker that is ready to run.

    Raises ``TransportAway`` where the Redis cannot be used, and ``BadRequest`` where no provider is set up.
    """
    config = router_config(settings)
    providers = _own_providers(config)
    async with AsyncExitStack() as stack:
        clients = make_clients(config, Templates())
        for client in clients.values():
            stack.push_async_callback(client.close)
        address = address_of(redis_url)
        bus = await open_redis_bus(address)
        stack.push_async_callback(bus.close)
        means = call_means(log.warning)
        stack.push_async_callback(means.close)
        rests = means.rests_of(config)
        asked = {name: HeedingClient(clients[name], means.health, rests) for name in providers}
        facts = {"host": socket.gethostname(), "pid": os.getpid()}
        say(f"{name} asks {', '.join(providers)} for {address}; {counted(at_once, 'call')} at once.")
        if config.budgets.any:
            say("The budgets set here do not bound this worker: whoever owns the runs keeps the budgets.")
        yield CallWorker(bus, asked, name=name, at_once=at_once, facts=facts, say=say)


def _own_providers(config: RouterConfig) -> list[str]:
    found = [name for name in PROVIDERS if name != "offline" and config.configured(name)]
    if not found:
        names = ", ".join(info.key_name for name, info in PROVIDERS.items() if name not in ("offline", "local"))
        raise BadRequest(
            f"this worker could ask nobody: set a key ({names}), "
            "or the address of a server of your own (ORCHESTRA_LOCAL_BASE_URL)"
        )
    return found

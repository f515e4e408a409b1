"""The bus a process uses: its own, or a Redis that it shares with a fleet."""

import asyncio
import importlib
import time
from dataclasses import dataclass, field

from codecompanion.contracts.errors import BadRequest
from codecompanion.contracts.ports import Bus
from codecompanion.orchestra.bus.memory_bus import MemoryBus
from codecompanion.orchestra.bus.redis_address import RedisAddress, parse_address
from codecompanion.orchestra.bus.redis_bus import RedisBus
from codecompanion.router.fleet.fleet import Fleet


@dataclass(frozen=True, slots=True)
class Transport:
    """The one bus of a process; with a ``fleet``, model calls are made by workers."""

    bus: Bus = field(default_factory=MemoryBus)
    fleet: Fleet | None = None

    async def close(self) -> None:
        """Let go of the fleet and of the bus."""
        if self.fleet is not None:
            await self.fleet.close()
        await self.bus.close()


async def open_transport(redis_url: str | None) -> Transport:
    """Return this process's own bus, or the one at that address; raises ``TransportAway``."""
    if redis_url is None:
        return Transport()
    bus = await open_redis_bus(address_of(redis_url))
    fleet = Fleet(bus, time.monotonic)
    try:
        await fleet.start()
    except BaseException:
        await bus.close()
        raise
    return Transport(bus, fleet)


async def open_redis_bus(address: RedisAddress) -> RedisBus:
    """Connect to a Redis; raises ``TransportAway`` with the mend."""
    # a third of a second that the event loop must not stand still for
    await asyncio.to_thread(importlib.import_module, "redis.asyncio")
    return await RedisBus.open(address)


def address_of(redis_url: str) -> RedisAddress:
    """Return the address; raises ``BadRequest`` without the value, which may hold a password."""
    try:
        return parse_address(redis_url)
    except ValueError as fault:
        raise BadRequest(f"the address of the Redis is {fault}") from None

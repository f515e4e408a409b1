"""Hears at once which messages were withdrawn; a missed word is made up for by the next renewal."""

import asyncio
import logging
from typing import Final
from weakref import WeakValueDictionary

from codecompanion.orchestra.bus.redis_link import PREFIX, RedisLink, demand_not_cancelled

_log = logging.getLogger(__name__)


class Revocations:
    """Listens on one channel, from the first ``listen`` on."""

    CHANNEL: Final = f"{PREFIX}withdrawn"

    def __init__(self, link: RedisLink) -> None:
        self._link = link
        self._events: WeakValueDictionary[str, asyncio.Event] = WeakValueDictionary()
        self._listening: asyncio.Task[None] | None = None

    def of(self, name: str) -> asyncio.Event:
        """Return a fresh event that is set when the message of that key is withdrawn."""
        event = asyncio.Event()
        self._events[name] = event
        return event

    async def listen(self) -> None:
        """Begin to listen, if that has not begun; returns when the server has confirmed it."""
        if self._listening is None:
            heard = asyncio.Event()
            self._listening = asyncio.create_task(self._listen(heard), name="hear of withdrawn work")
            await heard.wait()

    async def _listen(self, heard: asyncio.Event) -> None:
        from redis.exceptions import RedisError  # noqa: PLC0415

        while True:
            try:
                await self._hear(heard)
            except (RedisError, OSError) as error:
                # the queue's own commands say that the server is away; here it is only waited for
                _log.debug("the channel of withdrawn work broke: %s", error)
                demand_not_cancelled()
                heard.set()
                await asyncio.sleep(0.2)

    async def _hear(self, heard: asyncio.Event) -> None:
        async with self._link.client.pubsub() as channel:
            await channel.subscribe(self.CHANNEL)
            while True:
                message = await channel.get_message(timeout=self._link.terms.block)
                demand_not_cancelled()
                if message is None:
                    continue
                if message["type"] == "subscribe":
                    heard.set()
                elif message["type"] == "message" and message["data"] in self._events:
                    self._events[message["data"]].set()

    async def close(self) -> None:
        """Stop listening."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)

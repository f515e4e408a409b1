"""The feed over Redis: subscribers here are told at once, those in other processes through a trimmed stream."""

import asyncio
import logging
import uuid
from collections import deque
from typing import Any, Final

from pydantic import ValidationError

from codecompanion.contracts.events import Recorded
from codecompanion.orchestra.bus.local_feed import BACKLOG, LocalFeed
from codecompanion.orchestra.bus.redis_link import PREFIX, RedisLink

_log = logging.getLogger(__name__)

STREAM: Final = f"{PREFIX}feed"
KEPT: Final = 10_000
"""Events kept for slow readers, about; nothing is pending on this stream, so it may be trimmed."""
_BATCH: Final = 64


class RedisFeed:
    """Carries events to and from other processes, in the order of each run, without holding up the publisher.

    What cannot be sent while the server is away, beyond ``backlog`` events, is dropped: other processes are
    told how many, as they are after a trim or a flush, and read the log. A run has one owner, so events of one
    run never cross on their way.
    """

    def __init__(self, link: RedisLink, local: LocalFeed, backlog: int = BACKLOG) -> None:
        self._link = link
        self._local = local
        self._me = uuid.uuid4().hex
        self._waiting: deque[Recorded] = deque()
        self._backlog = backlog
        self._dropped = 0
        self._news = asyncio.Event()
        self._sent = 0
        self._heard: dict[str, int] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to send, and to hear what others send from now on."""
        newest = await self._link.call(lambda: self._link.client.xrevrange(STREAM, count=1))
        after = newest[0][0] if newest else "0-0"
        self._tasks = [
            asyncio.create_task(self._send(), name="send events"),
            asyncio.create_task(self._hear(after), name="hear events"),
        ]

    def offer(self, recorded: Recorded) -> None:
        """Take in an event to be sent; never waits."""
        if len(self._waiting) == self._backlog:
            self._dropped += len(self._waiting)
            self._waiting.clear()
        self._waiting.append(recorded)
        self._news.set()

    async def _send(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
                # counted on, so that readers can tell what was dropped, trimmed or added twice
                first = self._sent + self._dropped + 1
                self._sent, self._dropped = first + len(batch) - 1, 0
                await self._link.call(lambda batch=batch, first=first: self._add(batch, first))  # type: ignore[misc]

    async def _add(self, batch: list[Recorded], first: int) -> None:
        async with self._link.client.pipeline(transaction=False) as pipe:
            for number, recorded in enumerate(batch, first):
                fields: dict[Any, Any] = {
                    "from": self._me,
                    "number": number,
                    "event": recorded.model_dump_json(),
                }
                pipe.xadd(STREAM, fields, maxlen=KEPT, approximate=True)
            await pipe.execute()

    async def _hear(self, after: str) -> None:
        block = int(self._link.terms.block * 1000)
        while True:
            answer = await self._link.call(
                lambda after=after: self._link.client.xread({STREAM: after}, count=500, block=block)  # type: ignore[misc]
            )
            for _, entries in answer or ():
                for entry, fields in entries:
                    after = entry
                    self._take(fields)

    def _take(self, fields: dict[str, str]) -> None:
        sender, number = fields["from"], int(fields["number"])
        if sender == self._me:
            return
        before = self._heard.get(sender, number - 1)
        if number <= before:
            return
        if number > before + 1:
            self._local.lose(number - before - 1)
        self._heard[sender] = number
        try:
            recorded = Recorded.model_validate_json(fields["event"])
        except ValidationError:
            _log.debug("an event of another release is left out: %s", fields["event"][:200])
            self._local.lose(1)
            return
        self._local.publish(recorded)

    async def close(self) -> None:
        """Stop; what was not sent yet is dropped."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

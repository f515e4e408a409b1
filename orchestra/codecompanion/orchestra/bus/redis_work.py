"""Work over Redis Streams: consumer groups, leases, fences; all that must be one step is one script."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from codecompanion.contracts.messages import Priority
from codecompanion.contracts.work import DeadLetter, Message, MessageState, Standing, TopicState
from codecompanion.orchestra.bus.redis_link import PREFIX, RedisLink
from codecompanion.orchestra.bus.redis_revocations import Revocations
from codecompanion.orchestra.bus.terms import WorkTerms

_log = logging.getLogger(__name__)

PRIORITIES: Final = tuple(sorted((int(one) for one in Priority), reverse=True))
SWEEPER: Final = "~sweeper"
_FULL_WAIT: Final = (0.02, 0.3)
_STATES: Final[dict[str, MessageState]] = {
    "unknown": "unknown",
    "lost": "unknown",
    "waiting": "waiting",
    "behind": "waiting",
    "taken": "taken",
    "done": "done",
    "dead": "dead",
}

Arguments = list[str | int]


class RedisWork:
    """A ``WorkQueue`` for any number of processes.

    A topic is one stream a priority, with one consumer group. Streams are never trimmed: an entry goes when its
    message is done, so that nothing undelivered or pending can be cut off. ``send`` puts right what others cut.
    """

    def __init__(self, link: RedisLink, terms: WorkTerms, chance: Callable[[], float] = random.random) -> None:
        self._link = link
        self._terms = terms
        self._chance = chance
        self._grouped: set[str] = set()
        self._next_sweep: dict[str, float] = {}
        self._touched: dict[str, set[str]] = {}
        self._revocations = Revocations(link)

    async def send(self, topic: str, message: Message) -> MessageState:
        """As ``WorkQueue.send``."""
        await self._demand_group(topic)
        arguments: Arguments = [
            message.id,
            message.key,
            int(message.priority),
            message.payload,
            self._terms.limit,
        ]
        wait = _FULL_WAIT[0]
        while (state := await self._link.script("send", [stem(topic)], arguments)) == "full":
            await asyncio.sleep(wait * (0.5 + self._chance()))
            wait = min(wait * 2, _FULL_WAIT[1])
        if state == "lost":
            _log.warning("the queue entry of %s in %r was lost and is queued again", message.id, topic)
        return _STATES[state]

    async def take(self, topics: Sequence[str], consumer: str, wait: float) -> "RedisDelivery | None":
        """As ``WorkQueue.take``."""
        ends = time.monotonic() + wait
        self._touched.setdefault(consumer, set()).update(topics)
        await self._revocations.listen()
        while True:
            taken = await self._grouped_script("take", topics, [consumer])
            left = ends - time.monotonic()
            if not taken and left > 0:
                await self._sweep(topics)
                taken = await self._wait_for_one(topics, consumer, min(left, self._poll))
            if taken:
                return self._delivery(taken, consumer)
            if left <= 0:
                return None

    @property
    def _poll(self) -> float:
        return min(self._terms.lease / 8, self._link.terms.block)

    async def _wait_for_one(self, topics: Sequence[str], consumer: str, seconds: float) -> list[Any] | None:
        """Block until an entry arrives in any queue; what comes beside the most urgent one is handed back."""
        queues = {f"{stem(t)}queue:{p}": (stem(t), p) for p in PRIORITIES for t in topics}
        block = max(1, int(seconds * 1000))
        command: Arguments = ["XREADGROUP", "GROUP", "workers", consumer, "COUNT", 1, "BLOCK", block, "STREAMS"]
        answer = await self._link.call(
            lambda: self._tolerating_no_group(*command, *queues, *[">" for _ in queues])
        )
        if answer is None:
            return None
        if answer == "no group":
            self._grouped.difference_update(topics)
            return None
        came = [(queues[name], entry) for name, entries in answer for entry in entries]
        begun = []
        for (base, priority), (entry, fields) in came:
            taken = await self._link.script("begin", [base], [consumer, priority, entry, fields.get("id", "")])
            if taken:
                begun.append(taken)
        for extra in begun[1:]:
            await self._delivery(extra, consumer).hand_back()
        return begun[0] if begun else None

    async def _tolerating_no_group(self, *command: str | int) -> Any:
        from redis.exceptions import ResponseError  # noqa: PLC0415

        try:
            return await self._link.client.execute_command(*command)  # type: ignore[no-untyped-call]
        except ResponseError as error:
            if _group_is_gone(error):
                return "no group"
            raise

    async def look(self, topic: str, message_id: str) -> Standing:
        """As ``WorkQueue.look``."""
        await self._sweep([topic])
        state, attempts, consumer = await self._link.script("look", [stem(topic)], [message_id])
        return Standing(state, attempts, consumer)

    async def withdraw(self, topic: str, message_id: str) -> None:
        """As ``WorkQueue.withdraw``."""
        await self._link.script("withdraw", [stem(topic)], [message_id, Revocations.CHANNEL])

    async def topic(self, name: str) -> TopicState:
        """As ``WorkQueue.topic``."""
        waiting, taken, lost, dead = await self._link.script("topic", [stem(name)], [])
        letters = tuple(
            DeadLetter(id=i, topic=name, attempts=attempts, consumer=consumer, at=float(at) / 1000)
            for i, attempts, consumer, at in dead
        )
        return TopicState(topic=name, waiting=waiting, taken=taken, lost=lost, dead=letters)

    async def put_back(self, consumer: str, topics: Sequence[str], *, delete: bool) -> None:
        """Let others have at once what a consumer left pending; ``delete`` also forgets the consumer."""
        for topic in topics:
            arguments: Arguments = [consumer, self._terms.attempts, int(delete)]
            await self._grouped_script("retire", [topic], arguments)

    def touched(self, consumer: str) -> set[str]:
        """Return the topics that a consumer of this process has taken from."""
        return self._touched.get(consumer, set())

    async def _sweep(self, topics: Sequence[str]) -> None:
        """Put back what nobody extends any more, where it is time for it."""
        now = time.monotonic()
        for topic in topics:
            if self._next_sweep.get(topic, 0.0) <= now:
                self._next_sweep[topic] = now + self._terms.lease / 4
                arguments: Arguments = [SWEEPER, int(self._terms.lease * 1000), self._terms.attempts]
                await self._grouped_script("sweep", [topic], arguments)

    async def _demand_group(self, topic: str) -> None:
        if topic not in self._grouped:
            await self._link.script("groups", [stem(topic)], [])
            self._grouped.add(topic)

    async def _grouped_script(self, name: str, topics: Sequence[str], arguments: Sequence[str | int]) -> Any:
        """Run a script that needs the groups; a flush takes them away, so they are made again."""
        from redis.exceptions import ResponseError  # noqa: PLC0415

        for pause in (0.0, 0.05, 0.2, 0.5):
            await asyncio.sleep(pause)
            for topic in topics:
                await self._demand_group(topic)
            try:
                return await self._link.script(name, [stem(one) for one in topics], arguments)
            except ResponseError as error:
                if not _group_is_gone(error):
                    raise
                self._grouped.difference_update(topics)
        return None

    def _delivery(self, taken: list[Any], consumer: str) -> "RedisDelivery":
        base, message_id, key, priority, payload, attempts, epoch, _ = taken
        message = Message(id=message_id, key=key, priority=Priority(int(priority)), payload=payload)
        return RedisDelivery(self, base, message, attempt=int(attempts), epoch=int(epoch), consumer=consumer)

    # -- what deliveries ask for

    async def acknowledge(self, delivery: "RedisDelivery") -> bool:
        """Take a delivery's message off for good, if it still is the present one."""
        arguments: Arguments = [delivery.message.id, delivery.epoch, int(self._terms.keep * 1000)]
        return bool(await self._link.script("acknowledge", [stem(delivery.topic)], arguments))

    async def extend(self, delivery: "RedisDelivery") -> bool:
        """Renew the lease of the present delivery."""
        await self._sweep([delivery.topic])
        arguments: Arguments = [delivery.message.id, delivery.epoch, delivery.consumer]
        return bool(await self._link.script("extend", [stem(delivery.topic)], arguments))

    async def hand_back(self, delivery: "RedisDelivery") -> None:
        """Let others have a delivery's message."""
        await self._link.script("hand_back", [stem(delivery.topic)], [delivery.message.id, delivery.epoch])

    def revoked(self, delivery: "RedisDelivery") -> asyncio.Event:
        """Return what is set when the message is withdrawn."""
        return self._revocations.of(f"{stem(delivery.topic)}message:{delivery.message.id}")

    async def close(self) -> None:
        """Stop listening."""
        await self._revocations.close()


class RedisDelivery:
    """A ``Delivery`` of ``RedisWork``."""

    def __init__(
        self, work: RedisWork, base: str, message: Message, *, attempt: int, epoch: int, consumer: str
    ) -> None:
        self._work = work
        self.topic = base.removeprefix(f"{PREFIX}work:").removesuffix(":")
        self.message = message
        self.attempt = attempt
        self.epoch = epoch
        self.consumer = consumer
        self._revoked = work.revoked(self)

    async def acknowledge(self) -> bool:
        """As ``Delivery.acknowledge``."""
        return await self._work.acknowledge(self)

    async def extend(self) -> bool:
        """As ``Delivery.extend``."""
        held = await self._work.extend(self)
        if not held:
            self._revoked.set()
        return held

    async def hand_back(self) -> None:
        """As ``Delivery.hand_back``."""
        await self._work.hand_back(self)

    async def until_lost(self) -> None:
        """As ``Delivery.until_lost``."""
        await self._revoked.wait()


def stem(topic: str) -> str:
    """Return how the keys of a topic begin."""
    return f"{PREFIX}work:{topic}:"


def _group_is_gone(error: Exception) -> bool:
    said = str(error)
    return "NOGROUP" in said or "UNBLOCKED" in said

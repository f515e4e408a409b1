"""Work within one process: the rules of the queue, without a server."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from codecompanion.contracts.work import DeadLetter, Delivery, Message, MessageState, Standing, TopicState
from codecompanion.orchestra.bus.terms import WorkTerms

MonotonicClock = Callable[[], float]


@dataclass(eq=False, slots=True)
class _Entry:
    message: Message
    arrived: int
    state: MessageState = "waiting"
    attempts: int = 0
    epoch: int = 0
    consumer: str = ""
    lease_ends: float = 0.0
    revoked: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class _Topic:
    entries: dict[str, _Entry] = field(default_factory=dict)
    done: dict[str, tuple[int, float]] = field(default_factory=dict)
    dead: dict[str, DeadLetter] = field(default_factory=dict)
    keys: defaultdict[str, deque[str]] = field(default_factory=lambda: defaultdict(deque))

    def ready(self) -> _Entry | None:
        """The most urgent, then the oldest message whose key has nothing before it."""
        waiting = (
            one for one in self.entries.values() if one.state == "waiting" and self._is_next(one.message)
        )
        return min(waiting, key=lambda one: (-one.message.priority, one.arrived), default=None)

    def _is_next(self, message: Message) -> bool:
        return not message.key or self.keys[message.key][0] == message.id

    def remove(self, entry: _Entry) -> None:
        del self.entries[entry.message.id]
        if key := entry.message.key:
            self.keys[key].remove(entry.message.id)
            if not self.keys[key]:
                del self.keys[key]


class MemoryWork:
    """A ``WorkQueue`` on the event loop's thread. Nothing outlives the process."""

    def __init__(self, terms: WorkTerms, clock: MonotonicClock) -> None:
        self._terms = terms
        self._clock = clock
        self._topics: defaultdict[str, _Topic] = defaultdict(_Topic)
        self._count = 0
        self._changed = asyncio.Event()

    async def send(self, topic: str, message: Message) -> MessageState:
        """As ``WorkQueue.send``."""
        while (before := self._standing(topic, message.id).state) == "unknown":
            if len(self._topics[topic].entries) < self._terms.limit:
                self._count += 1
                self._topics[topic].entries[message.id] = _Entry(message, self._count)
                if message.key:
                    self._topics[topic].keys[message.key].append(message.id)
                self._notify()
                break
            await self._changed.wait()
        return before

    async def take(self, topics: Sequence[str], consumer: str, wait: float) -> Delivery | None:
        """As ``WorkQueue.take``."""
        ends = self._clock() + wait
        while True:
            if (delivery := self._take(topics, consumer)) is not None:
                return delivery
            left = ends - self._clock()
            if left <= 0:
                return None
            try:
                async with asyncio.timeout(min(left, self._terms.lease / 4)):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _take(self, topics: Sequence[str], consumer: str) -> "MemoryDelivery | None":
        ready: list[tuple[str, _Entry]] = []
        for name in topics:
            self._sweep(name)
            if (entry := self._topics[name].ready()) is not None:
                ready.append((name, entry))
        if not ready:
            return None
        name, entry = min(ready, key=lambda one: (-one[1].message.priority, one[1].arrived))
        entry.state, entry.consumer = "taken", consumer
        entry.attempts += 1
        self._count += 1
        entry.epoch = self._count
        entry.lease_ends = self._clock() + self._terms.lease
        entry.revoked = asyncio.Event()
        return MemoryDelivery(self, name, entry)

    def _sweep(self, name: str) -> None:
        """Take back what was not extended in time; give up what has ended too many consumers."""
        topic = self._topics[name]
        now = self._clock()
        for entry in [one for one in topic.entries.values() if one.state == "taken" and one.lease_ends <= now]:
            entry.revoked.set()
            if entry.attempts >= self._terms.attempts:
                topic.remove(entry)
                topic.dead[entry.message.id] = DeadLetter(
                    id=entry.message.id, topic=name, attempts=entry.attempts, consumer=entry.consumer, at=now
                )
                self._notify()
            else:
                entry.state = "waiting"

    async def look(self, topic: str, message_id: str) -> Standing:
        """As ``WorkQueue.look``."""
        self._sweep(topic)
        return self._standing(topic, message_id)

    def _standing(self, name: str, message_id: str) -> Standing:
        topic = self._topics[name]
        if (entry := topic.entries.get(message_id)) is not None:
            return Standing(entry.state, entry.attempts, entry.consumer)
        if (letter := topic.dead.get(message_id)) is not None:
            return Standing("dead", letter.attempts, letter.consumer)
        _, until = topic.done.get(message_id, (0, 0.0))
        return Standing("done") if until > self._clock() else Standing("unknown")

    async def withdraw(self, topic: str, message_id: str) -> None:
        """As ``WorkQueue.withdraw``."""
        here = self._topics[topic]
        if (entry := here.entries.get(message_id)) is not None:
            here.remove(entry)
            entry.revoked.set()
        here.done.pop(message_id, None)
        here.dead.pop(message_id, None)
        self._notify()

    async def topic(self, name: str) -> TopicState:
        """As ``WorkQueue.topic``."""
        self._sweep(name)
        topic = self._topics[name]
        taken = sum(one.state == "taken" for one in topic.entries.values())
        waiting = len(topic.entries) - taken
        return TopicState(topic=name, waiting=waiting, taken=taken, lost=0, dead=tuple(topic.dead.values()))

    def hand_back_all(self, consumer: str) -> None:
        """Let others have at once what a consumer holds."""
        for topic in self._topics.values():
            for entry in topic.entries.values():
                if entry.state == "taken" and entry.consumer == consumer:
                    entry.state = "waiting"
                    entry.revoked.set()
        self._notify()

    def held(self, topic: str, entry: _Entry, epoch: int) -> bool:
        """Whether the delivery of that epoch is the present one."""
        present = self._topics[topic].entries.get(entry.message.id)
        return present is entry and entry.state == "taken" and entry.epoch == epoch

    def done(self, topic: str, entry: _Entry, epoch: int) -> bool:
        """Take a message off for good, if the delivery of that epoch still holds it or has done so before."""
        here = self._topics[topic]
        if self.held(topic, entry, epoch):
            here.remove(entry)
            now = self._clock()
            here.done = {name: known for name, known in here.done.items() if known[1] > now}
            here.done[entry.message.id] = (epoch, now + self._terms.keep)
            self._notify()
        return here.done.get(entry.message.id, (None, 0.0))[0] == epoch

    def renewed(self, topic: str, entry: _Entry, epoch: int) -> bool:
        """Renew the lease of the present delivery."""
        if not self.held(topic, entry, epoch):
            return False
        entry.lease_ends = self._clock() + self._terms.lease
        return True

    def handed_back(self, topic: str, entry: _Entry, epoch: int) -> None:
        """Let another consumer have it, as if it had not been taken."""
        if self.held(topic, entry, epoch):
            entry.state = "waiting"
            entry.attempts -= 1
            self._notify()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class MemoryDelivery:
    """A ``Delivery`` of ``MemoryWork``."""

    def __init__(self, work: MemoryWork, topic: str, entry: _Entry) -> None:
        self._work = work
        self._entry = entry
        self._revoked = entry.revoked
        self.topic = topic
        self.message = entry.message
        self.attempt = entry.attempts
        self.epoch = entry.epoch

    async def acknowledge(self) -> bool:
        """As ``Delivery.acknowledge``."""
        return self._work.done(self.topic, self._entry, self.epoch)

    async def extend(self) -> bool:
        """As ``Delivery.extend``."""
        held = self._work.renewed(self.topic, self._entry, self.epoch)
        if not held:
            self._revoked.set()
        return held

    async def hand_back(self) -> None:
        """As ``Delivery.hand_back``."""
        self._work.handed_back(self.topic, self._entry, self.epoch)

    async def until_lost(self) -> None:
        """As ``Delivery.until_lost``."""
        await self._revoked.wait()

"""Work within one process: the rules of the queue, without a server."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence

from codecompanion.contracts.work import DeadLetter, Delivery, Message, MessageState, Standing, TopicState
from codecompanion.orchestra.bus.memory_topic import Entry, Topic
from codecompanion.orchestra.bus.terms import WorkTerms

MonotonicClock = Callable[[], float]


class MemoryWork:
    """A ``WorkQueue`` on the event loop's thread. Nothing outlives the process."""

    def __init__(self, terms: WorkTerms, clock: MonotonicClock) -> None:
        self._terms = terms
        self._clock = clock
        self._topics: defaultdict[str, Topic] = defaultdict(Topic)
        self._count = 0
        self._changed = asyncio.Event()

    async def send(self, topic: str, message: Message) -> MessageState:
        """As ``WorkQueue.send``."""
        while (before := self._standing(topic, message.id).state) == "unknown":
            if len(self._topics[topic].entries) < self._terms.limit:
                self._count += 1
                self._topics[topic].add(Entry(message, self._count))
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
        ready: list[tuple[str, Entry]] = []
        for name in topics:
            self._sweep(name)
            if (entry := self._topics[name].ready()) is not None:
                ready.append((name, entry))
        if not ready:
            return None
        name, entry = min(ready, key=lambda one: (-one[1].message.priority, one[1].arrived))
        self._topics[name].take(entry)
        entry.consumer = consumer
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
        for entry in topic.expired(now):
            entry.revoked.set()
            if entry.attempts >= self._terms.attempts:
                topic.remove(entry)
                topic.dead[entry.message.id] = DeadLetter(
                    id=entry.message.id, topic=name, attempts=entry.attempts, consumer=entry.consumer, at=now
                )
                self._notify()
            else:
                topic.put_back(entry)

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
        return Standing("unknown" if topic.done_by(message_id, self._clock()) is None else "done")

    async def withdraw(self, topic: str, message_id: str) -> None:
        """As ``WorkQueue.withdraw``."""
        here = self._topics[topic]
        if (entry := here.entries.get(message_id)) is not None:
            here.remove(entry)
            entry.revoked.set()
        here.forget(message_id)
        self._notify()

    async def topic(self, name: str) -> TopicState:
        """As ``WorkQueue.topic``."""
        self._sweep(name)
        topic = self._topics[name]
        taken = len(topic.taken)
        waiting = len(topic.entries) - taken
        return TopicState(topic=name, waiting=waiting, taken=taken, lost=0, dead=tuple(topic.dead.values()))

    def hand_back_all(self, consumer: str) -> None:
        """Let others have at once what a consumer holds."""
        for topic in self._topics.values():
            for entry in [one for one in topic.taken.values() if one.consumer == consumer]:
                topic.put_back(entry)
                entry.revoked.set()
        self._notify()

    def held(self, topic: str, entry: Entry, epoch: int) -> bool:
        """Whether the delivery of that epoch is the present one."""
        present = self._topics[topic].entries.get(entry.message.id)
        return present is entry and entry.state == "taken" and entry.epoch == epoch

    def done(self, topic: str, entry: Entry, epoch: int) -> bool:
        """Take a message off for good, if the delivery of that epoch still holds it or has done so before."""
        here = self._topics[topic]
        if self.held(topic, entry, epoch):
            here.remove(entry)
            here.note_done(entry, epoch, self._clock(), self._terms.keep)
            self._notify()
        return here.done_by(entry.message.id, self._clock()) == epoch

    def renewed(self, topic: str, entry: Entry, epoch: int) -> bool:
        """Renew the lease of the present delivery."""
        if not self.held(topic, entry, epoch):
            return False
        entry.lease_ends = self._clock() + self._terms.lease
        return True

    def handed_back(self, topic: str, entry: Entry, epoch: int) -> None:
        """Let another consumer have it, as if it had not been taken."""
        if self.held(topic, entry, epoch):
            self._topics[topic].put_back(entry)
            entry.attempts -= 1
            self._notify()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class MemoryDelivery:
    """A ``Delivery`` of ``MemoryWork``."""

    def __init__(self, work: MemoryWork, topic: str, entry: Entry) -> None:
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

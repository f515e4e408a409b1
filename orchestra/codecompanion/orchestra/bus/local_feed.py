"""The feed within one process: every subscriber has a bounded backlog, and none can hold up another."""

import asyncio
from collections import deque
from typing import Self
from weakref import WeakSet

from codecompanion.contracts.events import Recorded
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.ports import EventFeed, SubscriberLagged

BACKLOG = 1024


class Subscription:
    """One subscriber's events, in the order they were published; an async iterator and context manager.

    Holds at most ``backlog`` events not yet taken. One more, and all of them are dropped: the next step of the
    iteration raises ``SubscriberLagged``, and iterating may go on after it with what was published later.
    Ends by `aclose`, after which nothing more is yielded.
    """

    def __init__(self, run_id: RunId | None, backlog: int) -> None:
        self._run_id = run_id
        self._limit = backlog
        self._backlog: deque[Recorded] = deque()
        self._missed = 0
        self._closed = False
        self._news = asyncio.Event()

    def offer(self, recorded: Recorded) -> None:
        """Take in an event if it is of the subscribed run; never waits."""
        if self._closed or self._run_id not in (None, recorded.run_id):
            return
        if len(self._backlog) == self._limit:
            self._missed += len(self._backlog)
            self._backlog.clear()
        self._backlog.append(recorded)
        self._news.set()

    def lose(self, number: int) -> None:
        """Note that ``number`` events were lost on their way here."""
        if not self._closed:
            self._missed += number + len(self._backlog)
            self._backlog.clear()
            self._news.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Recorded:
        while not (self._backlog or self._closed or self._missed):
            self._news.clear()
            await self._news.wait()
        if self._closed:
            raise StopAsyncIteration
        if self._missed:
            missed, self._missed = self._missed, 0
            raise SubscriberLagged(missed)
        return self._backlog.popleft()

    async def aclose(self) -> None:
        """End the subscription; whoever waits for its next event is released."""
        self._closed = True
        self._backlog.clear()
        self._news.set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.aclose()


class LocalFeed(EventFeed):
    """Hands each event to every subscriber present, on the event loop's thread, without waiting for any.

    A subscription begins with the call of `subscribe`, not with the first step of its iteration. One that is
    closed, or that nobody holds any more (a loop left by ``break``), is forgotten.
    """

    def __init__(self, backlog: int = BACKLOG) -> None:
        self._backlog = backlog
        self._subscriptions: WeakSet[Subscription] = WeakSet()

    def publish(self, recorded: Recorded) -> None:
        """Hand the event to every present subscriber."""
        for subscription in self._subscriptions:
            subscription.offer(recorded)

    def subscribe(self, run_id: RunId | None = None) -> Subscription:
        """Begin a subscription to one run, or to all."""
        subscription = Subscription(run_id, self._backlog)
        self._subscriptions.add(subscription)
        return subscription

    def lose(self, number: int) -> None:
        """Tell every subscriber that ``number`` events were lost on their way here."""
        for subscription in self._subscriptions:
            subscription.lose(number)

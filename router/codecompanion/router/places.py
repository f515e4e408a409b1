"""How many calls go to a provider at the same time: the others wait, the most urgent first."""

import asyncio
import heapq
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import count


class ProviderPlaces:
    """The places at every provider, shared by all who call models in a process.

    Without a bound a provider takes every call at once. A call that is cancelled while it waits takes no place.
    """

    def __init__(self, most: Mapping[str, int] | None = None) -> None:
        self._most = dict(most or {})
        self._at: dict[str, _Places] = {}

    def adopt(self, most: Mapping[str, int]) -> None:
        """Keep to other bounds from now on; calls under way finish."""
        self._most = dict(most)
        for provider, places in self._at.items():
            places.allow(self._most.get(provider))

    @asynccontextmanager
    async def place(self, provider: str, priority: int) -> AsyncIterator[None]:
        """Hold a place at a provider; entered once one is free for a call of this priority."""
        if provider not in self._at:
            self._at[provider] = _Places(self._most.get(provider))
        places = self._at[provider]
        await places.take(priority)
        try:
            yield
        finally:
            places.give_back()


class _Places:
    """The places at one provider; ``most`` None means as many as are wanted."""

    def __init__(self, most: int | None) -> None:
        self._most = most
        self._taken = 0
        self._numbers = count()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []

    def allow(self, most: int | None) -> None:
        self._most = most
        self._fill()

    async def take(self, priority: int) -> None:
        if self._free and not self._waiting:
            self._taken += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (-priority, next(self._numbers), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # the place came in the same moment
                self.give_back()
            raise

    def give_back(self) -> None:
        self._taken -= 1
        self._fill()

    @property
    def _free(self) -> bool:
        return self._most is None or self._taken < self._most

    def _fill(self) -> None:
        while self._waiting and self._free:
            turn = heapq.heappop(self._waiting)[2]
            if not turn.done():
                self._taken += 1
                turn.set_result(None)

"""The bus within one process: no server, nothing to set up, gone with the process."""

import asyncio
import time
from collections.abc import Callable

from codecompanion.contracts.ports import BlobStore
from codecompanion.contracts.work import Replies, Roster, WorkQueue
from codecompanion.orchestra.bus.local_feed import BACKLOG, LocalFeed
from codecompanion.orchestra.bus.memory_replies import MemoryBlobs, MemoryReplies, MemoryRoster
from codecompanion.orchestra.bus.memory_work import MemoryWork
from codecompanion.orchestra.bus.terms import WorkTerms


class MemoryBus(LocalFeed):
    """A ``Bus`` on the event loop's thread; never away."""

    def __init__(
        self,
        backlog: int = BACKLOG,
        terms: WorkTerms | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(backlog)
        terms = terms or WorkTerms()
        work = MemoryWork(terms, clock)
        self.work: WorkQueue = work
        self.replies: Replies = MemoryReplies()
        self.roster: Roster = MemoryRoster(work, terms, clock, now)
        self.blobs: BlobStore = MemoryBlobs()

    @property
    def away(self) -> str | None:
        """Always None."""
        return None

    async def away_changed(self) -> None:
        """Never return."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Do nothing: there are no connections."""

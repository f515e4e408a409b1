"""Many writers, one disk: what is asked for at the same time is committed together, by one thread."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from threading import Thread
from typing import Generic, TypeVar

from codecompanion.memory.errors import StorageError

log = logging.getLogger(__name__)

BATCH = 256
"""Jobs in one commit: past this, a commit costs no less per job and only takes longer."""

ROOM = 1024
"""Jobs taken in at once: past this, writers wait their turn."""

Job = TypeVar("Job")
Result = TypeVar("Result")


_Waiting = tuple[Job, asyncio.Future[Result]]
"""A queued job and the future that waits for its outcome; no named tuple, which takes long to make."""


class GroupCommit(Generic[Job, Result]):
    """Hands jobs to ``commit`` in the order they were submitted, in batches, on one thread of its own.

    ``commit`` makes a whole batch durable and returns one outcome a job: its result, or the exception its
    submitter gets. Exactly one outcome reaches each submitter that still waits. A submitter that is cancelled
    while its job is queued takes nothing back: the job is still done. Used from one event loop.
    """

    def __init__(self, commit: Callable[[list[Job]], Sequence[Result | Exception]]) -> None:
        self._commit = commit
        self._room = asyncio.Semaphore(ROOM)
        self._queue: SimpleQueue[_Waiting[Job, Result] | None] = SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        # a daemon: a program that forgot to close can still end, and a commit survives being cut off
        self._thread = Thread(target=self._run, name="orchestra-log-writer", daemon=True)
        self._thread.start()

    async def submit(self, job: Job) -> Result:
        """Wait for room, queue the job, and return its result once it is durable; raises its outcome."""
        await self._room.acquire()
        if self._closed:
            self._room.release()
            raise StorageError("the log is closed: nothing more can be written to it")
        if self._loop is None:
            # asked once only: it takes a system call
            self._loop = asyncio.get_running_loop()
        answer: asyncio.Future[Result] = self._loop.create_future()
        self._queue.put((job, answer))
        return await answer

    async def close(self) -> None:
        """Refuse new jobs, finish the queued ones and end the thread."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        while batch := self._next_batch():
            outcomes = self._outcomes([job for job, _ in batch])
            try:
                batch[0][1].get_loop().call_soon_threadsafe(self._settle, batch, outcomes)
            except RuntimeError:
                log.debug("the event loop ended before %d writes were acknowledged", len(batch))

    def _next_batch(self) -> list[_Waiting[Job, Result]]:
        """Wait for a job and take what else is queued by now; empty once closed and drained."""
        batch: list[_Waiting[Job, Result]] = []
        waiting = self._queue.get()
        while waiting is not None:
            batch.append(waiting)
            if len(batch) == BATCH or self._queue.empty():
                return batch
            waiting = self._queue.get()
        if batch:
            self._queue.put(None)
        return batch

    def _outcomes(self, jobs: list[Job]) -> Sequence[Result | Exception]:
        try:
            return self._commit(jobs)
        except Exception as error:
            log.exception("a batch of %d writes failed", len(jobs))
            return [error] * len(jobs)

    def _settle(self, batch: list[_Waiting[Job, Result]], outcomes: Sequence[Result | Exception]) -> None:
        for (_, answer), outcome in zip(batch, outcomes, strict=True):
            self._room.release()
            if answer.cancelled():
                continue
            if isinstance(outcome, Exception):
                answer.set_exception(outcome)
            else:
                answer.set_result(outcome)

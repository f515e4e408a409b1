"""The bounded queue between the event loop and a client that may stop reading.

A thread of its own does the writing, so a full pipe never blocks the loop. What may be lost (progress
reports, log lines, events) is merged and dropped first; answers and requests never are. When even those
exceed the hard limit, the client is held to be gone.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from codecompanion.server.wire.frames import encode_frame

log = logging.getLogger(__name__)

SOFT_LIMIT = 2 * 1024 * 1024
HARD_LIMIT = 64 * 1024 * 1024
_BATCH = 64 * 1024


@dataclass(slots=True)
class _Waiting:
    frame: bytes
    key: Hashable
    droppable: bool


class Outbox:
    """Frames on their way out, in order.

    Invariants: a frame that is not droppable is written exactly once or the connection ends; waiting frames
    take at most ``hard_limit`` bytes, droppable ones only while all together take less than ``soft_limit``.
    ``on_broken`` is told once, from either thread, why nothing can be written any more.
    """

    def __init__(
        self,
        write: Callable[[bytes], None],
        on_broken: Callable[[str], None],
        *,
        soft_limit: int = SOFT_LIMIT,
        hard_limit: int = HARD_LIMIT,
    ) -> None:
        self._write = write
        self._on_broken = on_broken
        self._soft_limit = soft_limit
        self._hard_limit = hard_limit
        self._queue: deque[_Waiting] = deque()
        self._latest: dict[Hashable, _Waiting] = {}
        self._bytes = 0
        self._droppable = 0
        self._dropped = 0
        self._closing = False
        self._broken = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="wire-writer", daemon=True)
        self._thread.start()

    def put(self, body: bytes, *, droppable: bool = False, key: Hashable = None) -> None:
        """Queue one message; never blocks.

        A droppable message replaces a waiting one with the same ``key``; one that is not droppable ends the
        life of its key, so that nothing sent later can overtake it.
        """
        frame = encode_frame(body)
        with self._changed:
            if self._closing or self._broken:
                return
            overflow = not self._admit(_Waiting(frame, key, droppable))
            self._changed.notify()
        if overflow:
            self._break(f"the client stopped reading: more than {self._hard_limit} bytes wait for it")

    def close(self, timeout: float) -> bool:
        """Write what waits for at most ``timeout`` seconds; return whether all of it went out."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(timeout)
        with self._changed:
            done = not self._queue and not self._thread.is_alive()
            gave_up = not done and not self._broken
            self._broken = True
        if gave_up:
            log.warning("gave up writing to the client with %d bytes waiting", self._bytes)
        return done

    @property
    def waiting_bytes(self) -> int:
        """How many bytes wait to be written."""
        return self._bytes

    def _admit(self, item: _Waiting) -> bool:
        size = len(item.frame)
        if item.droppable:
            if self._merge(item):
                return True
            if self._bytes + size > self._soft_limit:
                self._drop(size)
            if self._bytes + size > self._soft_limit:
                self._dropped += 1
                return True
        else:
            self._latest.pop(item.key, None)
            if self._bytes + size > self._soft_limit:
                self._drop(size)
            if self._queue and self._bytes + size > self._hard_limit:
                return False
        self._append(item)
        return True

    def _append(self, item: _Waiting) -> None:
        self._queue.append(item)
        self._bytes += len(item.frame)
        self._droppable += item.droppable
        if item.droppable and item.key is not None:
            self._latest[item.key] = item

    def _merge(self, item: _Waiting) -> bool:
        """Put ``item`` in the place of a waiting one with its key."""
        older = None if item.key is None else self._latest.get(item.key)
        if older is None:
            return False
        self._bytes += len(item.frame) - len(older.frame)
        older.frame = item.frame
        return True

    def _drop(self, wanted: int) -> None:
        """Drop the oldest droppable messages until ``wanted`` more bytes fit under the soft limit."""
        kept: list[_Waiting] = []
        excess = self._bytes + wanted - self._soft_limit
        while self._droppable and excess > 0:
            item = self._take()
            if item.droppable:
                self._dropped += 1
                excess -= len(item.frame)
            else:
                kept.append(item)
        for item in reversed(kept):
            self._queue.appendleft(item)
            self._bytes += len(item.frame)

    def _take(self) -> _Waiting:
        item = self._queue.popleft()
        self._bytes -= len(item.frame)
        self._droppable -= item.droppable
        if self._latest.get(item.key) is item:
            del self._latest[item.key]
        return item

    def _run(self) -> None:
        while batch := self._next_batch():
            try:
                self._write(batch)
            except (OSError, ValueError) as problem:
                self._break(f"the client cannot be written to: {problem}")
                return

    def _next_batch(self) -> bytes:
        with self._changed:
            while not self._queue and not self._closing and not self._broken:
                self._changed.wait()
            if self._broken:
                return b""
            frames: list[bytes] = []
            size = 0
            while self._queue and size < _BATCH:
                frames.append(self._take().frame)
                size += len(frames[-1])
            dropped, self._dropped = self._dropped, 0
        if dropped:
            log.warning("the client reads slowly: %d progress or log messages were left out", dropped)
        return b"".join(frames)

    def _break(self, reason: str) -> None:
        with self._changed:
            if self._broken:
                return
            self._broken = True
            self._queue.clear()
            self._latest.clear()
            self._bytes = self._droppable = 0
            self._changed.notify()
        log.error("closing the connection: %s", reason)
        self._on_broken(reason)

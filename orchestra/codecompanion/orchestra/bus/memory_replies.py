"""Replies, presence and blobs within one process."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from codecompanion.contracts.ports import BlobLost
from codecompanion.contracts.work import START, Member, Piece
from codecompanion.orchestra.bus.memory_work import MemoryWork, MonotonicClock
from codecompanion.orchestra.bus.terms import WorkTerms


class MemoryReplies:
    """The ``Replies`` of one process, kept until dropped."""

    def __init__(self) -> None:
        self._open: dict[str, list[Piece]] = {}
        self._changed = asyncio.Event()

    async def open_reply(self, name: str) -> bool:
        """As ``Replies.open_reply``."""
        if name in self._open:
            return False
        self._open[name] = []
        return True

    async def append(self, name: str, piece: Piece) -> bool:
        """As ``Replies.append``."""
        pieces = self._open.get(name)
        if pieces is None:
            return False
        epoch, number = (pieces[-1].epoch, pieces[-1].number) if pieces else START
        if piece.epoch < epoch:
            return False
        if piece.epoch == epoch and piece.number <= number:
            return True
        if piece.number != (number + 1 if piece.epoch == epoch else 1):
            return False
        pieces.append(piece)
        self._changed.set()
        self._changed = asyncio.Event()
        return True

    async def read(self, name: str, after: tuple[int, int], wait: float) -> list[Piece]:
        """As ``Replies.read``."""
        try:
            async with asyncio.timeout(wait):
                while not (found := self._behind(name, after)):
                    await self._changed.wait()
        except TimeoutError:
            return []
        return found

    def _behind(self, name: str, after: tuple[int, int]) -> list[Piece]:
        return [piece for piece in self._open.get(name, ()) if (piece.epoch, piece.number) > after]

    async def drop(self, name: str) -> None:
        """As ``Replies.drop``."""
        self._open.pop(name, None)


class MemoryRoster:
    """The ``Roster`` of one process."""

    def __init__(
        self, work: MemoryWork, terms: WorkTerms, clock: MonotonicClock, now: Callable[[], float]
    ) -> None:
        self._work = work
        self._presence = terms.presence
        self._clock = clock
        self._now = now
        self._members: dict[str, Member] = {}
        self._until: dict[str, float] = {}

    async def join(self, name: str, facts: Mapping[str, Any]) -> None:
        """As ``Roster.join``; within one process a name is never taken by another."""
        if name not in self._members:
            self._work.hand_back_all(name)
        since = self._members[name].since if name in self._members else self._now()
        self._members[name] = Member(name=name, facts=facts, since=since)
        self._until[name] = self._clock() + self._presence

    async def leave(self, name: str) -> None:
        """As ``Roster.leave``."""
        self._work.hand_back_all(name)
        self._members.pop(name, None)

    async def members(self) -> list[Member]:
        """As ``Roster.members``."""
        now = self._clock()
        return [one for name, one in sorted(self._members.items()) if self._until[name] > now]


class MemoryBlobs:
    """The ``BlobStore`` of a bus without a server."""

    def __init__(self) -> None:
        self._contents: dict[str, bytes] = {}

    async def put(self, content: bytes) -> str:
        """As ``BlobStore.put``."""
        name = hashlib.sha256(content).hexdigest()
        self._contents[name] = content
        return name

    async def get(self, sha256: str) -> bytes:
        """As ``BlobStore.get``."""
        if sha256 not in self._contents:
            raise BlobLost(sha256, "it was not put into this process's bus")
        return self._contents[sha256]

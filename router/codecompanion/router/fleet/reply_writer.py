"""Writes an answer into its reply while it streams, as many parts at a time as have come."""

import asyncio
from types import TracebackType
from typing import Final, Self

from codecompanion.contracts.model_calls import StreamPart
from codecompanion.contracts.work import Piece, Replies
from codecompanion.router.fleet.jobs import ReplyPart

GATHER: Final = 0.1
"""Seconds for which parts are gathered behind the first one.

With a fifth of it the pieces alone fill the Redis of a large fleet (docs/scale.md).
"""


class ReplyLost(Exception):
    """The reply takes nothing from here any more: its owner gave it up, or another worker writes it."""


class ReplyWriter:
    """Writes pieces 1, 2, 3 … of one epoch; inside ``async with``, added parts go out by themselves.

    A loss of the reply shows at the next ``add`` or ``end``, as ``ReplyLost``.
    """

    def __init__(self, replies: Replies, name: str, epoch: int) -> None:
        self._replies = replies
        self._name = name
        self._epoch = epoch
        self._number = 0
        self._unsure: Piece | None = None
        self._waiting: list[StreamPart] = []
        self._news = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._writing = asyncio.create_task(self._write_on(), name=f"write {self._name}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    def add(self, part: StreamPart) -> None:
        """Take in a part to be written soon; raises ``ReplyLost``."""
        if self._writing is not None and self._writing.done():
            self._writing.result()
        self._waiting.append(part)
        self._news.set()

    async def say(self, said: ReplyPart) -> None:
        """Write something at once, before or instead of an answer; raises ``ReplyLost``."""
        await self._say(said)

    async def end(self, last: ReplyPart) -> None:
        """Write what is left and then the end; raises ``ReplyLost``."""
        await self._stop()
        if self._unsure is not None:
            # broken off on its way: it may be there already, which makes no difference
            await self._append(self._unsure)
        parts = (*self._waiting, *last.parts)
        self._waiting.clear()
        await self._say(ReplyPart(parts=parts, fault=last.fault))

    async def _stop(self) -> None:
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.cancel()
            await asyncio.wait({writing})
            if not writing.cancelled() and (error := writing.exception()) is not None:
                raise error

    async def _write_on(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            parts = tuple(self._waiting)
            self._waiting.clear()
            await self._say(ReplyPart(parts=parts))
            await asyncio.sleep(GATHER)

    async def _say(self, said: ReplyPart) -> None:
        self._number += 1
        await self._append(Piece(self._epoch, self._number, said.model_dump_json()))

    async def _append(self, piece: Piece) -> None:
        self._unsure = piece
        if not await self._replies.append(self._name, piece):
            raise ReplyLost
        self._unsure = None

"""Letting the agents of a run go one at a time, by Enter."""

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress

from codecompanion.contracts.errors import BadRequest
from codecompanion.contracts.status import RunStatus

HOW = "Press Enter to let it go. What you type before that is told to it."
_CHUNK = 4096


class EnterKey:
    """Lines from a terminal or a pipe, each ended by Enter, given out one by one.

    Reads the bare descriptor in a thread that the process does not wait for: a person who never presses Enter
    must not keep a stopped run from ending, and Python's own buffered standard input would.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._typed = b""

    async def line(self) -> str | None:
        """Return the next line without its end, None when the input has ended."""
        while b"\n" not in self._typed:
            chunk = await self._read()
            if not chunk:
                return None
            self._typed += chunk
        line, _, self._typed = self._typed.partition(b"\n")
        return line.decode("utf-8", "replace").rstrip("\r")

    async def _read(self) -> bytes:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bytes] = loop.create_future()

        def give(chunk: bytes) -> None:
            if not answer.done():
                answer.set_result(chunk)

        def read() -> None:
            try:
                chunk = os.read(self._descriptor, _CHUNK)
            except OSError:
                chunk = b""
            with suppress(RuntimeError):  # the loop has ended before the person pressed Enter
                loop.call_soon_threadsafe(give, chunk)

        threading.Thread(target=read, daemon=True).start()
        return await answer


class Stepping:
    """Grants one step for each line typed while the run waits for it; the words in it are for the agent."""

    def __init__(
        self,
        enter: EnterKey,
        *,
        grant: Callable[[str], Awaitable[None]],
        stop: Callable[[str], Awaitable[None]],
        note: Callable[[str], None],
    ) -> None:
        self._enter = enter
        self._grant = grant
        self._stop = stop
        self._note = note
        self._waiting = asyncio.Event()
        self._text = ""

    def seen(self, status: RunStatus) -> None:
        """Take notice of how the run stands."""
        if status.phase == "waiting":
            self._text = status.text
            self._waiting.set()
        else:
            self._waiting.clear()

    async def drive(self) -> None:
        """Ask for Enter whenever the run waits; stop the run when the input ends."""
        while True:
            await self._waiting.wait()
            self._note(f"{self._text}. {HOW}" if self._text else "Press Enter to go on.")
            typed = await self._enter.line()
            if typed is None:
                await self._stop("standard input ended, so nobody can let the next agent go")
                return
            try:
                await self._grant(typed)
            except BadRequest as refused:
                self._note(str(refused))
                continue
            self._waiting.clear()

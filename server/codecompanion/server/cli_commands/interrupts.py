"""Ctrl-C: once to stop gently, twice to end at once."""

import asyncio
import os
import signal
from types import FrameType
from typing import Any, Self


class Interrupts:
    """Turns SIGINT and SIGTERM into a gentle stop, then a cancellation, then the process's end.

    To be entered inside a running event loop, in the task to be cancelled. ``first`` is set by the first
    signal; ``exit_code`` is None until then. The signal is taken by Python, not by the loop: a third one ends
    the process even when the loop itself hangs.
    """

    SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
        self.first = asyncio.Event()
        self.exit_code: int | None = None
        self._count = 0
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("interrupts are taken for a task; enter inside one")
        self._task = task
        self._loop = asyncio.get_running_loop()
        self._before = {number: signal.signal(number, self._arrived) for number in self.SIGNALS}
        return self

    def __exit__(self, *exc: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _arrived(self, number: int, frame: FrameType | None) -> None:
        self._count += 1
        self.exit_code = 128 + number
        if self._count == 1:
            self._loop.call_soon_threadsafe(self.first.set)
        elif self._count == 2:
            self._loop.call_soon_threadsafe(self._task.cancel)
        else:
            os._exit(self.exit_code)

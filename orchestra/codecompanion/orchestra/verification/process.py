"""Running one command to its end, or to ours: bounded in time and output, outlived by nothing it started."""

import asyncio
import secrets
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from codecompanion.orchestra.verification.output import Tail
from codecompanion.orchestra.verification.process_limits import ProcessLimits, limited
from codecompanion.orchestra.verification.process_tree import (
    MARK_NAME,
    ask_to_end,
    creation_flags,
    has_sessions,
    kill_all,
    kill_this_first,
)
from codecompanion.orchestra.verification.together import Together, overrun

GRACE_S: Final = 0.3
"""Seconds between asking a command to end and killing it."""

# output still in the pipe once all writers are dead takes no longer than this to read
_DRAIN_S = 2.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one command may take: the last ``kept_output`` bytes it prints are kept, ``most_output`` end it.

    ``limits`` are the kernel's for each process, ``together`` ours for all of them.
    """

    seconds: float = 300.0
    kept_output: int = 256_000
    most_output: int = 100_000_000
    limits: ProcessLimits = field(default_factory=ProcessLimits)
    together: Together = field(default_factory=Together)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: ``exit_code`` is None if we ended it, and then ``stopped`` says why."""

    exit_code: int | None
    output: bytes
    seconds: float
    stopped: str = ""


class _Watch(asyncio.SubprocessProtocol):
    """Hears of the process's end and of its output separately: a grandchild may hold the pipe open for ever."""

    def __init__(self, tail: Tail, most_output: int) -> None:
        loop = asyncio.get_running_loop()
        self._tail = tail
        self._most_output = most_output
        self.exited = loop.create_future()
        self.silent = loop.create_future()
        self.flooded = loop.create_future()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self._tail.add(data)
        if self._tail.total > self._most_output:
            _settle(self.flooded)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        _settle(self.silent)

    def process_exited(self) -> None:
        _settle(self.exited)


_Started = tuple[asyncio.SubprocessTransport, _Watch]


async def run_process(
    argv: tuple[str, ...],
    *,
    cwd: str,
    environment: Mapping[str, str],
    bounds: Bounds,
    monotonic: Callable[[], float] = time.monotonic,
) -> Ended:
    """Run ``argv`` (its program an absolute path), input empty, both outputs together; no shell.

    When it ends, runs out of time, takes too much or this call is cancelled, every process it started is
    killed within a second. Raises ``OSError`` if it cannot be started.
    """
    started = monotonic()
    tail, mark = Tail(bounds.kept_output), secrets.token_hex(8)
    transport, watch = await _start(
        asyncio.get_running_loop().subprocess_exec(
            lambda: _Watch(tail, bounds.most_output),
            *limited(argv, bounds.limits),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=cwd,
            env={**environment, MARK_NAME: mark},
            start_new_session=has_sessions(),
            creationflags=creation_flags(),
        ),
        mark,
    )
    try:
        kill_this_first(transport.get_pid())
        stopped = await _wait(watch, bounds, transport.get_pid(), mark)
    finally:
        await _end(transport, watch, mark)
    exit_code = None if stopped else transport.get_returncode()
    return Ended(exit_code, tail.bytes(), monotonic() - started, stopped)


async def _start(starting: Coroutine[Any, Any, _Started], mark: str) -> _Started:
    """Start a command; one whose start is cancelled is ended like any other.

    Cancelled in the midst of it, asyncio would kill only the one process, and then wait until nobody holds its
    output open: what it had started would run on to its end.
    """
    started = asyncio.create_task(starting)
    try:
        return await asyncio.shield(started)
    except asyncio.CancelledError:
        # it takes no more than a few turns of the loop
        await asyncio.wait({started})
        if not started.cancelled() and started.exception() is None:
            await _end(*started.result(), mark)
        raise


async def _wait(watch: _Watch, bounds: Bounds, pid: int, mark: str) -> str:
    """Wait for the end; return why the command has to be stopped, empty if it ended by itself."""
    too_much = asyncio.create_task(overrun(pid, mark, bounds.together))
    try:
        done, _ = await asyncio.wait(
            {watch.exited, watch.flooded, too_much},
            timeout=bounds.seconds,
            return_when=asyncio.FIRST_COMPLETED,
        )
    finally:
        too_much.cancel()
    if not done:
        return f"did not finish within {bounds.seconds:g} seconds"
    if watch.exited in done:
        return ""
    if watch.flooded in done:
        return f"printed more than {bounds.most_output:,} bytes"
    return too_much.result()


async def _end(transport: asyncio.SubprocessTransport, watch: _Watch, mark: str) -> None:
    """Leave no process of the run alive; a second cancellation only shortens the grace."""
    pid = transport.get_pid()
    try:
        try:
            if not watch.exited.done():
                ask_to_end(pid)
                await asyncio.wait({watch.exited}, timeout=GRACE_S)
        finally:
            kill_all(pid, mark)
        await asyncio.wait({watch.silent, watch.exited}, timeout=_DRAIN_S)
    finally:
        transport.close()


def _settle(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)

"""Guards against endless work: a run that takes too much is ended, with a sentence that says why."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from codecompanion.contracts import events as e
from codecompanion.contracts.ports import Clock
from codecompanion.contracts.wording import counted
from codecompanion.orchestra.runs.commands import ReachLimit
from codecompanion.orchestra.runs.effort import Effort
from codecompanion.orchestra.runs.state import RunState
from codecompanion.orchestra.runs.status import stands_still


@dataclass(frozen=True, slots=True)
class RunLimits:
    """The most one run may take: model calls, tokens in and out, seconds at work, and the same thing again."""

    calls: int = 400
    tokens: int = 5_000_000
    seconds: float = 7_200.0
    repeats: int = 12


class Guard:
    """Watches one run's effort, and its ``state``. What was counted before an interruption counts on.

    A run is ended only when it wants another model call, or when its time is over: a last answer that goes
    past a limit is still used.
    """

    def __init__(self, limits: RunLimits, clock: Clock, effort: Effort, state: Callable[[], RunState]) -> None:
        self._limits = limits
        self._clock = clock
        self._effort = effort
        self._state = state
        self._reached: asyncio.Future[ReachLimit] = asyncio.get_running_loop().create_future()
        self._changed = asyncio.Event()

    def heard(self, event: e.Event) -> None:
        """Take in what has just happened."""
        idle = self._effort.idle
        self._effort.add(event, self._clock(), idle=stands_still(self._state()))
        if idle != self._effort.idle:
            self._changed.set()

    async def admit(self) -> None:
        """Return at once when one more model call may begin; else never: the run is about to be ended."""
        over = self._over()
        if over is None and not self._reached.done():
            return
        if over is not None and not self._reached.done():
            self._reached.set_result(over)
        await asyncio.Event().wait()

    async def reached(self) -> ReachLimit:
        """Return which limit was reached, once one is."""
        while not self._reached.done():
            left = self._limits.seconds - self._effort.seconds(self._clock())
            if left <= 0:
                return self._time()
            self._changed.clear()
            changed = asyncio.ensure_future(self._changed.wait())
            try:
                waits: set[asyncio.Future[Any]] = {changed, self._reached}
                timeout = None if self._effort.idle else left
                await asyncio.wait(waits, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            finally:
                changed.cancel()
        return self._reached.result()

    def _over(self) -> ReachLimit | None:
        effort, limits = self._effort, self._limits
        if effort.calls >= limits.calls:
            made = f"the run has made {counted(effort.calls, 'model call')}"
            return ReachLimit("model calls", _sentence(made, f"{limits.calls:,}", "maxCalls"))
        if effort.tokens >= limits.tokens:
            used = f"the run has used {effort.tokens:,} tokens"
            return ReachLimit("tokens", _sentence(used, f"{limits.tokens:,}", "maxTokensPerRun"))
        if effort.repeats >= limits.repeats:
            again = f"{effort.repeated} {counted(effort.repeats, 'time')}"
            return ReachLimit("repetition", _sentence(again, f"{limits.repeats}", "maxRepeats"))
        return None

    def _time(self) -> ReachLimit:
        minutes = self._limits.seconds / 60
        worked = f"the run has been at work for {counted(minutes, 'minute')}"
        return ReachLimit("seconds", _sentence(worked, f"{minutes:g}", "maxMinutes"))


def _sentence(what: str, value: str, setting: str) -> str:
    return f"{what}, and the setting `{setting}` allows {value}; raise it if a run should go further"

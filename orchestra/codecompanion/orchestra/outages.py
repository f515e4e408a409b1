"""Runs wait by themselves while the bus is away, and go on by themselves when it is back."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress

from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.ports import Bus
from codecompanion.orchestra.engine import Engine

_log = logging.getLogger(__name__)


async def pause_while_away(
    bus: Bus, engines: Callable[[], Iterable[Engine]], say: Callable[[str], None]
) -> None:
    """Pause all runs when the bus goes away and resume just those when it is back; never returns.

    ``say`` gets one sentence an outage, and one at its end when runs had waited.
    """
    while True:
        paused: list[tuple[Engine, RunId]] = []
        while bus.away is None:
            await bus.away_changed()
        why = bus.away
        for engine, run_id in _open_runs(engines()):
            if await _steered(engine.pause(run_id, why)):
                paused.append((engine, run_id))
        say(f"{why}. Runs wait until it is back." if paused else f"{why}.")
        while bus.away is not None:
            await bus.away_changed()
        gone_on = [await _steered(engine.resume(run_id)) for engine, run_id in paused if _waits(engine, run_id)]
        if any(gone_on):
            say("the Redis is back; the runs go on.")


@asynccontextmanager
async def pausing_while_away(
    bus: Bus, engines: Callable[[], Iterable[Engine]], say: Callable[[str], None]
) -> AsyncIterator[None]:
    """Do so for the length of a block."""
    minding = asyncio.create_task(pause_while_away(bus, engines, say), name="mind outages")
    try:
        yield
    finally:
        minding.cancel()
        with suppress(asyncio.CancelledError):
            await minding


def _open_runs(engines: Iterable[Engine]) -> list[tuple[Engine, RunId]]:
    return [
        (engine, one.run_id)
        for engine in engines
        for one in engine.statuses()
        if not one.ended and one.phase != "paused"
    ]


def _waits(engine: Engine, run_id: RunId) -> bool:
    return engine.status(run_id).phase == "paused"


async def _steered(command: Awaitable[None]) -> bool:
    try:
        await command
    except OrchestraError as refused:
        # it ended meanwhile, or cannot be recorded any more: its own work says so
        _log.info("%s", refused)
        return False
    return True

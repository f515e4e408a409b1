"""Sees one run's work to its end, and records that end, whatever it is."""

import asyncio
import logging

from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.wording import counted
from codecompanion.orchestra.agents.desk import Desk
from codecompanion.orchestra.guard import Guard
from codecompanion.orchestra.runs import commands as c
from codecompanion.orchestra.runs.decide import NotNow
from codecompanion.orchestra.runs.log import RunLog
from codecompanion.orchestra.runs.state import RunState
from codecompanion.orchestra.summary import Ending, sum_up_limit

_log = logging.getLogger(__name__)


async def keep(log: RunLog, work: asyncio.Task[Ending], desk: Desk, guard: Guard) -> None:
    """Await the work and record how it ended; a cancelled run that nobody stopped stays open in the log."""
    try:
        ending = await _guarded(log, work, guard)
    except asyncio.CancelledError:
        if not was_ended(log.state):
            # the program ends, not the run: it can be resumed
            work.cancel()
            raise
        ending = ending_of(log.state)
    except OrchestraError as error:
        ending = Ending("failed", str(error))
    except Exception:  # noqa: BLE001 - the run's boundary
        _log.exception("run %s failed unexpectedly", log.run_id)
        ending = Ending("failed", "an unexpected fault in Orchestra ended the run; its log has the details")
    await desk.finish_pushes(1.0)
    if ending.outcome != "stopped":
        await desk.confirm_edits()
    await record_end(log, ending)


async def _guarded(log: RunLog, work: asyncio.Task[Ending], guard: Guard) -> Ending:
    """Return how the work ends; the guard may end it first."""
    watch = asyncio.create_task(guard.reached(), name=f"guard of {log.run_id}")
    try:
        await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            await log.handle(watch.result())
            work.cancel()
        return await work
    finally:
        watch.cancel()


async def record_end(log: RunLog, ending: Ending) -> None:
    """Record the end of a run; one that has ended keeps the end it has."""
    try:
        await log.handle(c.FinishRun(ending.outcome, ending.summary))
    except NotNow:
        pass
    except Exception:  # noqa: BLE001 - the run's boundary
        _log.exception("the end of run %s could not be recorded", log.run_id)


def was_ended(state: RunState) -> bool:
    """Whether a person or a guard has ended the run, even if its end is not recorded yet."""
    return state.stop_reason is not None or bool(state.limit)


def ending_of(state: RunState) -> Ending:
    """Return the ending of a run that a person or a guard ended before its work was done."""
    if state.stop_reason is None:
        return sum_up_limit(state)
    waiting = len(state.pending())
    count = len(state.files()) - waiting
    said = f"{counted(count, 'file')} written before that {'is' if count == 1 else 'are'} kept."
    kept = said if count else "No file was changed."
    more = f" What was written in {counted(waiting, 'file')} waits for your review." if waiting else ""
    return Ending("stopped", f"Stopped: {state.stop_reason}. {kept}{more}")

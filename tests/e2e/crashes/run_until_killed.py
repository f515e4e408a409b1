"""Runs or goes on with one request in a folder, and kills itself at a given moment of its log.

Usage: ``run_until_killed.py WORKSPACE ACKS MOMENT``. Each append that returned is noted in the file ACKS.
MOMENT is ``none``, or ``before:N`` / ``after:N``: the kill comes just before the N-th append of this process
is asked for, or right after it returned.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from codecompanion.contracts.errors import BadRequest
from codecompanion.contracts.events import Event, Recorded
from codecompanion.contracts.orders import RunOrder
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.server.bootstrap import headless
from codecompanion.server.settings.load import load_settings

RUN = "run-campaign"
REQUEST = "add a report to the ledger, with tests"


def watch_appends(acks: int, moment: str) -> None:
    """Let this process die at ``moment``; note what was acknowledged before."""
    when, _, nth = moment.partition(":")
    append = SqliteEventStore.append
    count = 0

    async def watched(
        self: SqliteEventStore, run_id: str, expected: int, events: Sequence[Event], *more: Any, **named: Any
    ) -> list[Recorded]:
        nonlocal count
        if run_id.startswith("~"):
            return await append(self, run_id, expected, events, *more, **named)
        count += 1
        mine = count
        if when == "before" and mine == int(nth):
            os.kill(os.getpid(), signal.SIGKILL)
        recorded = await append(self, run_id, expected, events, *more, **named)
        for one in recorded:
            os.write(acks, f"{one.version} {one.body.event}\n".encode())
        if when == "after" and mine == int(nth):
            os.kill(os.getpid(), signal.SIGKILL)
        return recorded

    SqliteEventStore.append = watched  # type: ignore[method-assign]


async def main(workspace: Path) -> None:
    """Begin the run, or go on with the one that is open."""
    settings = load_settings({}, os.environ, None)
    async with headless(settings, workspace) as parts:
        try:
            await parts.engine.reopen(RUN)
        except BadRequest:
            await parts.engine.start(RunOrder(kind="project", request=REQUEST, workspace=str(workspace)), RUN)
        status = await parts.engine.wait(RUN)
        sys.stdout.write(f"{status.phase}: {status.summary}\n")


if __name__ == "__main__":
    watch_appends(os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT), sys.argv[3])
    asyncio.run(main(Path(sys.argv[1])))

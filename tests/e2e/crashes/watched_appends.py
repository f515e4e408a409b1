"""Lets a process note what its log has acknowledged, and kill itself at a given append."""

import os
import signal
from collections.abc import Callable, Sequence
from typing import Any

from codecompanion.contracts.events import Event, Recorded
from codecompanion.memory.event_store import SqliteEventStore


def watch_appends(
    acks: int, moment: str, is_watched: Callable[[str], bool], line: Callable[[Recorded], str]
) -> None:
    """Write a ``line`` to the file ``acks`` for each event of a watched stream once it is acknowledged.

    ``moment`` is ``none``, or ``before:N`` / ``after:N``: the kill comes just before the N-th watched append of
    this process is asked for, or right after it returned; for an event's name, the first append that holds it.
    """
    when, _, nth = moment.partition(":")
    append = SqliteEventStore.append
    count = 0

    async def watched(
        self: SqliteEventStore, run_id: str, expected: int, events: Sequence[Event], *more: Any, **named: Any
    ) -> list[Recorded]:
        nonlocal count
        if not is_watched(run_id):
            return await append(self, run_id, expected, events, *more, **named)
        count += 1
        meant = nth in {str(count), *(event.event for event in events)}
        if when == "before" and meant:
            os.kill(os.getpid(), signal.SIGKILL)
        recorded = await append(self, run_id, expected, events, *more, **named)
        for one in recorded:
            os.write(acks, f"{line(one)}\n".encode())
        if when == "after" and meant:
            os.kill(os.getpid(), signal.SIGKILL)
        return recorded

    SqliteEventStore.append = watched  # type: ignore[method-assign]

"""One run's log in hand: decide, append durably, fold, tell the bus; in that order, for everyone."""

import asyncio
from collections.abc import Sequence

from codecompanion.contracts.events import Event, Recorded
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.ports import Bus, EventStore
from codecompanion.orchestra.runs.commands import Command
from codecompanion.orchestra.runs.decide import decide
from codecompanion.orchestra.runs.state import RunState, fold


class RunLog:
    """The one writer of a run's stream.

    ``state`` already holds events whose append is still under way, so that commands of parallel agents
    are decided one after the other and committed together; ``handle`` returns when its own are durable.
    After a failed append the log refuses everything: its state would be ahead of the truth.
    """

    def __init__(self, run_id: RunId, store: EventStore, bus: Bus, state: RunState | None = None) -> None:
        self.run_id = run_id
        self.state = state or RunState()
        self._store = store
        self._bus = bus
        self._appends: set[asyncio.Task[None]] = set()
        self._broken: Exception | None = None

    @classmethod
    async def open(cls, run_id: RunId, store: EventStore, bus: Bus) -> "tuple[RunLog, list[Recorded]]":
        """Return the log of a run that may have a history, and that history."""
        history = await store.read(run_id)
        return cls(run_id, store, bus, fold(one.body for one in history)), history

    async def handle(self, command: Command) -> list[Event]:
        """Decide and append; returns the new events once they are durable. Raises ``NotNow``."""
        if self._broken is not None:
            raise self._broken
        events = decide(self.state, command)
        if events:
            expected = self.state.version
            self.state = fold(events, self.state)
            task = asyncio.create_task(self._append(expected, events), name=f"append {self.run_id}")
            self._appends.add(task)
            task.add_done_callback(self._appends.discard)
            # an agent that is cancelled while waiting must not take its fact out of the log
            await asyncio.shield(task)
        return events

    async def _append(self, expected: int, events: Sequence[Event]) -> None:
        try:
            recorded: list[Recorded] = await self._store.append(self.run_id, expected, events)
        except Exception as error:
            self._broken = error
            raise
        for one in recorded:
            self._bus.publish(one)

    async def settle(self) -> None:
        """Wait for appends under way."""
        if self._appends:
            await asyncio.gather(*self._appends, return_exceptions=True)

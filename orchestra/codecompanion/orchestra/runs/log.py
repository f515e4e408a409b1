"""One run's log in hand: decide, append durably, fold, tell the bus; in that order, for everyone."""

import asyncio
from collections.abc import Callable, Sequence

from codecompanion.contracts.events import Context, Event, Recorded
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.ports import Bus, EventStore
from codecompanion.orchestra.runs.commands import Command
from codecompanion.orchestra.runs.contexts import ORCHESTRA, Contexts
from codecompanion.orchestra.runs.decide import decide
from codecompanion.orchestra.runs.evolve import fold
from codecompanion.orchestra.runs.state import RunState


class RunLog:
    """The one writer of a run's stream.

    ``state`` already holds events whose append is still under way, so that commands of parallel agents
    are decided one after the other and committed together; ``handle`` returns when its own are durable.
    After a failed append the log refuses everything: its state would be ahead of the truth.
    """

    def __init__(
        self,
        run_id: RunId,
        store: EventStore,
        bus: Bus,
        history: Sequence[Recorded] = (),
        *,
        edits_by: str = ORCHESTRA,
    ) -> None:
        self.run_id = run_id
        self.state: RunState = fold(one.body for one in history)
        self._contexts = Contexts(run_id, history, edits_by=edits_by)
        self._store = store
        self._bus = bus
        self._appends: set[asyncio.Task[None]] = set()
        self._broken: Exception | None = None
        self._followers: list[Callable[[Event], None]] = []

    @classmethod
    async def open(
        cls, run_id: RunId, store: EventStore, bus: Bus, *, edits_by: str = ORCHESTRA
    ) -> "tuple[RunLog, list[Recorded]]":
        """Return the log of a run that may have a history, and that history."""
        history = await store.read(run_id)
        return cls(run_id, store, bus, history, edits_by=edits_by), history

    def follow(self, heard: Callable[[Event], None]) -> None:
        """Let ``heard`` be called with every further event, in order, as soon as it is decided."""
        self._followers.append(heard)

    async def handle(self, command: Command) -> list[Event]:
        """Decide and append; returns the new events once they are durable. Raises ``NotNow``."""
        if self._broken is not None:
            raise self._broken
        events = decide(self.state, command)
        if events:
            expected = self.state.version
            self.state = fold(events, self.state)
            for heard in self._followers:
                for event in events:
                    heard(event)
            contexts = self._contexts.of(events)
            task = asyncio.create_task(self._append(expected, events, contexts), name=f"append {self.run_id}")
            self._appends.add(task)
            task.add_done_callback(self._appends.discard)
            # an agent that is cancelled while waiting must not take its fact out of the log
            await asyncio.shield(task)
        return events

    async def _append(self, expected: int, events: Sequence[Event], contexts: Sequence[Context]) -> None:
        try:
            recorded: list[Recorded] = await self._store.append(self.run_id, expected, events, contexts)
        except Exception as error:
            self._broken = error
            raise
        for one in recorded:
            self._bus.publish(one)

    async def settle(self) -> None:
        """Wait for appends under way."""
        if self._appends:
            await asyncio.gather(*self._appends, return_exceptions=True)

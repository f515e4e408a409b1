"""Where agents wait: while a run is paused, for the plan's approval, and step by step for the next step."""

import asyncio
from collections.abc import Callable

from codecompanion.orchestra.runs.state import RunState
from codecompanion.orchestra.runs.status import waits_for_approval


class Gate:
    """Looks at the run's state; ``changed`` wakes those who wait when the state may have changed."""

    def __init__(self, state: Callable[[], RunState]) -> None:
        self._state = state
        self._changed = asyncio.Event()

    def changed(self) -> None:
        """Wake everyone to look again."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def open(self) -> None:
        """Return when the run is not paused."""
        while self._state().paused:
            await self._changed.wait()

    async def step(self) -> None:
        """Return when one more agent may start."""
        await self.open()
        while not self._may_step():
            await self._changed.wait()
            await self.open()

    async def approval(self) -> None:
        """Return when the plan may be carried out: at once in a run that does not ask for that."""
        while waits_for_approval(self._state()):
            await self._changed.wait()

    def _may_step(self) -> bool:
        state = self._state()
        stepwise = state.order is not None and state.order.mode == "stepwise"
        return not stepwise or state.steps_taken < state.steps_granted

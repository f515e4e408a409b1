"""Where agents wait: while a run is paused, and in a stepwise run for the next step."""

import asyncio
from collections.abc import Callable

from codecompanion.orchestra.runs.state import RunState


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

    def _may_step(self) -> bool:
        state = self._state()
        return not (state.order and state.order.stepwise) or state.steps_taken < state.steps_granted

"""Runs the ready tasks of a plan at the same time, the most urgent first, one writer a file."""

import asyncio
from collections.abc import Awaitable, Callable

from codecompanion.contracts.plan import PlanTask
from codecompanion.orchestra.runs.state import RunState


async def _at_once() -> None:
    """Let every task begin."""


class Scheduler:
    """Starts a task when its dependencies are done, a place is free and no running task writes its files.

    ``may_start`` returns when one may begin: which one is looked up after that, as the plan may be changed
    meanwhile. ``work`` does one task and records its end in the run's state before it returns. ``give_up``
    records that a task cannot start because one it waits for failed.
    """

    def __init__(
        self,
        state: Callable[[], RunState],
        work: Callable[[PlanTask], Awaitable[None]],
        give_up: Callable[[PlanTask, str], Awaitable[None]],
        *,
        limit: int,
        may_start: Callable[[], Awaitable[None]] = _at_once,
    ) -> None:
        self._state = state
        self._work = work
        self._give_up = give_up
        self._limit = limit
        self._may_start = may_start
        self._running: dict[str, PlanTask] = {}
        self._freed = asyncio.Event()

    async def run(self) -> None:
        """Return when every task is done or has failed; an exception of ``work`` cancels the rest."""
        async with asyncio.TaskGroup() as group:
            while True:
                await self._fail_orphans()
                # cleared before the look, so that a task ending during it is not missed
                self._freed.clear()
                if self._startable():
                    await self._may_start()
                for task in self._startable():
                    self._running[task.id] = task
                    group.create_task(self._one(task), name=f"task {task.id}")
                if not self._running:
                    if self._orphans():
                        continue
                    return
                await self._freed.wait()

    async def _one(self, task: PlanTask) -> None:
        try:
            await self._work(task)
        finally:
            del self._running[task.id]
            self._freed.set()

    def _startable(self) -> list[PlanTask]:
        chosen: list[PlanTask] = []
        for task in self._state().ready():
            if len(self._running) + len(chosen) >= self._limit:
                break
            busy = {path for other in (*self._running.values(), *chosen) for path in other.files}
            if task.id not in self._running and busy.isdisjoint(task.files):
                chosen.append(task)
        return chosen

    async def _fail_orphans(self) -> None:
        while orphans := self._orphans():
            for task, failed in orphans:
                await self._give_up(task, f"{failed!r}, which it builds on, failed")

    def _orphans(self) -> list[tuple[PlanTask, str]]:
        tasks = self._state().tasks
        return [
            (t.task, wanted)
            for t in tasks.values()
            if t.phase == "waiting"
            for wanted in t.task.depends_on[:]
            if tasks[wanted].phase == "failed"
        ][:1]

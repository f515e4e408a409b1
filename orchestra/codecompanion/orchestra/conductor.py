"""Conducts one run: plan, work, test, mend, end. It acts only on what is in the log already."""

import asyncio
from collections.abc import Awaitable, Callable

from codecompanion.contracts import events as e
from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.messages import Priority, Role
from codecompanion.contracts.plan import PlanTask
from codecompanion.orchestra.agents.desk import Desk
from codecompanion.orchestra.complexity import assess, plan_simulation, plan_without_manager
from codecompanion.orchestra.crew import Crew, Places
from codecompanion.orchestra.gate import Gate
from codecompanion.orchestra.mending import Mending
from codecompanion.orchestra.repair import only_fixes_tests
from codecompanion.orchestra.runs import commands as c
from codecompanion.orchestra.runs.state import RunState
from codecompanion.orchestra.scheduler import Scheduler
from codecompanion.orchestra.summary import Ending, sum_up


class Conductor:
    """Drives a run from wherever its log stands to its ending."""

    def __init__(self, desk: Desk, gate: Gate, places: Places) -> None:
        self._desk = desk
        self._gate = gate
        self._places = places
        self._crew = Crew(desk, gate, places)
        self._mending = Mending(desk, self._crew, gate)

    @property
    def _state(self) -> RunState:
        return self._desk.log.state

    async def drive(self) -> Ending:
        """Return how the run ends; raises ``OrchestraError`` when it cannot go on."""
        if self._state.plan is None:
            await self._plan()
        await self._gate.approval()
        order = self._desk.order
        if order.kind == "simulation":
            await self._schedule(self._rehearse)
            return sum_up(self._state)
        if only_fixes_tests(order):
            first = next(iter(self._state.tasks.values())).task
            return await self._mending.fix_failing_tests(first)
        await self._schedule(self._crew.do)
        if not any(t.phase == "done" for t in self._state.tasks.values()):
            return sum_up(self._state)
        return await self._mending.verify()

    async def _plan(self) -> None:
        order = self._desk.order
        paths = await asyncio.to_thread(self._desk.view.files)
        complexity = assess(order, len(paths))
        asked = await self._desk.send("user", Role.PROJECT_MANAGER, order.request, priority=Priority.HIGH)
        if order.kind == "simulation":
            plan = plan_simulation(order, complexity)
        else:
            plan = plan_without_manager(order, complexity) or await self._crew.plan()
        await self._crew.announce(plan, asked)

    async def _schedule(self, work: Callable[[PlanTask], Awaitable[None]]) -> None:
        scheduler = Scheduler(
            lambda: self._state,
            work,
            self._give_up,
            limit=1 if self._desk.order.mode == "stepwise" else self._places.in_run,
            may_start=self._gate.step,
        )
        try:
            await scheduler.run()
        except* OrchestraError as group:
            raise _first(group) from None

    async def _give_up(self, task: PlanTask, reason: str) -> None:
        await self._desk.log.handle(c.FailTask(task.id, reason))

    async def _rehearse(self, task: PlanTask) -> None:
        """Pretend to do a task, visibly, without a model or a file."""
        seconds = self._desk.order.simulation.seconds if self._desk.order.simulation else 0.5
        async with self._crew.turn(self._gate.step):
            if self._crew.startable(task.id) is None:
                return
            await self._desk.log.handle(c.StartTask(task.id, task.role))
            for step in range(1, 6):
                await asyncio.sleep(seconds / 5)
                await self._gate.open()
                said = f"simulated step {step} of 5"
                await self._desk.note(e.TaskProgressed(task_id=task.id, text=said, done=step, total=5))
            await self._desk.log.handle(c.FinishTask(task.id, "simulated; nothing was written"))


def _first(group: BaseExceptionGroup[OrchestraError]) -> OrchestraError:
    for error in group.exceptions:
        return _first(error) if isinstance(error, BaseExceptionGroup) else error
    raise AssertionError("an exception group is never empty")

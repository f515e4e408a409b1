"""Conducts one run: plan, work, test, mend, end. It acts only on what is in the log already."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from codecompanion.contracts import events as e
from codecompanion.contracts.errors import OrchestraError, WorkspaceError
from codecompanion.contracts.messages import AgentMessage, ArtifactRef, Priority, Role
from codecompanion.contracts.plan import Plan, PlanTask
from codecompanion.contracts.test_reports import TestReport
from codecompanion.orchestra.agents.briefs import KnownFile, MendJob, WorkJob, WorkResult
from codecompanion.orchestra.agents.desk import Desk
from codecompanion.orchestra.agents.project_manager import ProjectManager
from codecompanion.orchestra.agents.workers import CodeGenerator, Debugger, TestWriter, UIDesigner, Worker
from codecompanion.orchestra.complexity import assess, plan_simulation, plan_without_manager
from codecompanion.orchestra.gate import Gate
from codecompanion.orchestra.repair import only_old_failures, reason_to_stop
from codecompanion.orchestra.runs import commands as c
from codecompanion.orchestra.runs.state import PLANNING, RunState
from codecompanion.orchestra.scheduler import Scheduler
from codecompanion.orchestra.summary import Ending, sum_up

MAX_SHOWN_FILE = 12_000
MAX_SHOWN_FILES = 30_000
_USER = "user"
_TESTS = "test runner"


@dataclass(frozen=True, slots=True)
class Places:
    """The places for agents that run at the same time: in one run, and in all runs together."""

    in_run: int
    in_all: asyncio.Semaphore


class Conductor:
    """Drives a run from wherever its log stands to its ending."""

    def __init__(self, desk: Desk, gate: Gate, places: Places) -> None:
        self._desk = desk
        self._gate = gate
        self._places = places
        self._manager = ProjectManager(desk)
        self._workers: dict[Role, Worker] = {
            Role.CODE_GENERATOR: CodeGenerator(desk),
            Role.UI_DESIGNER: UIDesigner(desk),
            Role.TEST_WRITER: TestWriter(desk),
            Role.DEBUGGER: Debugger(desk),
        }
        self._handed: dict[str, AgentMessage] = {}

    @property
    def _state(self) -> RunState:
        return self._desk.log.state

    async def drive(self) -> Ending:
        """Return how the run ends; raises ``OrchestraError`` when it cannot go on."""
        if self._state.plan is None:
            await self._plan()
        if self._desk.order.kind == "simulation":
            await self._schedule(self._rehearse)
            return sum_up(self._state)
        if self._needs_failing_tests():
            return await self._mend_failing_tests()
        baseline = asyncio.create_task(self._baseline(), name="tests before the change")
        try:
            await self._schedule(self._do_task)
            await baseline
        finally:
            baseline.cancel()
        if all(t.phase == "failed" for t in self._state.tasks.values()):
            return sum_up(self._state)
        return await self._verify()

    # -- plan ---------------------------------------------------------------------------------

    async def _plan(self) -> None:
        order = self._desk.order
        paths = await asyncio.to_thread(self._desk.view.files)
        complexity = assess(order, len(paths))
        asked = await self._desk.send(_USER, Role.PROJECT_MANAGER, order.request, priority=Priority.HIGH)
        if order.kind == "simulation":
            plan = plan_simulation(order, complexity)
        else:
            plan = plan_without_manager(order, complexity) or await self._ask_manager()
        ref = await self._desk.keep(PLANNING, "plan", "plan", plan.model_dump_json())
        await self._desk.log.handle(c.AdoptPlan(plan))
        self._handed[PLANNING] = await self._desk.send(
            Role.PROJECT_MANAGER, "orchestra", plan.summary, artifacts=(ref,), cause=asked
        )

    async def _ask_manager(self) -> Plan:
        async with self._turn(self._gate.open):
            await self._desk.log.handle(c.StartTask(PLANNING, Role.PROJECT_MANAGER))
            return await self._manager.plan()

    @asynccontextmanager
    async def _turn(self, may_go: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
        """Hold a place among all agents; entered only while the run is not paused."""
        while True:
            await may_go()
            async with self._places.in_all:
                # the wait for a place may have been long enough for a pause
                if not self._state.paused:
                    yield
                    return

    # -- work ---------------------------------------------------------------------------------

    async def _schedule(self, work: Callable[[PlanTask], Awaitable[None]]) -> None:
        stepwise = self._desk.order.stepwise
        scheduler = Scheduler(
            lambda: self._state,
            work,
            self._give_up,
            limit=1 if stepwise else self._places.in_run,
        )
        try:
            await scheduler.run()
        except* OrchestraError as group:
            raise _first(group) from None

    async def _give_up(self, task: PlanTask, reason: str) -> None:
        await self._desk.log.handle(c.FailTask(task.id, reason))

    async def _do_task(self, task: PlanTask) -> None:
        async with self._turn(self._gate.step):
            await self._desk.log.handle(c.StartTask(task.id, task.role))
            handed = await self._hand_over(task)
            worker = self._workers[task.role]
            try:
                result = await worker.work(await self._job(task))
            except OrchestraError as error:
                await self._desk.log.handle(c.FailTask(task.id, str(error)))
                return
            await self._finish(task, result, handed)

    async def _hand_over(self, task: PlanTask) -> AgentMessage:
        refs = [ref for wanted in task.depends_on for ref in self._state.tasks[wanted].artifacts]
        return await self._desk.send(
            Role.PROJECT_MANAGER,
            task.role,
            task.title,
            artifacts=tuple(refs),
            priority=task.priority,
            cause=self._handed.get(PLANNING),
        )

    async def _job(self, task: PlanTask) -> WorkJob:
        plan = self._state.plan
        assert plan is not None
        results = tuple(
            f"{t.task.role}: {t.task.title}. {t.summary}"
            for t in self._state.tasks.values()
            if t.phase == "done"
        )
        wanted = [*task.files, *(p for d in task.depends_on for p in self._state.tasks[d].task.files)]
        hidden = self._workers[task.role].hides
        paths = [path for path in dict.fromkeys(wanted) if not hidden(path)]
        known = await asyncio.to_thread(self._known_files, paths)
        return WorkJob(self._desk.order, plan, task, known, results)

    def _known_files(self, paths: list[str]) -> tuple[KnownFile, ...]:
        """The files worth showing at once, within bounds; the agent can read the rest by its tools."""
        known: list[KnownFile] = []
        room = MAX_SHOWN_FILES
        for path in paths:
            if not self._desk.view.exists(path):
                continue
            try:
                text = self._desk.view.read(path)
            except WorkspaceError:
                continue
            if len(text) <= min(room, MAX_SHOWN_FILE):
                known.append(KnownFile(path, text))
                room -= len(text)
        return tuple(known)

    async def _finish(self, task: PlanTask, result: WorkResult, handed: AgentMessage) -> None:
        refs = tuple(
            ArtifactRef(
                id=self._desk.ids("art"),
                kind="tests" if task.role is Role.TEST_WRITER else "file",
                name=path,
                sha256=sha,
            )
            for path, sha in result.landed.items()
        )
        await self._desk.log.handle(c.FinishTask(task.id, result.summary, refs))
        await self._desk.send(task.role, Role.PROJECT_MANAGER, result.summary, artifacts=refs, cause=handed)

    async def _rehearse(self, task: PlanTask) -> None:
        seconds = self._desk.order.simulation.seconds if self._desk.order.simulation else 0.5
        async with self._turn(self._gate.step):
            await self._desk.log.handle(c.StartTask(task.id, task.role))
            for step in range(1, 6):
                await asyncio.sleep(seconds / 5)
                await self._gate.open()
                await self._desk.note(
                    e.TaskProgressed(task_id=task.id, text=f"simulated step {step} of 5", done=step, total=5)
                )
            await self._desk.log.handle(c.FinishTask(task.id, "simulated; nothing was written"))

    # -- test and mend --------------------------------------------------------------------------

    def _needs_failing_tests(self) -> bool:
        order = self._desk.order
        return order.kind == "fix" and not order.problems and order.place is None

    async def _baseline(self) -> None:
        """See how the tests stood before, so that old failures are not blamed on this run."""
        if self._desk.order.kind in ("project", "tests") or self._state.baseline is not None:
            return
        await self._test(-1)

    async def _test(self, round_: int) -> TestReport:
        await self._gate.open()
        if round_ >= 0:
            await self._desk.confirm_edits()
        await self._desk.note(e.TestsStarted(round=round_))
        report = await self._desk.tests.run(self._desk.view)
        await self._desk.note(e.TestsRan(report=report, round=round_))
        return report

    async def _mend_failing_tests(self) -> Ending:
        report = await self._test(0)
        if not report.ran:
            raise OrchestraError(f"there is nothing to fix by: {report.output or 'no tests were found'}")
        tasks = list(self._state.tasks.values())
        if report.green:
            for waiting in tasks:
                await self._desk.log.handle(c.StartTask(waiting.task.id, waiting.task.role))
                await self._desk.log.handle(
                    c.FinishTask(waiting.task.id, "all tests pass already; nothing was changed")
                )
            return sum_up(self._state)
        return await self._mend_until_green(first=tasks[0].task)

    async def _verify(self) -> Ending:
        report = await self._test(0)
        if not report.ran or report.green or only_old_failures(self._state.baseline, report):
            return sum_up(self._state)
        return await self._mend_until_green()

    async def _mend_until_green(self, first: PlanTask | None = None) -> Ending:
        order = self._desk.order
        task = first
        while (stop := reason_to_stop(self._state.reports, order.max_repairs)) is None:
            if task is None:
                task = await self._add_repair()
            gave_up = await self._mend(task)
            if gave_up is not None:
                return sum_up(self._state, f"Debugger could not mend it: {gave_up}")
            if (await self._test(len(self._state.reports))).green:
                return sum_up(self._state)
            task = None
        return sum_up(self._state, stop)

    async def _add_repair(self) -> PlanTask:
        round_ = len(self._state.reports)
        task = PlanTask(
            id=f"mend-{round_}",
            title=f"Mend what the tests found (round {round_})",
            role=Role.DEBUGGER,
            acceptance=("all tests pass",),
            priority=Priority.HIGH,
        )
        await self._desk.log.handle(c.AddTask(task))
        return task

    async def _mend(self, task: PlanTask) -> str | None:
        """Let the Debugger try once; returns why it gave up, or None when it changed something."""
        plan, report = self._state.plan, self._state.reports[-1]
        assert plan is not None
        async with self._turn(self._gate.step):
            await self._desk.log.handle(c.StartTask(task.id, task.role))
            ref = await self._desk.keep(task.id, "test report", "tests", report.model_dump_json())
            handed = await self._desk.send(
                _TESTS, Role.DEBUGGER, task.title, artifacts=(ref,), priority=Priority.HIGH
            )
            tried = tuple(
                t.summary
                for t in self._state.tasks.values()
                if t.task.id.startswith("mend-") and t.phase == "done"
            )
            job = MendJob(self._desk.order, plan, task, report, tried, self._state.files())
            debugger = self._workers[Role.DEBUGGER]
            assert isinstance(debugger, Debugger)
            try:
                result = await debugger.mend(job)
            except OrchestraError as error:
                await self._desk.log.handle(c.FailTask(task.id, str(error)))
                return str(error)
            await self._finish(task, result, handed)
            return None


def _first(group: BaseExceptionGroup[OrchestraError]) -> OrchestraError:
    for error in group.exceptions:
        return _first(error) if isinstance(error, BaseExceptionGroup) else error
    raise AssertionError("an exception group is never empty")

"""The five agents of one run: whose turn it is, what each is handed, and what is recorded of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from codecompanion.contracts.errors import OrchestraError, WorkspaceError
from codecompanion.contracts.messages import AgentMessage, ArtifactRef, Role
from codecompanion.contracts.plan import Plan, PlanTask
from codecompanion.contracts.test_reports import TestReport
from codecompanion.orchestra.agents.briefs import KnownFile, MendJob, WorkJob, WorkResult
from codecompanion.orchestra.agents.desk import Desk
from codecompanion.orchestra.agents.project_manager import ProjectManager
from codecompanion.orchestra.agents.workers import CodeGenerator, Debugger, TestWriter, UIDesigner, Worker
from codecompanion.orchestra.gate import Gate
from codecompanion.orchestra.repair import is_repair
from codecompanion.orchestra.runs import commands as c
from codecompanion.orchestra.runs.state import PLANNING, RunState

MAX_SHOWN_FILE = 12_000
MAX_SHOWN_FILES = 30_000


@dataclass(frozen=True, slots=True)
class Places:
    """The places for agents that run at the same time: in one run, and in all runs together."""

    in_run: int
    in_all: asyncio.Semaphore


class Crew:
    """Lets agents work one task each; a failed task is a recorded fact, not an exception."""

    def __init__(self, desk: Desk, gate: Gate, places: Places) -> None:
        self._desk = desk
        self._gate = gate
        self._places = places
        self._manager = ProjectManager(desk)
        self._debugger = Debugger(desk)
        self._workers: dict[Role, Worker] = {
            Role.CODE_GENERATOR: CodeGenerator(desk),
            Role.UI_DESIGNER: UIDesigner(desk),
            Role.TEST_WRITER: TestWriter(desk),
            Role.DEBUGGER: self._debugger,
        }
        self._plan_message: AgentMessage | None = None

    @property
    def _state(self) -> RunState:
        return self._desk.log.state

    async def plan(self) -> Plan:
        """Let the ProjectManager plan; raises ``OrchestraError`` when no plan comes of it."""
        async with self.turn(self._gate.open):
            await self._desk.log.handle(c.StartTask(PLANNING, Role.PROJECT_MANAGER))
            return await self._manager.plan()

    async def announce(self, plan: Plan, asked: AgentMessage) -> None:
        """Record the plan and say so to the others."""
        ref = await self._desk.keep(PLANNING, "plan", "plan", plan.model_dump_json())
        await self._desk.log.handle(c.AdoptPlan(plan))
        self._plan_message = await self._desk.send(
            Role.PROJECT_MANAGER, "orchestra", plan.summary, artifacts=(ref,), cause=asked
        )

    async def do(self, task: PlanTask) -> None:
        """Let the task's agent do it."""
        async with self.turn(self._gate.step):
            await self._desk.log.handle(c.StartTask(task.id, task.role))
            refs = tuple(ref for wanted in task.depends_on for ref in self._state.tasks[wanted].artifacts)
            job = await self._job(task)
            worker = self._workers[task.role]
            await self._carry_out(task, lambda: worker.work(job), sender=Role.PROJECT_MANAGER, refs=refs)

    async def mend(self, task: PlanTask, report: TestReport) -> None:
        """Let the Debugger try once to make a red report green."""
        async with self.turn(self._gate.step):
            await self._desk.log.handle(c.StartTask(task.id, task.role))
            ref = await self._desk.keep(task.id, "test report", "tests", report.model_dump_json())
            plan = self._plan
            tried = tuple(
                t.summary
                for t in self._state.tasks.values()
                if t.phase == "done" and is_repair(t.task, self._desk.order)
            )
            files = await asyncio.to_thread(self._files_behind, report)
            job = MendJob(self._desk.order, plan, task, report, tried, self._state.files(), files)
            await self._carry_out(task, lambda: self._debugger.mend(job), sender="test runner", refs=(ref,))

    @property
    def _plan(self) -> Plan:
        if self._state.plan is None:
            raise OrchestraError("the run has no plan yet")
        return self._state.plan

    @asynccontextmanager
    async def turn(self, may_go: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
        """Hold a place among all agents; entered only while the run is not paused."""
        while True:
            await may_go()
            async with self._places.in_all:
                # the wait for a place may have been long enough for a pause
                if not self._state.paused:
                    yield
                    return

    async def _carry_out(
        self,
        task: PlanTask,
        work: Callable[[], Awaitable[WorkResult]],
        *,
        sender: str,
        refs: tuple[ArtifactRef, ...],
    ) -> None:
        handed = await self._desk.send(
            sender, task.role, task.title, artifacts=refs, priority=task.priority, cause=self._plan_message
        )
        try:
            result = await work()
        except OrchestraError as error:
            await self._desk.log.handle(c.FailTask(task.id, str(error)))
            return
        made = tuple(self._reference(task, path, sha) for path, sha in result.landed.items())
        await self._desk.log.handle(c.FinishTask(task.id, result.summary, made))
        await self._desk.send(task.role, Role.PROJECT_MANAGER, result.summary, artifacts=made, cause=handed)

    def _reference(self, task: PlanTask, path: str, sha256: str) -> ArtifactRef:
        kind = "tests" if task.role is Role.TEST_WRITER else "file"
        return ArtifactRef.model_validate(
            {"id": self._desk.ids("art"), "kind": kind, "name": path, "sha256": sha256}
        )

    async def _job(self, task: PlanTask) -> WorkJob:
        results = tuple(
            f"{t.task.role}: {t.task.title}. {t.summary}"
            for t in self._state.tasks.values()
            if t.phase == "done"
        )
        wanted = [*task.files, *(p for d in task.depends_on for p in self._state.tasks[d].task.files)]
        hidden = self._workers[task.role].hides
        paths = [path for path in dict.fromkeys(wanted) if not hidden(path)]
        known = await asyncio.to_thread(self._known_files, paths)
        return WorkJob(self._desk.order, self._plan, task, known, results)

    def _files_behind(self, report: TestReport) -> tuple[KnownFile, ...]:
        """The files this run changed, and those that the output names."""
        said = "\n".join((report.output, *report.failures))
        named = [path for path in self._desk.view.files() if path in said]
        return self._known_files(list(dict.fromkeys((*self._state.files(), *named))))

    def _known_files(self, paths: list[str]) -> tuple[KnownFile, ...]:
        """The files worth showing at once, within bounds; the agent can read the rest by its tools."""
        known: list[KnownFile] = []
        room = MAX_SHOWN_FILES
        for path in paths:
            try:
                text = self._desk.view.read(path) if self._desk.view.exists(path) else None
            except WorkspaceError:
                continue
            if text is not None and len(text) <= min(room, MAX_SHOWN_FILE):
                known.append(KnownFile(path, text))
                room -= len(text)
        return tuple(known)

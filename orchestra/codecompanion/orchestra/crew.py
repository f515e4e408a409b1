"""The five agents of one run: whose turn it is, what each is handed, and what is recorded of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass

from codecompanion.contracts.errors import OrchestraError, ProviderError, WorkspaceError
from codecompanion.contracts.ids import TaskId
from codecompanion.contracts.messages import AgentMessage, ArtifactRef, Role
from codecompanion.contracts.plan import Plan, PlanTask
from codecompanion.contracts.test_reports import TestReport
from codecompanion.contracts.wording import counted
from codecompanion.orchestra.agents.briefs import KnownFile, MendJob, WorkJob, WorkResult
from codecompanion.orchestra.agents.desk import Desk
from codecompanion.orchestra.agents.project_manager import ProjectManager
from codecompanion.orchestra.agents.workers import CodeGenerator, Debugger, TestWriter, UIDesigner, Worker
from codecompanion.orchestra.gate import Gate
from codecompanion.orchestra.repair import ended, repairs_of, tried
from codecompanion.orchestra.runs import commands as c
from codecompanion.orchestra.runs.state import PLANNING, RunState

MAX_SHOWN_FILE = 12_000
MAX_SHOWN_FILES = 30_000
WAIT_GROWS = 3
"""How many times as long a task waits before each further retry."""
LONGEST_WAIT = 300.0
"""The most seconds that a provider's own wish can make a retry wait."""


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
        while True:
            async with self.turn(self._gate.open):
                epoch = await self._start(PLANNING, Role.PROJECT_MANAGER)
                try:
                    return await self._manager.plan()
                except ProviderError as fault:
                    if not await self._retried(PLANNING, epoch, fault):
                        raise
                    error = fault
            await self._wait_to_retry(PLANNING, error)

    async def announce(self, plan: Plan, asked: AgentMessage) -> None:
        """Record the plan and say so to the others."""
        ref = await self._desk.keep(PLANNING, "plan", "plan", plan.model_dump_json())
        await self._desk.log.handle(c.AdoptPlan(plan))
        self._plan_message = await self._desk.send(
            Role.PROJECT_MANAGER, "orchestra", plan.summary, artifacts=(ref,), cause=asked
        )

    async def do(self, task: PlanTask) -> None:
        """Let the task's agent do it; nothing happens when the plan has no such task to begin any more."""
        await self._until_ended(task.id, lambda: self._do(task.id))

    async def _do(self, task_id: TaskId) -> OrchestraError | None:
        # the wait for a place may have been long enough for the person to change the plan
        task = self.startable(task_id)
        if task is None:
            return None
        epoch = await self._start(task.id, task.role)
        refs = tuple(ref for wanted in task.depends_on for ref in self._state.tasks[wanted].artifacts)
        job = await self._job(task)
        worker = self._workers[task.role]
        return await self._carry_out(
            task, epoch, lambda: worker.work(job), sender=Role.PROJECT_MANAGER, refs=refs
        )

    async def mend(self, task: PlanTask, report: TestReport) -> OrchestraError | None:
        """Let the Debugger try once to make a red report green; returns why that failed, if it did."""
        return await self._until_ended(task.id, lambda: self._mend(task, report))

    async def _mend(self, task: PlanTask, report: TestReport) -> OrchestraError | None:
        epoch = await self._start(task.id, task.role)
        ref = await self._desk.keep(task.id, "test report", "tests", report.model_dump_json())
        repairs = repairs_of(self._state.tasks.values(), self._desk.order)
        job = MendJob(
            self._desk.order,
            self._plan,
            task,
            report,
            tried=tuple(map(tried, ended(repairs))),
            changed=self._state.files(),
            files=await asyncio.to_thread(self._files_behind, report),
            told=self._told(task.id),
            results=self._results(apart_from=[repair.task.id for repair in repairs]),
        )
        return await self._carry_out(
            task, epoch, lambda: self._debugger.mend(job), sender="test runner", refs=(ref,)
        )

    def startable(self, task_id: TaskId) -> PlanTask | None:
        """Return a task as the plan has it now; None when it is gone or waits for another."""
        return next((task for task in self._state.ready() if task.id == task_id), None)

    async def _start(self, task_id: TaskId, role: Role) -> int:
        """Record a start of a task and return which one it is."""
        await self._desk.log.handle(c.StartTask(task_id, role))
        return self._state.starts[task_id]

    async def _until_ended(
        self, task_id: TaskId, attempt: Callable[[], Awaitable[OrchestraError | None]]
    ) -> OrchestraError | None:
        """Attempt a task until it is done, has failed, or is no more; a place is held only for the attempts."""
        while True:
            async with self.turn(self._gate.step):
                error = await attempt()
            if error is None or self._state.tasks[task_id].phase != "waiting":
                return error
            await self._wait_to_retry(task_id, error)

    async def _retried(self, task_id: TaskId, epoch: int, error: OrchestraError) -> bool:
        """Record that a task will begin anew, when its fault is one that passes and it has tries left."""
        before, most = self._state.retries.get(task_id, 0), self._desk.limits.retries
        if not isinstance(error, ProviderError) or not error.retryable or before >= most:
            return False
        wait = self._wait(before, error)
        reason = f"{error} It begins anew in {counted(wait, 'second')} (retry {before + 1} of {most})."
        await self._desk.log.handle(c.RetryTask(task_id, reason, epoch))
        return True

    async def _wait_to_retry(self, task_id: TaskId, error: OrchestraError) -> None:
        await asyncio.sleep(self._wait(self._state.retries[task_id] - 1, error))
        self._desk.read_again(task_id)

    def _wait(self, before: int, error: OrchestraError) -> float:
        """Return the seconds to wait after that many retries: what the provider asked for, within bounds."""
        asked = error.retry_after if isinstance(error, ProviderError) else None
        grown: float = self._desk.limits.retry_wait * WAIT_GROWS**before
        return max(grown, min(asked or 0.0, LONGEST_WAIT))

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
        epoch: int,
        work: Callable[[], Awaitable[WorkResult]],
        *,
        sender: str,
        refs: tuple[ArtifactRef, ...],
    ) -> OrchestraError | None:
        """Record what came of the work; returns the error that ended this attempt, None when it was done."""
        handed = await self._desk.send(
            sender, task.role, task.title, artifacts=refs, priority=task.priority, cause=self._plan_message
        )
        try:
            result = await work()
        except OrchestraError as error:
            if not await self._retried(task.id, epoch, error):
                await self._desk.log.handle(c.FailTask(task.id, str(error), epoch))
            return error
        made = tuple(self._reference(task, path, sha) for path, sha in result.landed.items())
        await self._desk.log.handle(c.FinishTask(task.id, result.summary, made, epoch))
        await self._desk.send(task.role, Role.PROJECT_MANAGER, result.summary, artifacts=made, cause=handed)
        return None

    def _reference(self, task: PlanTask, path: str, sha256: str) -> ArtifactRef:
        kind = "tests" if task.role is Role.TEST_WRITER else "file"
        return ArtifactRef.model_validate(
            {"id": self._desk.ids("art"), "kind": kind, "name": path, "sha256": sha256}
        )

    async def _job(self, task: PlanTask) -> WorkJob:
        wanted = [*task.files, *(p for d in task.depends_on for p in self._state.tasks[d].task.files)]
        hidden = self._workers[task.role].hides
        paths = [path for path in dict.fromkeys(wanted) if not hidden(path)]
        known = await asyncio.to_thread(self._known_files, paths)
        return WorkJob(self._desk.order, self._plan, task, known, self._results(), self._told(task.id))

    def _results(self, apart_from: Collection[TaskId] = ()) -> tuple[str, ...]:
        """Return what was done so far, in the words of those who did it."""
        return tuple(
            f"{t.task.role}: {t.task.title}. {t.summary}"
            for t in self._state.tasks.values()
            if t.phase == "done" and t.task.id not in apart_from
        )

    def _told(self, task_id: TaskId) -> tuple[str, ...]:
        return self._state.instructions.get(task_id, ())

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

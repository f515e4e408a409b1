"""The engine of one workspace: starts runs, steers them, and tells how they stand."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from codecompanion.contracts import events as e
from codecompanion.contracts.change_events import CHANGES
from codecompanion.contracts.errors import BadRequest
from codecompanion.contracts.events import Recorded
from codecompanion.contracts.ids import IdSource, RunId, TaskId, random_id
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.plan import Plan
from codecompanion.contracts.ports import (
    Bus,
    Clock,
    EditSink,
    EventStore,
    ModelGateway,
    TestRunner,
    WorkspaceView,
)
from codecompanion.contracts.status import RunStatus
from codecompanion.orchestra.agents.desk import AgentLimits, Desk
from codecompanion.orchestra.agents.history import Turns
from codecompanion.orchestra.agents.transcript import Transcripts
from codecompanion.orchestra.conductor import Conductor
from codecompanion.orchestra.crew import Places
from codecompanion.orchestra.gate import Gate
from codecompanion.orchestra.guard import Guard, RunLimits
from codecompanion.orchestra.interrupted import InterruptedRuns
from codecompanion.orchestra.keeper import ending_of, keep, record_end, was_ended
from codecompanion.orchestra.merging.leases import Leases
from codecompanion.orchestra.plan_edits import edit_plan, edit_plan_text, plan_text
from codecompanion.orchestra.review.pending_edits import Bench, bench_for
from codecompanion.orchestra.runs import commands as c
from codecompanion.orchestra.runs.contexts import ORCHESTRA
from codecompanion.orchestra.runs.decide import NotNow
from codecompanion.orchestra.runs.effort import effort_of
from codecompanion.orchestra.runs.log import RunLog
from codecompanion.orchestra.runs.status import status_of
from codecompanion.orchestra.runs_here import RunHere, let_go
from codecompanion.orchestra.usable_orders import demand_usable
from codecompanion.orchestra.watching import watch


@dataclass(frozen=True, slots=True)
class Parts:
    """What the engine is made of: one set for a workspace folder. ``edits_by`` is who settles edits there."""

    store: EventStore
    bus: Bus
    gateway: ModelGateway
    view: WorkspaceView
    sink: EditSink
    tests: TestRunner
    edits_by: str = ORCHESTRA


class Engine:
    """Owns the runs of one workspace; every public call is answered at once, the work goes on behind it."""

    def __init__(
        self,
        parts: Parts,
        *,
        clock: Clock,
        ids: IdSource = random_id,
        max_parallel: int = 12,
        limits: AgentLimits | None = None,
        run_limits: RunLimits | None = None,
    ) -> None:
        self._parts = parts
        self._clock = clock
        self._ids = ids
        self._limits = limits or AgentLimits()
        self._run_limits = run_limits or RunLimits()
        self._places = Places(max_parallel, asyncio.Semaphore(max_parallel))
        self._runs: dict[RunId, RunHere] = {}
        self._leases = Leases()
        self._interrupted = InterruptedRuns(parts.store)

    def adopt(self, *, max_parallel: int, limits: AgentLimits, run_limits: RunLimits | None = None) -> None:
        """Let runs that begin from now on keep to these bounds; those under way keep theirs."""
        self._limits = limits
        self._run_limits = run_limits or self._run_limits
        if max_parallel != self._places.in_run:
            self._places = Places(max_parallel, asyncio.Semaphore(max_parallel))

    async def start(self, order: RunOrder, run_id: RunId | None = None) -> RunId:
        """Record the order and begin; raises ``BadRequest`` when it cannot be taken."""
        demand_usable(order)
        if self._parts.bus.away is not None:
            raise BadRequest(self._parts.bus.away)
        name = run_id or self._ids("run")
        log = RunLog(name, self._parts.store, self._parts.bus, edits_by=self._parts.edits_by)
        run = RunHere(log, Gate(lambda: log.state), self._clock())
        self._runs[name] = run
        try:
            await log.handle(c.StartRun(order))
        except BaseException:
            del self._runs[name]
            raise
        self._begin(name, run, [(e.RunStarted(order=order), run.started_at)])
        return name

    async def reopen(self, run_id: RunId) -> bool:
        """Go on with a run of the log that was interrupted; what was answered or decided is not asked again.

        A paused run stays paused; returns whether it was so. A run that has ended, or is running here, stays as
        it is; one that was being ended is ended now. Raises ``BadRequest`` for an unknown one.
        """
        if run_id in self._runs:
            return self._runs[run_id].log.state.paused
        log, history = await self._open(run_id)
        if run_id in self._runs:
            return self._runs[run_id].log.state.paused
        paused = log.state.paused
        run = RunHere(log, Gate(lambda: log.state), history[0].at)
        self._runs[run_id] = run
        if log.state.ended:
            return False
        if was_ended(log.state):
            await record_end(log, ending_of(log.state))
            return False
        await log.handle(c.ReopenRun())
        before = [(one.body, one.at) for one in history]
        decided = [(one.body, one.at) for one in await self._parts.store.read(CHANGES)]
        self._begin(run_id, run, [*before, (e.RunReopened(), self._clock())], decided)
        return paused

    async def _open(self, run_id: RunId) -> tuple[RunLog, list[Recorded]]:
        """Return the log of a run that is not running here; raises ``BadRequest`` for an unknown one."""
        log, history = await RunLog.open(
            run_id, self._parts.store, self._parts.bus, edits_by=self._parts.edits_by
        )
        if log.state.order is None:
            known = ", ".join((await self._parts.store.run_ids())[-5:]) or "none yet"
            raise BadRequest(f"unknown run {run_id!r}; known: {known}")
        return log, history

    async def interrupted(self) -> list[RunStatus]:
        """Return the runs of the log that neither ended nor run here."""
        return await self._interrupted.but(self._runs)

    def _begin(
        self,
        run_id: RunId,
        run: RunHere,
        history: Sequence[tuple[e.Event, float]],
        decided: Sequence[tuple[e.Event, float]] = (),
    ) -> None:
        """Let the work of a run begin.

        ``history`` is what happened in it so far, and when; ``decided`` what the person decided about edits.
        """
        order = run.log.state.order
        assert order is not None
        guard = Guard(self._run_limits, self._clock, effort_of(history), lambda: run.log.state)
        before = [event for event, _ in history]
        transcripts, turns = Transcripts(before), Turns(before)
        for heard in (guard.heard, transcripts.heard, turns.heard):
            run.log.follow(heard)
        shared = Bench(self._parts.view, self._parts.sink)
        bench = bench_for(run_id, order, shared, [*history, *decided], lambda: run.log.state.reports)
        desk = Desk(
            transcripts=transcripts,
            turns=turns,
            leases=self._leases,
            order=order,
            log=run.log,
            gateway=self._parts.gateway,
            view=bench.view,
            sink=bench.sink,
            tests=self._parts.tests,
            gate=run.gate.open,
            admit=guard.admit,
            ids=self._ids,
            limits=self._limits,
        )
        let_go(self._runs)
        conductor = Conductor(desk, run.gate, self._places)
        run.work = asyncio.create_task(conductor.drive(), name=f"work of {run_id}")
        run.keeper = asyncio.create_task(keep(run.log, run.work, desk, guard), name=f"keeper of {run_id}")

    async def pause(self, run_id: RunId, reason: str = "") -> None:
        """Let no further agent, model call or edit begin; what is under way finishes.

        An interrupted run is paused in the log: it stays so when it is reopened. ``reason`` is given when not
        the person wants it.
        """
        await self._steer(run_id, c.PauseRun(reason))

    async def resume(self, run_id: RunId) -> None:
        """Go on after a pause, or with a run of the log that was interrupted, paused or not."""
        here = run_id in self._runs
        # who pauses it while it is being taken up means it
        if await self.reopen(run_id) or here:
            await self._steer(run_id, c.ResumeRun())

    async def next(self, run_id: RunId, instruction: str = "") -> None:
        """In a stepwise run, let one more agent go; ``instruction`` is told to it besides."""
        if instruction.strip():
            ready = (await self._log_of(run_id)).state.ready()
            if not ready:
                raise NotNow("no agent is about to begin, so nobody can be told; go on without an instruction")
            await self.instruct(run_id, ready[0].id, instruction)
        await self._steer(run_id, c.GrantStep())

    async def approve(self, run_id: RunId) -> None:
        """Let a run whose plan waits for approval carry it out; raises ``NotNow``."""
        await self._steer(run_id, c.ApprovePlan())

    async def instruct(self, run_id: RunId, task_id: TaskId, text: str) -> None:
        """Tell the agent of a task that has not begun more; raises ``NotNow``."""
        await self._steer(run_id, c.InstructTask(task_id, text))

    async def plan_text(self, run_id: RunId) -> str:
        """Return a run's plan as text that a person can change; raises ``BadRequest`` while there is none."""
        return plan_text((await self._log_of(run_id)).state)

    async def edit_plan(
        self, run_id: RunId, plan: Plan, instructions: Mapping[TaskId, tuple[str, ...]] | None = None
    ) -> None:
        """Put another plan in the place of a run's; as ``plan_edits.edit_plan``."""
        await edit_plan(await self._log_of(run_id), plan, instructions)
        self._look_again(run_id)

    async def edit_plan_text(self, run_id: RunId, text: str) -> None:
        """Take in a plan's text as a person left it; raises ``UnclearPlan`` with the line and the mend."""
        await edit_plan_text(await self._log_of(run_id), text)
        self._look_again(run_id)

    async def stop(self, run_id: RunId, reason: str = "the user stopped it") -> None:
        """Stop a run: its model streams are closed and its processes killed within a second.

        A run of the log that is not running here ends there, without anything being started.
        """
        log = await self._log_of(run_id)
        if log.state.ended:
            return
        await log.handle(c.StopRun(reason))
        run = self._runs.get(run_id)
        if run is None:
            await record_end(log, ending_of(log.state))
        elif run.work is not None:
            run.work.cancel()

    async def _steer(self, run_id: RunId, command: c.Command) -> None:
        await (await self._log_of(run_id)).handle(command)
        self._look_again(run_id)

    def _look_again(self, run_id: RunId) -> None:
        """Wake those of a run that wait at its gate."""
        if run_id in self._runs:
            self._runs[run_id].gate.changed()

    async def _log_of(self, run_id: RunId) -> RunLog:
        """Return the log of a run, running here or not; raises ``BadRequest`` for an unknown one."""
        run = self._runs.get(run_id)
        return run.log if run is not None else (await self._open(run_id))[0]

    def _run(self, run_id: RunId) -> RunHere:
        if run_id not in self._runs:
            known = ", ".join(list(self._runs)[-5:]) or "none yet"
            raise BadRequest(f"unknown run {run_id!r}; known: {known}")
        return self._runs[run_id]

    def status(self, run_id: RunId) -> RunStatus:
        """Return how a run stands; raises ``BadRequest`` for an unknown one."""
        run = self._run(run_id)
        return status_of(run_id, run.log.state, started_at=run.started_at, updated_at=self._clock())

    def statuses(self) -> list[RunStatus]:
        """Return how every run stands, oldest first."""
        return [self.status(run_id) for run_id, run in self._runs.items() if run.log.state.started]

    async def wait(self, run_id: RunId) -> RunStatus:
        """Return the final status once the run has ended."""
        keeper = self._run(run_id).keeper
        if keeper is not None:
            await asyncio.shield(keeper)
        return self.status(run_id)

    def watch(self, run_id: RunId) -> AsyncIterator[Recorded]:
        """Return the run's events from the first on, as they come; raises ``BadRequest`` for an unknown one."""
        self._run(run_id)
        return watch(run_id, self._parts.store, self._parts.bus)

    async def close(self) -> None:
        """Cancel what runs without ending it in the log; a later start can resume it."""
        tasks = [t for run in self._runs.values() for t in (run.keeper, run.work) if t is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for run in self._runs.values():
            await run.log.settle()

"""The engine of one workspace: starts runs, steers them, and tells how they stand."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

from codecompanion.contracts.errors import BadRequest, OrchestraError
from codecompanion.contracts.events import Recorded
from codecompanion.contracts.ids import IdSource, RunId, TaskId, random_id
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.ports import (
    Bus,
    Clock,
    EditSink,
    EventStore,
    ModelGateway,
    SubscriberLagged,
    TestRunner,
    WorkspaceView,
)
from codecompanion.contracts.status import RunStatus
from codecompanion.orchestra.agents.desk import AgentLimits, Desk
from codecompanion.orchestra.agents.transcript import Transcript, transcripts
from codecompanion.orchestra.conductor import Conductor
from codecompanion.orchestra.crew import Places
from codecompanion.orchestra.gate import Gate
from codecompanion.orchestra.runs import commands as c
from codecompanion.orchestra.runs.decide import NotNow
from codecompanion.orchestra.runs.log import RunLog
from codecompanion.orchestra.runs.status import status_of
from codecompanion.orchestra.summary import Ending

MAX_REQUEST_CHARS = 200_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the engine is made of: one set for a workspace folder."""

    store: EventStore
    bus: Bus
    gateway: ModelGateway
    view: WorkspaceView
    sink: EditSink
    tests: TestRunner


@dataclass(slots=True)
class _Run:
    log: RunLog
    gate: Gate
    started_at: float
    work: asyncio.Task[Ending] | None = None
    keeper: asyncio.Task[None] | None = None


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
    ) -> None:
        self._parts = parts
        self._clock = clock
        self._ids = ids
        self._limits = limits or AgentLimits()
        self._places = Places(max_parallel, asyncio.Semaphore(max_parallel))
        self._runs: dict[RunId, _Run] = {}

    async def start(self, order: RunOrder, run_id: RunId | None = None) -> RunId:
        """Record the order and begin; raises ``BadRequest`` when it cannot be taken."""
        _demand_usable(order)
        name = run_id or self._ids("run")
        log = RunLog(name, self._parts.store, self._parts.bus)
        run = _Run(log, Gate(lambda: log.state), self._clock())
        self._runs[name] = run
        try:
            await log.handle(c.StartRun(order))
        except BaseException:
            del self._runs[name]
            raise
        self._begin(name, run, order)
        return name

    async def reopen(self, run_id: RunId) -> None:
        """Go on with a run of the log that was interrupted; what was answered or decided is not asked again.

        A run that has ended, or is running here, stays as it is. Raises ``BadRequest`` for an unknown one.
        """
        if run_id in self._runs:
            return
        log, history = await RunLog.open(run_id, self._parts.store, self._parts.bus)
        if log.state.order is None:
            raise BadRequest(f"unknown run {run_id!r}; it is not in this workspace's log")
        run = _Run(log, Gate(lambda: log.state), history[0].at)
        self._runs[run_id] = run
        if not log.state.ended:
            await log.handle(c.ReopenRun())
            self._begin(run_id, run, log.state.order, transcripts(one.body for one in history))

    async def interrupted(self) -> list[RunStatus]:
        """Return the runs of the log that neither ended nor run here."""
        found = []
        for run_id in await self._parts.store.run_ids():
            if run_id in self._runs:
                continue
            log, history = await RunLog.open(run_id, self._parts.store, self._parts.bus)
            if log.state.started and not log.state.ended:
                found.append(status_of(run_id, log.state, started_at=history[0].at, updated_at=history[-1].at))
        return found

    def _begin(
        self, run_id: RunId, run: _Run, order: RunOrder, known: dict[TaskId, Transcript] | None = None
    ) -> None:
        desk = Desk(
            transcripts=known or {},
            order=order,
            log=run.log,
            gateway=self._parts.gateway,
            view=self._parts.view,
            sink=self._parts.sink,
            tests=self._parts.tests,
            gate=run.gate.open,
            ids=self._ids,
            limits=self._limits,
        )
        conductor = Conductor(desk, run.gate, self._places)
        run.work = asyncio.create_task(conductor.drive(), name=f"work of {run_id}")
        run.keeper = asyncio.create_task(self._keep(run, desk), name=f"keeper of {run_id}")

    async def _keep(self, run: _Run, desk: Desk) -> None:
        """See the run's work to its end and record that end, whatever it is."""
        assert run.work is not None
        try:
            ending = await run.work
        except asyncio.CancelledError:
            reason = run.log.state.stop_reason
            if reason is None:
                # the program ends, not the run: it stays open in the log and can be resumed
                run.work.cancel()
                raise
            ending = _stopped(run.log.state.files(), reason)
        except OrchestraError as error:
            ending = Ending("failed", str(error))
        except Exception:  # noqa: BLE001 - the run's boundary
            _log.exception("run %s failed unexpectedly", run.log.run_id)
            ending = Ending("failed", "an unexpected fault in Orchestra ended the run; its log has the details")
        await desk.finish_pushes(1.0)
        if ending.outcome != "stopped":
            await desk.confirm_edits()
        try:
            await run.log.handle(c.FinishRun(ending.outcome, ending.summary))
        except NotNow:
            pass
        except Exception:  # noqa: BLE001 - the run's boundary
            _log.exception("the end of run %s could not be recorded", run.log.run_id)

    async def pause(self, run_id: RunId) -> None:
        """Let no further agent, model call or edit begin; what is under way finishes."""
        await self._steer(run_id, c.PauseRun())

    async def resume(self, run_id: RunId) -> None:
        """Go on after a pause."""
        await self._steer(run_id, c.ResumeRun())

    async def next(self, run_id: RunId) -> None:
        """In a stepwise run, let one more agent go."""
        await self._steer(run_id, c.GrantStep())

    async def stop(self, run_id: RunId, reason: str = "the user stopped it") -> None:
        """Stop a run: its model streams are closed and its processes killed within a second."""
        run = self._run(run_id)
        if run.log.state.ended:
            return
        await run.log.handle(c.StopRun(reason))
        if run.work is not None:
            run.work.cancel()

    async def _steer(self, run_id: RunId, command: c.Command) -> None:
        run = self._run(run_id)
        await run.log.handle(command)
        run.gate.changed()

    def _run(self, run_id: RunId) -> _Run:
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

    async def watch(self, run_id: RunId) -> AsyncIterator[tuple[Recorded, RunStatus]]:
        """Yield every event of a run from its first on, with the run's present status; ends with the run."""
        self._run(run_id)
        events = self._parts.bus.subscribe(run_id)
        seen = 0
        while True:
            # the log holds what was published before, or lost while this watcher lagged
            for recorded in await self._parts.store.read(run_id):
                if recorded.version > seen:
                    seen = recorded.version
                    yield recorded, self.status(run_id)
                    if recorded.body.event == "run_finished":
                        return
            try:
                async for recorded in events:
                    if recorded.version > seen:
                        seen = recorded.version
                        yield recorded, self.status(run_id)
                        if recorded.body.event == "run_finished":
                            return
            except SubscriberLagged:
                continue

    async def close(self) -> None:
        """Cancel what runs without ending it in the log; a later start can resume it."""
        tasks = [t for run in self._runs.values() for t in (run.keeper, run.work) if t is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for run in self._runs.values():
            await run.log.settle()


def _demand_usable(order: RunOrder) -> None:
    if order.kind in ("project", "change", "design") and not order.request.strip():
        raise BadRequest("the request is empty; say in a sentence what you want")
    if len(order.request) > MAX_REQUEST_CHARS:
        raise BadRequest(
            f"the request has {len(order.request):,} characters; the most is {MAX_REQUEST_CHARS:,}. "
            "Put long material into a file of the workspace and name the file"
        )


def _stopped(files: tuple[str, ...], reason: str) -> Ending:
    kept = f" {len(files)} files written before that are kept." if files else " No file was changed."
    return Ending("stopped", f"Stopped: {reason}.{kept}")

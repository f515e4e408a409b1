"""Runs the tests for real, and lets the Debugger mend until they pass or mending brings nothing."""

from codecompanion.contracts import events as e
from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.plan import PlanTask
from codecompanion.contracts.ports import WorkspaceView
from codecompanion.contracts.test_reports import TestReport
from codecompanion.orchestra.agents.desk import Desk
from codecompanion.orchestra.before import BeforeView
from codecompanion.orchestra.crew import Crew
from codecompanion.orchestra.gate import Gate
from codecompanion.orchestra.repair import (
    ended,
    is_hopeless,
    only_old_failures,
    reason_to_stop,
    repair_task,
    repairs_of,
    trouble_of,
)
from codecompanion.orchestra.runs import commands as c
from codecompanion.orchestra.runs.state import RunState, TaskState
from codecompanion.orchestra.summary import Ending, sum_up

BEFORE = -1
"""The round of the test run that looks at how things stood before the run."""


class Mending:
    """The tail of a run: its verdict comes from executed tests only.

    It goes by the log alone, one step at a time, so that an interrupted run goes on at the right step.
    """

    def __init__(self, desk: Desk, crew: Crew, gate: Gate) -> None:
        self._desk = desk
        self._crew = crew
        self._gate = gate

    @property
    def _state(self) -> RunState:
        return self._desk.log.state

    async def verify(self) -> Ending:
        """Test what was done and mend what is newly broken."""
        if not self._state.reports:
            report = await self._test(0, self._desk.view)
            if report.mendable:
                await self._look_before()
        return await self._until_green()

    async def fix_failing_tests(self, first: PlanTask) -> Ending:
        """Run the tests and mend what fails; ``first`` is the planned task of the first round."""
        if not self._state.reports:
            report = await self._test(0, self._desk.view)
            if not report.ran:
                why = report.output.strip() or "no tests were found"
                raise OrchestraError(f"there is nothing to fix by: {why}")
            if report.green:
                await self._desk.log.handle(c.StartTask(first.id, first.role))
                await self._desk.log.handle(c.FinishTask(first.id, "all tests pass already"))
                return sum_up(self._state)
        return await self._until_green()

    async def _until_green(self) -> Ending:
        """Test, mend, test again; every round ends with a test run, also one whose repair failed."""
        while True:
            repairs = repairs_of(self._state.tasks.values(), self._desk.order)
            troubles = [trouble_of(repair) for repair in ended(repairs)]
            if len(self._state.reports) <= len(troubles):
                await self._test(len(self._state.reports), self._desk.view)
            report = self._state.reports[-1]
            if not report.mendable or only_old_failures(self._state.baseline, report):
                return sum_up(self._state)
            if stop := reason_to_stop(self._state.reports, self._desk.order.max_repairs, troubles):
                return sum_up(self._state, stop)
            error = await self._crew.mend(await self._next_repair(repairs), report)
            if error is not None and is_hopeless(error):
                return sum_up(self._state, f"Debugger could not mend it: {error}")

    async def _next_repair(self, repairs: list[TaskState]) -> PlanTask:
        for waiting in (t.task for t in repairs if t.phase == "waiting"):
            return waiting
        task = repair_task(len(repairs) + 1)
        await self._desk.log.handle(c.AddTask(task))
        return task

    async def _look_before(self) -> None:
        """See how the tests stood before, so that old failures are not blamed on this run."""
        earlier = BeforeView(self._desk.view, self._state.bases)
        if self._state.bases and earlier.files():
            await self._test(BEFORE, earlier)

    async def _test(self, round_: int, view: WorkspaceView) -> TestReport:
        await self._gate.open()
        await self._desk.confirm_edits()
        await self._desk.note(e.TestsStarted(round=round_, sandbox=await self._desk.tests.confinement()))
        report = await self._desk.tests.run(view)
        await self._desk.note(e.TestsRan(report=report, round=round_))
        return report

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
from codecompanion.orchestra.repair import only_old_failures, reason_to_stop, repair_task
from codecompanion.orchestra.runs import commands as c
from codecompanion.orchestra.runs.state import RunState
from codecompanion.orchestra.summary import Ending, sum_up

AFTER, BEFORE = 0, -1
"""Rounds of test runs: before any repair, and the look at how things stood before the run."""


class Mending:
    """The tail of a run: its verdict comes from executed tests only."""

    def __init__(self, desk: Desk, crew: Crew, gate: Gate) -> None:
        self._desk = desk
        self._crew = crew
        self._gate = gate

    @property
    def _state(self) -> RunState:
        return self._desk.log.state

    async def verify(self) -> Ending:
        """Test what was done and mend what is newly broken."""
        report = await self._test(AFTER, self._desk.view)
        if report.ran and not report.green and await self._was_red_before(report):
            return sum_up(self._state)
        if not report.ran or report.green:
            return sum_up(self._state)
        return await self._until_green()

    async def _was_red_before(self, report: TestReport) -> bool:
        """See how the tests stood before, so that old failures are not blamed on this run."""
        earlier = BeforeView(self._desk.view, self._desk.before)
        if not self._desk.before or not earlier.files():
            return False
        return only_old_failures(await self._test(BEFORE, earlier), report)

    async def fix_failing_tests(self, first: PlanTask) -> Ending:
        """Run the tests and mend what fails; ``first`` is the planned task of the first round."""
        report = await self._test(AFTER, self._desk.view)
        if not report.ran:
            raise OrchestraError(
                f"there is nothing to fix by: {report.output.strip() or 'no tests were found'}"
            )
        if report.green:
            await self._desk.log.handle(c.StartTask(first.id, first.role))
            await self._desk.log.handle(c.FinishTask(first.id, "all tests pass already; nothing was changed"))
            return sum_up(self._state)
        return await self._until_green(first)

    async def _until_green(self, first: PlanTask | None = None) -> Ending:
        task = first
        while (stop := reason_to_stop(self._state.reports, self._desk.order.max_repairs)) is None:
            if task is None:
                task = repair_task(len(self._state.reports))
                await self._desk.log.handle(c.AddTask(task))
            gave_up = await self._crew.mend(task, self._state.reports[-1])
            if gave_up is not None:
                return sum_up(self._state, f"Debugger could not mend it: {gave_up}")
            if (await self._test(len(self._state.reports), self._desk.view)).green:
                return sum_up(self._state)
            task = None
        return sum_up(self._state, stop)

    async def _test(self, round_: int, view: WorkspaceView) -> TestReport:
        await self._gate.open()
        await self._desk.confirm_edits()
        await self._desk.note(e.TestsStarted(round=round_))
        report = await self._desk.tests.run(view)
        await self._desk.note(e.TestsRan(report=report, round=round_))
        return report

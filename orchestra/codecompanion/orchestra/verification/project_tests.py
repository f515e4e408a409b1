"""The project's own tests, really run: in a shadow copy, confined, on the user's own tools."""

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.ports import WorkspaceView
from codecompanion.contracts.test_reports import TestReport
from codecompanion.orchestra.verification.commands import TestCommand
from codecompanion.orchestra.verification.confined_copy import ConfinedCopy, NotRunnable
from codecompanion.orchestra.verification.detection import Suite
from codecompanion.orchestra.verification.environment import clean_environment
from codecompanion.orchestra.verification.process import Bounds, Ended, run_process
from codecompanion.orchestra.verification.reports import did_not_run, merged, nothing_to_run
from codecompanion.orchestra.verification.sandbox import Rung, Sandbox, choose_sandbox
from codecompanion.orchestra.workspace.shadow_home import ShadowHome, remove_leftovers

LONGEST_RUN_S: Final = 300.0

_NOTHING_TO_RUN: Final = (
    "no tests were found: add test files (test_*.py, *.test.js), a package.json test script or a Makefile "
    "target 'test', or set the test command in the settings"
)
_PYTEST_MISSING: Final = (
    "these tests need pytest, but {python} does not have it; install it there with: "
    "{python} -m pip install pytest"
)


class ProjectTests:
    """Implements ``TestRunner``; runs of one workspace wait for each other, those of several do not.

    ``test_command`` (argv, no shell) replaces what would be found out. ``seconds`` bounds one suite's run.
    Of the environment only what programs need is passed on, and the names in ``keep_variables``. ``parent`` is
    where the copies are made, the temporary folder by default; ``close`` removes them. ``sandbox`` is chosen
    by trial unless it is given.
    """

    def __init__(
        self,
        *,
        test_command: tuple[str, ...] | None = None,
        seconds: float = LONGEST_RUN_S,
        keep_variables: Iterable[str] = (),
        parent: Path | None = None,
        sandbox: Sandbox | None = None,
    ) -> None:
        self._test_command = test_command
        self._bounds = Bounds(seconds=seconds)
        self._keep_variables = tuple(keep_variables)
        self._parent = parent
        self._sandbox = sandbox
        self._opening = asyncio.Lock()
        self._copies: dict[str, ConfinedCopy] = {}

    async def rung(self) -> Rung:
        """Return how well test runs are confined here, to be shown to the user."""
        async with self._opening:
            return (await self._chosen_sandbox()).rung

    async def run(self, view: WorkspaceView, only: Sequence[str] = ()) -> TestReport:
        """Run all tests, or those of the named files; what goes wrong with them is in the report.

        Cancellation kills every process of the run within a second.
        """
        try:
            copy = await self._copy_of(view.root)
            async with copy.lock:
                suites = await asyncio.to_thread(copy.prepare, view, only, self._test_command)
                reports = [await self._run_suite(copy, suite) for suite in suites]
        except (OrchestraError, OSError) as error:
            return did_not_run(f"the tests could not be run: {error}")
        return merged(reports) if reports else nothing_to_run(_NOTHING_TO_RUN)

    async def close(self) -> None:
        """Remove all copies; a run that is going on is waited for."""
        copies, self._copies = list(self._copies.values()), {}
        for copy in copies:
            async with copy.lock:
                await asyncio.to_thread(copy.close)

    async def _copy_of(self, root: str) -> ConfinedCopy:
        async with self._opening:
            if root not in self._copies:
                await asyncio.to_thread(remove_leftovers, self._parent)
                sandbox = await self._chosen_sandbox()
                self._copies[root] = await asyncio.to_thread(ConfinedCopy, root, sandbox, self._parent)
            return self._copies[root]

    async def _chosen_sandbox(self) -> Sandbox:
        if self._sandbox is None:
            home = await asyncio.to_thread(ShadowHome, self._parent)
            try:
                self._sandbox = await choose_sandbox(home.path)
            finally:
                await asyncio.to_thread(home.close)
        return self._sandbox

    async def _run_suite(self, copy: ConfinedCopy, suite: Suite) -> TestReport:
        try:
            ways = await copy.ways_to_run(suite)
        except NotRunnable as error:
            return did_not_run(str(error))
        for command in ways:
            ended = await self._run_command(copy, command)
            if not command.unavailable(ended):
                return await asyncio.to_thread(copy.report, command, ended)
        return did_not_run(_PYTEST_MISSING.format(python=ways[0].program.path))

    async def _run_command(self, copy: ConfinedCopy, command: TestCommand) -> Ended:
        environment = clean_environment(
            copy.shadow.scratch / "home",
            copy.temporary(),
            {**dict(command.program.variables), **command.variables},
            also_keep=self._keep_variables,
        )
        return await run_process(
            copy.confined(command),
            cwd=str(copy.shadow.path),
            environment=environment,
            bounds=self._bounds,
        )

"""The project's own tests, really run: in a shadow copy, confined, on the user's own tools."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from codecompanion.contracts.consent import CommandRequest, Consent, NobodyToAsk
from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.ports import WorkspaceView
from codecompanion.contracts.test_reports import TestReport
from codecompanion.orchestra.verification.asked_commands import request_for
from codecompanion.orchestra.verification.commands import TestCommand
from codecompanion.orchestra.verification.confined_copy import ConfinedCopy, NotRunnable
from codecompanion.orchestra.verification.detection import Suite
from codecompanion.orchestra.verification.environment import clean_environment
from codecompanion.orchestra.verification.ladder import choose_sandbox
from codecompanion.orchestra.verification.process import Bounds, Ended, run_process
from codecompanion.orchestra.verification.reports import did_not_run, merged, nothing_to_run
from codecompanion.orchestra.verification.sandbox import Rung, Sandbox
from codecompanion.orchestra.verification.together import Together
from codecompanion.orchestra.workspace.protected_state import changed_between, protected_state
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
_REFUSED: Final = "`{command}` was not run: {why}, and {nobody}; {mend}"
_PROTECTED_CHANGED: Final = (
    "the tests changed protected files, which no test may: {paths}; look at them and put them back, "
    "and install bubblewrap so that tests cannot"
)


class ProtectedChanged(OrchestraError):
    """A command that nothing confines changed files that run commands or grant rights."""


class ProjectTests:
    """Implements ``TestRunner``; runs of one workspace wait for each other, those of several do not.

    ``test_command`` (argv, no shell) replaces what would be found out. ``seconds`` bounds one suite's run.
    Of the environment only what programs need is passed on, and the names in ``keep_variables``. ``parent`` is
    where the copies are made, the temporary folder by default; ``close`` removes them. ``sandbox`` is chosen
    by trial unless it is given. ``consent`` is asked before a command that is not run unasked;
    ``command_is_users`` says that no repository can have set ``test_command``. ``together`` bounds what all
    processes of a command take.
    """

    def __init__(
        self,
        *,
        test_command: tuple[str, ...] | None = None,
        seconds: float = LONGEST_RUN_S,
        keep_variables: Iterable[str] = (),
        parent: Path | None = None,
        sandbox: Sandbox | None = None,
        consent: Consent | None = None,
        command_is_users: bool = True,
        together: Together | None = None,
    ) -> None:
        self._test_command = test_command
        self._bounds = Bounds(seconds=seconds, together=together or Together())
        self._keep_variables = tuple(keep_variables)
        self._parent = parent
        self._sandbox = sandbox
        self._consent = consent or NobodyToAsk()
        self._command_is_users = command_is_users
        self._opening = asyncio.Lock()
        self._copies: dict[str, ConfinedCopy] = {}

    async def rung(self) -> Rung:
        """Return how well test runs are confined here, to be shown to the user."""
        async with self._opening:
            rung = (await self._chosen_sandbox()).rung
        return Rung.REFUSING if rung is Rung.ASKING and not self._consent.can_ask else rung

    async def confinement(self) -> str:
        """Return the rung's word; empty where the trial itself is not possible."""
        try:
            return (await self.rung()).value
        except (OrchestraError, OSError):
            return ""

    async def run(self, view: WorkspaceView, only: Sequence[str] = ()) -> TestReport:
        """Run all tests, or those of the named files; what goes wrong with them is in the report.

        Cancellation kills every process of the run within a second.
        """
        try:
            copy = await self._copy_of(view.root)
            async with copy.lock:
                suites = await asyncio.to_thread(copy.prepare, view, only, self._test_command)
                reports = [await self._run_suite(copy, suite, view) for suite in suites]
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

    async def _run_suite(self, copy: ConfinedCopy, suite: Suite, view: WorkspaceView) -> TestReport:
        try:
            ways = await copy.ways_to_run(suite)
        except NotRunnable as error:
            return did_not_run(str(error))
        for command in ways:
            request = self._request(copy, suite, command)
            if request is not None and not await self._consent.allows(request):
                return did_not_run(self._refusal(request))
            try:
                ended = await self._run_watched(copy, command)
            except ProtectedChanged as changed:
                return did_not_run(str(changed))
            if not command.unavailable(ended):
                report = await asyncio.to_thread(copy.report, command, ended)
                if ended.stopped:
                    # it may have filled the disk
                    await asyncio.to_thread(copy.prepare, view, (), self._test_command)
                return report
        return did_not_run(_PYTEST_MISSING.format(python=ways[0].program.path))

    def _request(self, copy: ConfinedCopy, suite: Suite, command: TestCommand) -> CommandRequest | None:
        return request_for(
            suite, command.typed, copy.repository, copy.sandbox.rung, users_own=self._command_is_users
        )

    def _refusal(self, request: CommandRequest) -> str:
        nobody = "you did not allow it" if self._consent.can_ask else "nobody could be asked"
        mend = "allow it when you are asked, or give the command line the option --trust"
        return _REFUSED.format(command=request.typed, why=request.why, nobody=nobody, mend=mend)

    async def _run_watched(self, copy: ConfinedCopy, command: TestCommand) -> Ended:
        """Run a command; raises ``ProtectedChanged`` where nothing kept it from changing such files."""
        if copy.sandbox.rung is Rung.BUBBLEWRAP:
            return await self._run_command(copy, command)
        root, home = copy.shadow.root, Path.home()
        before = await asyncio.to_thread(protected_state, root, home)
        ended = await self._run_command(copy, command)
        changed = changed_between(before, await asyncio.to_thread(protected_state, root, home))
        if changed:
            raise ProtectedChanged(_PROTECTED_CHANGED.format(paths=", ".join(changed[:10])))
        return ended

    async def _run_command(self, copy: ConfinedCopy, command: TestCommand) -> Ended:
        environment = clean_environment(
            copy.shadow.scratch / "home",
            copy.temporary(),
            {**dict(command.program.variables), **command.variables},
            also_keep=self._keep_variables,
        )
        folders = (copy.shadow.path, copy.shadow.scratch)
        return await run_process(
            copy.confined(command),
            cwd=str(copy.shadow.path),
            environment=environment,
            bounds=replace(self._bounds, together=replace(self._bounds.together, folders=folders)),
        )

"""Where one workspace's tests run: its shadow copy in a sandbox, the tools there, and what a run has left."""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from codecompanion.contracts.errors import OrchestraError, WorkspaceError
from codecompanion.contracts.ports import WorkspaceView
from codecompanion.contracts.test_reports import TestReport
from codecompanion.orchestra.verification import commands
from codecompanion.orchestra.verification.asked_commands import Repository
from codecompanion.orchestra.verification.commands import Place, TestCommand
from codecompanion.orchestra.verification.detection import Suite, SuiteKind, choose_files, find_suites
from codecompanion.orchestra.verification.environment import without_secrets
from codecompanion.orchestra.verification.output import plain_text
from codecompanion.orchestra.verification.process import Ended
from codecompanion.orchestra.verification.reports import could_not_start, counted_by_exit_code, report_of
from codecompanion.orchestra.verification.sandbox import Cell, Sandbox
from codecompanion.orchestra.verification.toolchains import (
    Program,
    find_program,
    home_of_packages,
    own_python,
    project_environment,
    users_python,
)
from codecompanion.orchestra.workspace.paths import relative_path
from codecompanion.orchestra.workspace.shadow import ShadowCopy
from codecompanion.orchestra.workspace.shadow_home import remove_tree

_CACHE: Final = "cache"


class NotRunnable(OrchestraError):
    """A suite cannot be run on this machine as it is."""


class ConfinedCopy:
    """A shadow copy with a sandbox around it; ``lock`` is for the one run that may use them at a time."""

    def __init__(self, root: str, sandbox: Sandbox, parent: Path | None = None) -> None:
        self.lock = asyncio.Lock()
        self._preparing = threading.Lock()
        self.sandbox = sandbox
        self.shadow = ShadowCopy(root, parent=parent, link_dependencies=sandbox.links_dependencies)
        self._users_python: Program | None = None
        self._asked_version: str | None = None

    @property
    def place(self) -> Place:
        """Where commands run, as they see it."""
        return Place(
            self.sandbox.workspace(self._cell()), self.shadow.scratch, self.shadow.text, self.shadow.files
        )

    @property
    def repository(self) -> Repository:
        """What commands take their orders from, as they find it."""
        return Repository(str(self.shadow.root), self.shadow.files(), self.shadow.text)

    def prepare(
        self, view: WorkspaceView, only: Sequence[str], own_command: tuple[str, ...] | None
    ) -> list[Suite]:
        """Bring the copy up to date and return the suites to run; raises ``WorkspaceError``."""
        # a cancelled run leaves its thread at work here, and the next run must not overtake it
        with self._preparing:
            self.shadow.sync(view.overlay(), also=view.files(), without=view.hidden())
            self._clear_scratch()
            files = self.shadow.files()
            suites = find_suites(files, self.shadow.text, own_command)
        if not only:
            return suites
        wanted = frozenset(files).intersection(map(relative_path, only))
        chosen = choose_files(suites, sorted(wanted)) if wanted else []
        if not chosen:
            raise WorkspaceError(f"no test file of this name could be run: {', '.join(only)[:500]}")
        return chosen

    def close(self) -> None:
        """Remove the copy."""
        with self._preparing:
            self.shadow.close()

    def _clear_scratch(self) -> None:
        """Empty the scratch folder but for what builds keep there to be fast."""
        scratch = self.shadow.scratch
        for entry in scratch.iterdir():
            if entry.is_symlink() or not entry.is_dir():
                entry.unlink()
            elif entry.name != _CACHE:
                remove_tree(entry)
        for name in ("home", "tmp", _CACHE):
            (scratch / name).mkdir(exist_ok=True)

    def confined(self, command: TestCommand) -> tuple[str, ...]:
        """Return the command line that runs ``command`` in the sandbox."""
        return self.sandbox.wrap(command.argv, self._cell(command.program.folders))

    def temporary(self) -> str:
        """Return the folder for temporary files, as commands see it."""
        return self.sandbox.temporary(self._cell())

    def report(self, command: TestCommand, ended: Ended) -> TestReport:
        """Return the report of a run; paths in it are relative to the workspace."""
        text = self._relative(plain_text(ended.output))
        argv = tuple(map(self._relative, command.argv))
        counts = command.count(text, self.place)
        typed = {"typed": command.typed}
        if not ended.stopped and (reason := command.hindered(ended, text, counts, self.place)):
            return could_not_start(argv, ended, reason).model_copy(update=typed)
        if counts is None:
            counts = counted_by_exit_code(ended, reports=command.reports)
        else:
            failures = (self._relative(plain_text(line.encode("utf-8", "replace"))) for line in counts.failures)
            counts = replace(counts, failures=tuple(failures))
        if counts.failed and (remark := self.sandbox.remark(text)):
            text = f"{text.rstrip()}\n\n{remark}\n"
        return report_of(argv, ended, text, counts).model_copy(update=typed)

    async def ways_to_run(self, suite: Suite) -> list[TestCommand]:
        """Return the commands to try in order; the first whose program has what it takes counts.

        Raises ``NotRunnable`` when a program is missing.
        """
        if suite.kind not in (SuiteKind.PYTEST, SuiteKind.UNITTEST):
            return [self._other_way(suite)]
        pythons = await self._pythons()
        by_unittest = [commands.unittest_command(pythons[0], suite, self.place)]
        if suite.kind is SuiteKind.UNITTEST:
            return by_unittest
        first, *others = [commands.pytest_command(python, suite, self.place) for python in pythons]
        return [first, *([] if suite.needs_pytest else by_unittest), *others]

    def _other_way(self, suite: Suite) -> TestCommand:
        match suite.kind:
            case SuiteKind.NODE:
                return commands.node_command(_required("node", "the JavaScript tests"), suite, self.place)
            case SuiteKind.NPM:
                return commands.npm_command(_required("npm", "the package's tests"), suite)
            case SuiteKind.CARGO:
                return commands.cargo_command(_required("cargo", "the Rust tests"), self._cache, Path.home())
            case SuiteKind.GO:
                return commands.go_command(_required("go", "the Go tests"), self._cache, Path.home())
            case SuiteKind.MAKE:
                return commands.plain_command(_required("make", "the Makefile's tests"), ("make", "test"))
            case _:
                return commands.plain_command(self._own_program(suite.arguments[0]), suite.arguments)

    @property
    def _cache(self) -> Path:
        return self.shadow.scratch / _CACHE

    def _cell(self, tools: tuple[Path, ...] = ()) -> Cell:
        shadow = self.shadow
        return Cell(self._stands_for, shadow.path, shadow.scratch, shadow.dependencies, tools)

    @property
    def _stands_for(self) -> Path:
        """The folder in whose place the copy is: installed packages name files of it by absolute paths."""
        return home_of_packages(self.shadow.root, self.shadow.dependencies)

    def _relative(self, text: str) -> str:
        """Name files as the user does, and alike in every run: the copy lies elsewhere each time."""
        place = self.place
        for prefix in (f"file://{place.workspace}/", f"{place.workspace}/"):
            text = text.replace(prefix, "")
        text = text.replace(str(place.workspace), ".")
        return text.replace(str(place.scratch), "scratch")

    async def _pythons(self) -> list[Program]:
        """Return the interpreters to try: the project's own alone, else the user's, then ours."""
        own = project_environment(self._stands_for, self.shadow.dependencies)
        if own:
            return [own]
        version = self.shadow.text(".python-version")
        if version != self._asked_version:
            self._users_python = await users_python(self.shadow.scratch, version, without_secrets())
            self._asked_version = version
        found = [python for python in (self._users_python, own_python()) if python]
        return list({python.path: python for python in found}.values())

    def _own_program(self, name: str) -> Program:
        """Return the program of the user's own command; a path with a slash is one of the workspace's files."""
        if name in ("python", "python3") and not find_program(name):
            return own_python()
        if "/" not in name or Path(name).is_absolute():
            return _required(name, "the tests, by the command in the settings,")
        if name.removeprefix("./") not in self.shadow.files():
            raise NotRunnable(f"the test command's program {name!r} is not in the workspace")
        return Program(str(self.place.workspace / name))


def _required(name: str, what: str) -> Program:
    program = find_program(name)
    if program is None:
        raise NotRunnable(f"{what} need the program {name!r}, which is not installed or not on the PATH")
    return program

"""The test runs as the settings in force have them: a run begun before a change finishes as it began."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from codecompanion.contracts.ports import TestRunner, WorkspaceView
from codecompanion.contracts.test_reports import TestReport
from codecompanion.orchestra.verification.project_tests import ProjectTests
from codecompanion.orchestra.verification.sandbox import Rung


@dataclass(frozen=True, slots=True)
class TestTerms:
    """What the settings say of test runs: the command that replaces the built-in choice, seconds, the guard.

    ``command_is_users`` says that no opened folder can have set the command; ``megabytes`` of memory are for
    all processes together, None for a share of the machine's.
    """

    # pytest must not collect this class for its name
    __test__ = False

    command: tuple[str, ...] | None
    seconds: float
    guarded: bool
    command_is_users: bool = True
    megabytes: int | None = None


class CurrentTests(TestRunner):
    """A ``TestRunner`` that hands every run to a ``ProjectTests`` made for the newest terms."""

    def __init__(self, make: Callable[[TestTerms], ProjectTests], terms: TestTerms) -> None:
        self._make = make
        self._terms = terms
        self._now = make(terms)
        self._former: list[ProjectTests] = []

    def adopt(self, terms: TestTerms) -> None:
        """Let all further runs go by these terms; the same ones again change nothing."""
        if terms != self._terms:
            self._former.append(self._now)
            self._terms, self._now = terms, self._make(terms)

    async def run(self, view: WorkspaceView, only: Sequence[str] = ()) -> TestReport:
        """As ``TestRunner.run``; runs begun before a change end first."""
        await self._close_former()
        return await self._now.run(view, only)

    async def confinement(self) -> str:
        """As ``TestRunner.confinement``, for runs that begin from now on."""
        return await self._now.confinement()

    async def rung(self) -> Rung:
        """Return how well test runs are confined from now on."""
        return await self._now.rung()

    async def close(self) -> None:
        """Remove all copies of the workspace, those of former settings too."""
        await self._close_former()
        await self._now.close()

    async def _close_former(self) -> None:
        while self._former:
            tests = self._former[0]
            await tests.close()
            # another run may have waited for the same one
            if tests in self._former:
                self._former.remove(tests)

"""What a real test run said."""

from codecompanion.contracts.base import Contract


class TestReport(Contract):
    """The result of running the project's tests once.

    ``command`` is the argv that ran, ``typed`` what a person would type for it in the workspace, ``seconds``
    wall time, ``output`` the bounded tail of what it printed. ``not_started`` says of each suite that could not
    start why not: something is missing that no edit can mend. ``ran`` is False when no suite ran; with nothing
    in ``not_started`` the project has no tests.
    """

    # pytest must not collect this class for its name
    __test__ = False

    command: tuple[str, ...]
    ran: bool
    passed: int = 0
    failed: int = 0
    failures: tuple[str, ...] = ()
    exit_code: int | None = None
    seconds: float = 0.0
    output: str = ""
    typed: str = ""
    not_started: tuple[str, ...] = ()

    @property
    def green(self) -> bool:
        """True when tests ran, at least one passed, none failed and no suite was kept from starting."""
        passes = self.ran and self.exit_code == 0 and self.failed == 0 and self.passed > 0
        return passes and not self.not_started

    @property
    def mendable(self) -> bool:
        """Whether something that ran is red: what could not start is no work for an agent."""
        held_up_only = bool(self.not_started) and not self.failed and not self.failures
        return self.ran and not self.green and not held_up_only

    @property
    def as_typed(self) -> str:
        """The command as a person would type it."""
        return self.typed or " ".join(self.command)

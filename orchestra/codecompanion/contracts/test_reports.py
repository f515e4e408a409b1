"""What a real test run said."""

from codecompanion.contracts.base import Contract


class TestReport(Contract):
    """The result of running the project's tests once.

    ``command`` is the argv that ran, ``seconds`` wall time, ``output`` the bounded tail of what it printed.
    ``ran`` is False when there was nothing to run or the command could not start.
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

    @property
    def green(self) -> bool:
        """True when tests ran, at least one passed and none failed."""
        return self.ran and self.exit_code == 0 and self.failed == 0 and self.passed > 0

"""Who wrote what, as answers."""

from codecompanion.contracts.base import Contract
from codecompanion.contracts.ids import EditId, RunId, TaskId
from codecompanion.orchestra.provenance.stamps import Stamp


class Origin(Contract):
    """An agent's edit behind some lines.

    ``cost`` is the price of the whole answer the edit came in, in US dollars; None when it is not known.
    ``testsPassed`` and ``testsFailed`` are of the run's last tests after the edit, None when there were none.
    """

    edit_id: EditId
    run_id: RunId
    request: str
    task_id: TaskId
    agent: str
    model: str
    cost: float | None
    at: float
    lines: int
    tests_passed: int | None = None
    tests_failed: int | None = None
    tests_command: str = ""


class BlamedLine(Contract):
    """One line, counted from 1; ``by`` is an edit's id, "person" for typed in the editor, else empty."""

    line: int
    by: str
    text: str


class Blame(Contract):
    """A file, line by line. ``namedBy`` has the test files that name it."""

    workspace: str
    path: str
    lines: tuple[BlamedLine, ...]
    origins: tuple[Origin, ...]
    named_by: tuple[str, ...] = ()


def origin_of(stamp: Stamp, lines: int) -> Origin:
    """Return an edit's stamp as an answer."""
    ran = stamp.tests is not None and stamp.tests.ran
    return Origin(
        edit_id=stamp.edit_id,
        run_id=stamp.run_id,
        request=stamp.request,
        task_id=stamp.task_id,
        agent=str(stamp.role),
        model=stamp.model,
        cost=stamp.cost,
        at=stamp.at,
        lines=lines,
        tests_passed=stamp.tests.passed if stamp.tests is not None and ran else None,
        tests_failed=stamp.tests.failed if stamp.tests is not None and ran else None,
        tests_command=stamp.tests.as_typed if stamp.tests is not None and ran else "",
    )

"""A run's progress on a terminal: bars for a person, plain lines for a log."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TextIO

from codecompanion.contracts.messages import Role
from codecompanion.contracts.status import RunStatus, TaskStatus
from codecompanion.server.logs import redactor
from codecompanion.server.settings.redaction import one_line

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

TEXT_WIDTH = 60


class Progress(Protocol):
    """Shows how a run stands."""

    def update(self, status: RunStatus) -> None:
        """Show the status."""
        ...

    def note(self, text: str) -> None:
        """Say one sentence beside the progress."""
        ...


@contextmanager
def progress_on(stream: TextIO) -> Iterator[Progress]:
    """Give bars on a terminal, else plain lines; both on ``stream``, so that standard output stays clean."""
    if not stream.isatty():
        yield PlainProgress(stream)
        return
    from rich.console import Console  # noqa: PLC0415 - slow, and of no use without a terminal
    from rich.progress import BarColumn, TextColumn  # noqa: PLC0415
    from rich.progress import Progress as RichProgress  # noqa: PLC0415

    columns = (
        TextColumn("{task.description:<14}", markup=False),
        BarColumn(bar_width=30),
        TextColumn("{task.percentage:>3.0f} %", markup=False),
        TextColumn("{task.fields[text]}", markup=False),
    )
    with RichProgress(*columns, console=Console(file=stream, markup=False, highlight=False)) as bars:
        yield BarProgress(bars)


class PlainProgress:
    """One line for each change; never the same line twice in a row for one agent."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown: dict[str, str] = {}

    def update(self, status: RunStatus) -> None:
        self._line("run", f"{status.percent:3d} % {status.phase}: {status.text}")
        for task in status.tasks:
            if task.phase != "waiting":
                self._line(task.task_id, f"      {task.role}: {_said(task)}")

    def note(self, text: str) -> None:
        self._write(text)

    def _line(self, about: str, text: str) -> None:
        if self._shown.get(about) != text:
            self._shown[about] = text
            self._write(text)

    def _write(self, text: str) -> None:
        indent = " " * (len(text) - len(text.lstrip(" ")))
        self._stream.write(f"{indent}{_clean(text)}\n")
        self._stream.flush()


class BarProgress:
    """A bar for the run and one for each agent that has work; an agent's bar counts all its tasks."""

    def __init__(self, bars: "RichProgress") -> None:
        self._bars = bars
        self._run = bars.add_task("Run", total=100, text="")
        self._agents: dict[Role, TaskID] = {}

    def update(self, status: RunStatus) -> None:
        self._bars.update(self._run, completed=status.percent, text=_clean(status.text))
        for role in Role:
            tasks = [task for task in status.tasks if task.role is role]
            if tasks:
                self._update_agent(role, tasks)

    def note(self, text: str) -> None:
        self._bars.console.print(_clean(text))

    def _update_agent(self, role: Role, tasks: list[TaskStatus]) -> None:
        if role not in self._agents:
            self._agents[role] = self._bars.add_task(role.value, total=1, text="")
        talking = next((task for task in reversed(tasks) if task.phase == "running"), tasks[-1])
        self._bars.update(
            self._agents[role],
            total=len(tasks),
            completed=sum(_share(task) for task in tasks),
            text=_clean(_said(talking)),
        )


def _share(task: TaskStatus) -> float:
    if task.phase in ("done", "failed"):
        return 1.0
    return min(task.done / task.total, 1.0) if task.total > 0 else 0.0


def _said(task: TaskStatus) -> str:
    text = task.text or task.title
    return f"{text} (failed)" if task.phase == "failed" else text


def _clean(text: str) -> str:
    return one_line(redactor(text), 2 * TEXT_WIDTH)

"""A run's progress on a terminal: bars for a person, plain lines for a log."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
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

    def aside(self) -> AbstractContextManager[None]:
        """Keep off the terminal inside, so that a person can be asked something there."""
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
    """One line for each piece of news: what is said of an agent is not said of the run too, nor the reverse."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._known: dict[str, str] = {}

    def update(self, status: RunStatus) -> None:
        spoken = frozenset(self._known.values())
        if self._is_news("run", f"{status.phase}: {status.text}") and status.text not in spoken:
            self._write(f"{status.percent:3d} % {status.phase}: {status.text}")
        for task in status.tasks:
            said = f"{task.role}: {_said(task)}"
            # the run's text is often that of the agent who spoke last
            if task.phase != "waiting" and self._is_news(task.task_id, said) and said != status.text:
                self._write(f"      {said}")

    def note(self, text: str) -> None:
        self._write(text)

    def aside(self) -> AbstractContextManager[None]:
        return nullcontext()

    def _is_news(self, about: str, text: str) -> bool:
        before, self._known[about] = self._known.get(about), text
        return before != text

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

    @contextmanager
    def aside(self) -> Iterator[None]:
        self._bars.stop()
        try:
            yield
        finally:
            self._bars.start()

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

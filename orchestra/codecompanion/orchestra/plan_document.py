"""A plan as text that a person can read and change in any editor, and back.

The text is Markdown: a heading for each task (``## id: title``) and under it a list of ``- name: value``
lines. Lines that begin with ``>`` are notes of ours and are not read. What a person leaves out has its default.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from codecompanion.contracts.errors import BadRequest
from codecompanion.contracts.ids import TaskId
from codecompanion.contracts.messages import Priority, Role
from codecompanion.contracts.plan import Plan, PlanTask

_TITLE = re.compile(r"#\s+Plan:\s*(.*)")
_TASK = re.compile(r"##\s+([^:]+):\s*(.*)")
_LEFT_OUT = re.compile(r"##\s+Left out\s*", re.IGNORECASE)
_ENTRY = re.compile(r"[-*]\s+([\w ]+?):\s*(.*)")
_ITEM = re.compile(r"[-*]\s+(.*)")

_HOW = """\
> Change what you like and save: tasks, their order (`after`), files, what they are judged by (`done when`),
> and words for the agent (`tell the agent`). Take a task out by removing it. Then approve the plan.
"""


class UnclearPlan(BadRequest):
    """A plan's text cannot be read; ``line`` counts from 0."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line + 1} of the plan: {message}")
        self.line = line
        self.message = message


@dataclass(frozen=True, slots=True)
class PlanDraft:
    """A plan as a person left it: ``instructions`` are their words to a task's agent.

    ``lines`` says where in the text each task begins, from 0.
    """

    plan: Plan
    instructions: Mapping[TaskId, tuple[str, ...]]
    lines: Mapping[TaskId, int]


def plan_as_text(plan: Plan, instructions: Mapping[TaskId, tuple[str, ...]], begun: Iterable[TaskId]) -> str:
    """Return the plan's text; tasks that have ``begun`` are marked as fixed."""
    fixed = set(begun)
    parts = [f"# Plan: {_line(plan.summary)}\n", _HOW]
    for task in plan.tasks:
        parts.append("\n".join(_task_lines(task, instructions.get(task.id, ()), task.id in fixed)) + "\n")
    if plan.left_out:
        parts.append("## Left out\n\n" + "\n".join(f"- {_line(what)}" for what in plan.left_out) + "\n")
    return "\n".join(parts)


def _task_lines(task: PlanTask, told: Iterable[str], begun: bool) -> Iterator[str]:
    yield f"## {task.id}: {_line(task.title)}"
    yield ""
    if begun:
        yield "> This task has begun and stays as it is."
    yield f"- agent: {task.role}"
    if task.depends_on:
        yield f"- after: {', '.join(task.depends_on)}"
    yield from (f"- file: {path}" for path in task.files)
    yield from (f"- done when: {_line(wanted)}" for wanted in task.acceptance)
    if task.priority is not Priority.NORMAL:
        yield f"- priority: {task.priority.name.lower()}"
    yield from (f"- tell the agent: {_line(words)}" for words in told)


def _line(text: str) -> str:
    return " ".join(text.split())


@dataclass(slots=True)
class _TaskText:
    """What was read of one task so far."""

    line: int
    id: str
    title: str
    fields: dict[str, object] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    def add(self, name: str, value: object) -> None:
        known = self.fields.setdefault(name, ())
        assert isinstance(known, tuple)
        self.fields[name] = (*known, value)


def plan_from_text(text: str, known: Plan) -> PlanDraft:
    """Return the plan that a text tells; raises ``UnclearPlan`` with the line and the mend.

    What the text cannot say (how complex the work is) is taken from the plan as it was ``known``.
    """
    reader = _Reader(known.summary)
    for number, line in enumerate(text.splitlines()):
        reader.take(number, line.strip())
    if not reader.tasks:
        raise UnclearPlan(0, "no task is left; write one as `## name: what to do`, or stop the run instead")
    lines = {read.id: read.line for read in reader.tasks}
    as_known = {task.id: task for task in known.tasks}
    tasks = tuple(_as_known(_task(read), as_known) for read in reader.tasks)
    try:
        plan = Plan(
            summary=reader.summary,
            complexity=known.complexity,
            tasks=tasks,
            left_out=tuple(reader.left_out),
        )
    except ValidationError as error:
        raise UnclearPlan(line_about(_words(error), lines), _words(error)) from error
    return PlanDraft(plan, {read.id: tuple(read.told) for read in reader.tasks if read.told}, lines)


class _Reader:
    """Takes the text line by line."""

    def __init__(self, summary: str) -> None:
        self.summary = summary
        self.tasks: list[_TaskText] = []
        self.left_out: list[str] = []
        self._leaving_out = False

    def take(self, number: int, line: str) -> None:
        """Take one line; raises ``UnclearPlan`` for one that says nothing a plan can hold."""
        if not line or line.startswith(">"):
            return
        if line.startswith("#"):
            self._heading(number, line)
        elif self._leaving_out and (item := _ITEM.fullmatch(line)):
            self.left_out.append(item[1])
        elif self.tasks and (entry := _ENTRY.fullmatch(line)):
            _take_entry(self.tasks[-1], number, entry[1].lower(), entry[2].strip())
        else:
            raise UnclearPlan(
                number,
                f"{line[:60]!r} cannot be read; write `- done when: …` under a task, or `> …` for a note",
            )

    def _heading(self, number: int, line: str) -> None:
        if title := _TITLE.fullmatch(line):
            self.summary = title[1].strip() or self.summary
        elif _LEFT_OUT.fullmatch(line):
            self._leaving_out = True
        elif task := _TASK.fullmatch(line):
            self._leaving_out = False
            self.tasks.append(_TaskText(number, task[1].strip(), task[2].strip()))
        else:
            raise UnclearPlan(number, f"{line[:60]!r} is no task; write `## name: what to do`")


def _take_entry(task: _TaskText, number: int, name: str, value: str) -> None:
    if name not in _ENTRIES:
        raise UnclearPlan(number, f"unknown entry {name!r}; known: {', '.join(_ENTRIES)}")
    if value:
        _ENTRIES[name](task, number, value)


def _take_role(task: _TaskText, number: int, value: str) -> None:
    roles = {role.lower(): role for role in Role}
    if value.lower() not in roles:
        raise UnclearPlan(number, f"unknown agent {value!r}; known: {', '.join(Role)}")
    task.fields["role"] = roles[value.lower()]


def _take_priority(task: _TaskText, number: int, value: str) -> None:
    if value.upper() not in Priority.__members__:
        names = ", ".join(name.lower() for name in Priority.__members__)
        raise UnclearPlan(number, f"unknown priority {value!r}; known: {names}")
    task.fields["priority"] = Priority[value.upper()]


def _take_after(task: _TaskText, _: int, value: str) -> None:
    for name in value.split(","):
        if name.strip():
            task.add("depends_on", name.strip())


_ENTRIES: dict[str, Callable[[_TaskText, int, str], None]] = {
    "agent": _take_role,
    "after": _take_after,
    "file": lambda task, _, value: task.add("files", value),
    "done when": lambda task, _, value: task.add("acceptance", value),
    "priority": _take_priority,
    "tell the agent": lambda task, _, value: task.told.append(value),
}


def _task(read: _TaskText) -> PlanTask:
    if "role" not in read.fields:
        raise UnclearPlan(
            read.line, f"task {read.id!r} names no agent; add `- agent: {Role.CODE_GENERATOR}` under it"
        )
    try:
        return PlanTask.model_validate({"id": read.id, "title": read.title, **read.fields})
    except ValidationError as error:
        where = "its name" if error.errors()[0]["loc"][0] == "id" else "what it does"
        raise UnclearPlan(read.line, f"{where} is missing or too long; write `## name: what to do`") from error


def _as_known(task: PlanTask, known: Mapping[TaskId, PlanTask]) -> PlanTask:
    """Return the task as it was known where its text is the same: a text cannot say all that a plan can."""
    before = known.get(task.id)
    same = before is not None and [*_task_lines(before, (), False)] == [*_task_lines(task, (), False)]
    return before if before is not None and same else task


def line_about(message: str, lines: Mapping[TaskId, int]) -> int:
    """Return the line of the first task that a message names in quotes; the top where it names none."""
    return next((line for name, line in lines.items() if repr(name) in message), 0)


def _words(error: ValidationError) -> str:
    return str(error.errors()[0]["msg"]).removeprefix("Value error, ")

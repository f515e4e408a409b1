"""The words in which a task is given to an agent; pure text from typed jobs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from codecompanion.contracts.errors import BadAnswer
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.plan import Complexity, Plan, PlanTask
from codecompanion.contracts.test_reports import TestReport
from codecompanion.orchestra.agents.landing import Rejection

MAX_OUTPUT_CHARS = 8_000


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file whose present text is worth showing at once."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class PlanJob:
    """The ProjectManager's input: the order, what the workspace holds, and a first guess of the size."""

    order: RunOrder
    workspace: str
    complexity: Complexity


@dataclass(frozen=True, slots=True)
class WorkJob:
    """A worker's input: its task in its plan, the files it starts from, and results it builds on.

    ``told`` is what the person said to it before it began.
    """

    order: RunOrder
    plan: Plan
    task: PlanTask
    files: tuple[KnownFile, ...] = ()
    results: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MendJob:
    """The Debugger's input: a red report, what earlier rounds tried, and the files it is likely about.

    ``results`` is what was done before the tests ran, in the words of those who did it.
    """

    order: RunOrder
    plan: Plan
    task: PlanTask
    report: TestReport
    tried: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    files: tuple[KnownFile, ...] = ()
    told: tuple[str, ...] = ()
    results: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkResult:
    """A worker's output: changed path → hash of its new text, and one sentence of what was done."""

    landed: dict[str, str]
    summary: str
    rejections: tuple[Rejection, ...] = ()


def for_planning(job: PlanJob) -> str:
    """Return the ProjectManager's brief."""
    parts = [
        f"Request:\n{job.order.request}",
        f"Kind of request: {job.order.kind}.",
        f"First guess of its size: {job.complexity.level} ({'; '.join(job.complexity.reasons)}).",
    ]
    if job.order.template:
        parts.append(f"The person chose the template {job.order.template!r}.")
    if job.order.place:
        parts.append(f"It points at {_place(job.order)}.")
    parts.append(f"Workspace:\n{job.workspace}")
    return "\n\n".join(parts)


def for_work(job: WorkJob) -> str:
    """Return a worker's brief."""
    parts = [*_request(job.order), f"Plan: {job.plan.summary}", _task(job.task), *_told(job.told)]
    others = [t for t in job.plan.tasks if t.id != job.task.id]
    if others:
        listed = "\n".join(f"- {t.role}: {t.title} ({', '.join(t.files) or 'no files named'})" for t in others)
        parts.append(f"The other tasks, done by others:\n{listed}")
    if job.results:
        parts.append("Done so far:\n" + "\n".join(f"- {line}" for line in job.results))
    if job.order.place:
        parts.append(f"The person points at {_place(job.order)}.")
    if job.order.problems:
        parts.append("Problems the editor shows:\n" + "\n".join(job.order.problems))
    parts += [f"{known.path} now:\n{fenced(known.text)}" for known in job.files]
    return "\n\n".join(parts)


def for_mending(job: MendJob) -> str:
    """Return the Debugger's brief after a red test run."""
    report = job.report
    parts = [
        *_request(job.order),
        _task(job.task),
        *_told(job.told),
        f"The tests were run with: {report.as_typed}",
        f"Result: {report.passed} passed, {report.failed} failed, exit code {report.exit_code}.",
    ]
    if report.failures:
        parts.append("Failing:\n" + "\n".join(f"- {failure}" for failure in report.failures[:40]))
    parts.append(f"Output (its end):\n{fenced(report.output[-MAX_OUTPUT_CHARS:])}")
    if job.results:
        parts.append("Done before the tests ran:\n" + "\n".join(f"- {line}" for line in job.results))
    if job.changed:
        parts.append("Files changed in this run: " + ", ".join(job.changed))
    if job.tried:
        parts.append("Already tried, without success:\n" + "\n".join(f"- {line}" for line in job.tried))
    parts += [f"{known.path} now:\n{fenced(known.text)}" for known in job.files]
    return "\n\n".join(parts)


def for_rejections(rejections: Sequence[Rejection], landed: Collection[str] = ()) -> str:
    """Return the feedback that asks again for just the pieces that could not be used.

    ``landed`` are the paths that were written for the task so far.
    """
    listed = "\n\n".join(rejection.reason for rejection in rejections)
    written = f"Written so far: {', '.join(landed)}." if landed else "Nothing has been written so far."
    return (
        f"These pieces could not be used:\n\n{listed}\n\n"
        f"{written} Send only these pieces again, complete and mended."
    )


def for_bad_answer(error: BadAnswer, landed: Collection[str]) -> str:
    """Return the feedback for an answer that could not be used whole; ``landed`` as in ``for_rejections``."""
    if not landed:
        return str(error)
    return (
        f"{error}\n\nWhat was complete before that has landed and stays: {', '.join(landed)}. "
        "Send what is missing; a piece that has landed is passed over if you send it again."
    )


CLAIM_HEARD = (
    "You say that a test is wrong. Look once more: compare it with the request, the acceptance lines and the "
    "code. If code can be right and pass it, send that code. If not, send the same line again; the work then "
    "ends here, and the person is told what you say."
)
NOTHING_CHANGED = (
    "Your answer held no file and no change. Answer with the files in the form you were shown: "
    "a line `FILE: path`, then the whole text between fences, or search/replace blocks."
)


def fenced(text: str) -> str:
    """Return ``text`` between fences longer than any it contains."""
    fence = "```"
    while fence in text:
        fence += "`"
    newline = "" if text.endswith("\n") else "\n"
    return f"{fence}\n{text}{newline}{fence}"


def _request(order: RunOrder) -> list[str]:
    """Return what the person said, in a list; an empty one when a fix was asked for without a word."""
    return [f"Request:\n{order.request}"] if order.request.strip() else []


def _told(words: Sequence[str]) -> list[str]:
    """Return what the person said to the agent of this task, in a list; an empty one where nothing was."""
    return ["The person adds, for you:\n" + "\n".join(f"- {said}" for said in words)] if words else []


def _task(task: PlanTask) -> str:
    lines = [f"Your task: {task.title}"]
    if task.files:
        lines.append(f"Files: {', '.join(task.files)}")
    if task.acceptance:
        lines.append("It is done when:")
        lines += [f"- {criterion}" for criterion in task.acceptance]
    return "\n".join(lines)


def _place(order: RunOrder) -> str:
    place = order.place
    if place is None:
        return "nothing"
    if place.first_line is None:
        return place.path
    lines = f"{place.path}, lines {place.first_line} to {place.last_line or place.first_line}"
    return f"{lines}:\n{fenced(place.text)}" if place.text else lines

"""What happened in a run, one plain sentence an event."""

from collections.abc import Callable
from typing import Any

from codecompanion.contracts import change_events as c
from codecompanion.contracts import document_events as d
from codecompanion.contracts import events as e
from codecompanion.contracts import session_events as s
from codecompanion.contracts.edits import FileEdit, WholeFile
from codecompanion.contracts.test_reports import TestReport
from codecompanion.contracts.wording import counted
from codecompanion.orchestra.runs.confinement import while_running

LONGEST = 160
"""Characters of a quotation; the whole texts are in the log."""


def sentence(event: e.Event) -> str:
    """Return what happened, in words, on one line."""
    return _SAID[type(event)](event)


def task_of(event: e.Event) -> str:
    """Return the id of the task it belongs to, empty where there is none."""
    if isinstance(event, e.TaskAdded):
        return event.task.id
    found = getattr(event, "task_id", "")
    return found if isinstance(found, str) else ""


def quoted(text: str, longest: int = LONGEST) -> str:
    """Return the beginning of a text on one line, in quotation marks."""
    line = " ".join(text[: longest * 4].split())
    return f"“{line if len(line) <= longest else line[: longest - 1] + '…'}”"


def _plan(tasks: int, summary: str) -> str:
    return f"{counted(tasks, 'task')}: {quoted(summary)}"


def _answered(event: e.ModelAnswered) -> str:
    used = event.usage
    cost = "at an unknown price" if used.cost is None else f"for ${used.cost:.4f}"
    tools = ", ".join(call.name for call in event.tool_calls)
    said = f"asked for {tools}" if tools and not event.text.strip() else f"answered {quoted(event.text)}"
    tokens = f"{used.input_tokens:,} tokens in, {used.output_tokens:,} out"
    return f"{event.provider}/{event.model} {said} ({tokens}, {cost})"


def _edit(edit: FileEdit) -> str:
    return f"{edit.path} as a whole" if isinstance(edit, WholeFile) else f"a change in {edit.path}"


def _settled(event: e.EditSettled) -> str:
    outcome = event.outcome
    words = {
        "confirmed": "is in place",
        "claimed": "was sent and is not seen yet",
        "pending": "waits for green tests or for your word",
    }
    if outcome.state in words:
        return f"The edit of {outcome.path} {words[outcome.state]}"
    return f"The edit of {outcome.path} was not made: {outcome.reason}"


def _tests(report: TestReport) -> str:
    if not report.ran:
        return f"No tests ran: {quoted(report.output)}"
    counts = f"{counted(report.passed, 'test')} passed, {report.failed} failed"
    named = f": {', '.join(name.split(': ', 1)[0] for name in report.failures[:3])}" if report.failures else ""
    return f"The tests ran in {report.seconds:.1f} s: {counts}{named}"


def _tool(event: e.ToolUsed) -> str:
    how = "" if event.ok else ", which failed"
    again = " again" if event.repeated else ""
    return f"{event.role} used {event.name} {event.arguments}{again}{how}"


def _undone(event: c.EditsUndone) -> str:
    whose = f"the part of {event.role or event.task_id} in " if event.role or event.task_id else ""
    said = "You took back the undoing of" if event.again else "You undid"
    kept = f"; {counted(len(event.kept), 'place')} stayed" if event.kept else ""
    return f"{said} {whose}run {event.run_id}: {counted(len(event.files), 'file')}{kept}"


def _what_of(event: c.ChangesAccepted | c.ChangesRejected) -> str:
    if event.part:
        return "the agent's lines instead of yours in"
    return "all that waited in" if event.whole else f"{counted(len(event.changes), 'change')} in"


_SAID: dict[type, Callable[[Any], str]] = {
    e.RunStarted: lambda x: f"The run was started ({x.order.kind}): {quoted(x.order.request)}",
    e.PlanMade: lambda x: f"The plan was made, {_plan(len(x.plan.tasks), x.plan.summary)}",
    e.PlanEdited: lambda x: f"You changed the plan, {_plan(len(x.plan.tasks), x.plan.summary)}",
    e.PlanApproved: lambda _: "You approved the plan",
    e.TaskAdded: lambda x: f"A task was added for {x.task.role}: {quoted(x.task.title)}",
    e.TaskStarted: lambda x: f"{x.role} began task {x.task_id}",
    e.TaskInstructed: lambda x: f"You added to task {x.task_id}: {quoted(x.text)}",
    e.TaskRetried: lambda x: f"Task {x.task_id} will be tried again: {x.reason}",
    e.TaskProgressed: lambda x: f"Task {x.task_id}: {x.text}",
    e.MessageSent: lambda x: f"{x.message.sender} to {x.message.recipient}: {quoted(x.message.subject)}",
    e.AgentAsked: lambda x: f"{x.role} said to its model {quoted(x.text)}",
    e.FileShown: lambda x: f"{x.role} was shown {x.path}",
    e.ModelCallStarted: lambda x: f"{x.role} called a model",
    e.ModelAnswered: _answered,
    e.ModelCallFailed: lambda x: f"The call of {x.role} to {x.provider} failed ({x.fault}): {x.reason}",
    e.ToolUsed: _tool,
    e.ArtifactMade: lambda x: f"A {x.ref.kind} was kept: {x.ref.name}",
    e.BaseKept: lambda x: (
        f"{x.path} did not exist before" if x.text is None else f"What stood in {x.path} was kept"
    ),
    e.EditProposed: lambda x: f"{x.role} wrote {_edit(x.edit)}",
    e.EditSettled: _settled,
    e.TaskFinished: lambda x: f"Task {x.task_id} is done: {quoted(x.summary)}",
    e.TaskFailed: lambda x: f"Task {x.task_id} failed: {x.reason}",
    e.TestsStarted: lambda x: (
        f"The tests{' as they were before' if x.round < 0 else ''} are run{while_running(x.sandbox)}"
    ),
    e.TestsRan: lambda x: _tests(x.report),
    e.RunPaused: lambda x: f"The run paused by itself: {x.reason}" if x.reason else "The run was paused",
    e.RunResumed: lambda _: "The run went on",
    e.RunReopened: lambda _: "The run was taken up again after an interruption",
    e.RunForked: lambda x: (
        f"From here on this is a fork of run {x.origin} at its event {x.version}"
        + (f": {'; '.join(x.changes)}" if x.changes else "")
    ),
    e.LimitReached: lambda x: x.text,
    e.StepGranted: lambda _: "You let the next agent go",
    e.StopRequested: lambda x: f"The run was asked to stop: {x.reason}",
    e.RunFinished: lambda x: f"The run ended ({x.outcome}): {x.summary}",
    d.DocumentOpened: lambda x: f"{x.path} was open in the editor",
    d.DocumentChanged: lambda x: f"{x.path} changed in the editor in {counted(len(x.changes), 'place')}",
    d.DocumentSaved: lambda x: f"{x.path} was saved",
    d.DocumentClosed: lambda x: f"{x.path} was closed",
    c.EditsUndone: _undone,
    c.ChangesAccepted: lambda x: f"You let in {_what_of(x)} {x.path} of run {x.run_id}",
    c.ChangesRejected: lambda x: f"You turned down {_what_of(x)} {x.path} of run {x.run_id}",
    s.LogOpened: lambda x: f"The log was opened by {x.program}" + "".join(f"; {said}" for said in x.notices),
    s.RunRenamed: lambda x: f"Run {x.run_id} was named {quoted(x.title)}",
    s.RunArchived: lambda x: (
        f"Run {x.run_id} was archived" if x.archived else f"Run {x.run_id} was taken back from the archive"
    ),
    s.RunSetAside: lambda x: f"Run {x.run_id} was set aside: {x.reason}",
    s.RunImported: lambda x: f"Run {x.run_id} came from the file {x.source}, where it was {x.origin}",
    s.RunRemoved: lambda x: f"Run {x.run_id} was removed with its {counted(x.events, 'event')}: {x.reason}",
    s.TypingCut: lambda x: f"What was typed before event {x.version} of the typing was removed: {x.reason}",
}

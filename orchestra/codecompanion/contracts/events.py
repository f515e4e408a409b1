"""Everything that happens in a run, in the past tense: the log is the truth, all else is derived from it.

Events never change meaning: a changed one gets a new name. ``at`` is seconds since the epoch (UTC).
"""

from typing import Annotated, Literal, NamedTuple

from pydantic import Field, TypeAdapter

from codecompanion.contracts.base import Contract
from codecompanion.contracts.change_events import ChangesAccepted, ChangesRejected, EditsUndone
from codecompanion.contracts.document_events import (
    DocumentChanged,
    DocumentClosed,
    DocumentOpened,
    DocumentSaved,
)
from codecompanion.contracts.edits import EditOutcome, FileEdit
from codecompanion.contracts.ids import EditId, EventId, RunId, TaskId
from codecompanion.contracts.messages import AgentMessage, ArtifactRef, Priority, Role
from codecompanion.contracts.model_calls import ToolCall, Usage
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.plan import Plan, PlanTask
from codecompanion.contracts.session_events import (
    LogOpened,
    RunArchived,
    RunImported,
    RunRemoved,
    RunRenamed,
    RunSetAside,
    TypingCut,
)
from codecompanion.contracts.test_reports import TestReport

Outcome = Literal["done", "red", "failed", "stopped"]
LimitName = Literal["model calls", "tokens", "seconds", "repetition"]


class RunStarted(Contract):
    event: Literal["run_started"] = "run_started"
    order: RunOrder


class PlanMade(Contract):
    event: Literal["plan_made"] = "plan_made"
    plan: Plan


class TaskAdded(Contract):
    """A task the plan did not hold, such as a repair after a red test run."""

    event: Literal["task_added"] = "task_added"
    task: PlanTask


class PlanEdited(Contract):
    """The person changed the plan before it went on; tasks that have begun are as they were.

    What the person had said to the others' agents is void; what is left of it is said anew right after this.
    """

    event: Literal["plan_edited"] = "plan_edited"
    plan: Plan


class PlanApproved(Contract):
    """In a run that asks first: the person has seen the plan and lets it go on."""

    event: Literal["plan_approved"] = "plan_approved"


class TaskStarted(Contract):
    """``epoch`` counts the task's starts: what an earlier start still brings is not taken any more."""

    event: Literal["task_started"] = "task_started"
    task_id: TaskId
    role: Role
    epoch: int = 1


class TaskInstructed(Contract):
    """The person added to what a task's agent is told, before it began."""

    event: Literal["task_instructed"] = "task_instructed"
    task_id: TaskId
    text: str


class TaskRetried(Contract):
    """A task that ended badly waits for another start."""

    event: Literal["task_retried"] = "task_retried"
    task_id: TaskId
    reason: str


class TaskProgressed(Contract):
    event: Literal["task_progressed"] = "task_progressed"
    task_id: TaskId
    text: str
    done: int
    total: int


class MessageSent(Contract):
    event: Literal["message_sent"] = "message_sent"
    message: AgentMessage


class AgentAsked(Contract):
    """What an agent said to its model next; with the answers and looks after it, a conversation is rebuilt."""

    event: Literal["agent_asked"] = "agent_asked"
    task_id: TaskId
    role: Role
    text: str


class FileShown(Contract):
    """What a file read when an agent was first shown it in a task: the text that its changes are made for."""

    event: Literal["file_shown"] = "file_shown"
    task_id: TaskId
    role: Role
    path: str
    text: str


class ModelCallStarted(Contract):
    event: Literal["model_call_started"] = "model_call_started"
    task_id: TaskId
    role: Role
    request_sha256: str


class ModelAnswered(Contract):
    """A model's whole answer, journaled before it is used further."""

    event: Literal["model_answered"] = "model_answered"
    task_id: TaskId
    role: Role
    request_sha256: str
    provider: str
    model: str
    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    usage: Usage
    truncated: bool = False


class ModelCallFailed(Contract):
    event: Literal["model_call_failed"] = "model_call_failed"
    task_id: TaskId
    role: Role
    provider: str
    fault: str
    reason: str


class ToolUsed(Contract):
    """A look at the workspace; ``result`` is bounded, ``repeated`` says the same call was made before."""

    event: Literal["tool_used"] = "tool_used"
    task_id: TaskId
    role: Role
    name: str
    arguments: str
    result: str
    ok: bool
    repeated: bool = False


class ArtifactMade(Contract):
    """Something an agent made that is no file of the workspace; ``ref.sha256`` is that of ``text``."""

    event: Literal["artifact_made"] = "artifact_made"
    task_id: TaskId
    ref: ArtifactRef
    text: str


class BaseKept(Contract):
    """What stood in a file before a run's first change to it; ``text`` is None where there was no file."""

    event: Literal["base_kept"] = "base_kept"
    path: str
    text: str | None


class EditProposed(Contract):
    """A finished, valid edit, journaled before it is sent to the editor; ``sha256`` is that of the new text.

    ``base_sha256`` is that of the text it was made for, empty where that is not known or there was no file.
    """

    event: Literal["edit_proposed"] = "edit_proposed"
    edit_id: EditId
    task_id: TaskId
    role: Role
    edit: FileEdit
    sha256: str
    base_sha256: str = ""


class EditSettled(Contract):
    event: Literal["edit_settled"] = "edit_settled"
    outcome: EditOutcome


class TaskFinished(Contract):
    event: Literal["task_finished"] = "task_finished"
    task_id: TaskId
    summary: str
    artifacts: tuple[ArtifactRef, ...] = ()


class TaskFailed(Contract):
    event: Literal["task_failed"] = "task_failed"
    task_id: TaskId
    reason: str


class TestsStarted(Contract):
    """``sandbox`` is the rung that confines them, in one word; empty where that was not recorded."""

    __test__ = False
    event: Literal["tests_started"] = "tests_started"
    round: int
    sandbox: str = ""


class TestsRan(Contract):
    """``round`` 0 is before any repair, -1 a look at the state before the run changed anything."""

    __test__ = False
    event: Literal["tests_ran"] = "tests_ran"
    report: TestReport
    round: int


class RunPaused(Contract):
    """By the person; or by itself, and then ``reason`` is the sentence that says why."""

    event: Literal["run_paused"] = "run_paused"
    reason: str = ""


class RunResumed(Contract):
    event: Literal["run_resumed"] = "run_resumed"


class RunReopened(Contract):
    """The program had ended while the run was open; what was under way begins again from the log."""

    event: Literal["run_reopened"] = "run_reopened"


class RunForked(Contract):
    """From here on the run is another one: ``origin`` is the run it was taken from, up to ``version``.

    ``changes`` says in plain words what is different from here on; ``model`` is the one that does the rest,
    empty where that is as set.
    """

    event: Literal["run_forked"] = "run_forked"
    origin: RunId
    version: int
    changes: tuple[str, ...] = ()
    model: str = ""


class LimitReached(Contract):
    """A guard against endless work ended the run; ``text`` is the sentence for the person."""

    event: Literal["limit_reached"] = "limit_reached"
    limit: LimitName
    text: str


class StepGranted(Contract):
    """In a stepwise run: one more agent may go."""

    event: Literal["step_granted"] = "step_granted"


class StopRequested(Contract):
    event: Literal["stop_requested"] = "stop_requested"
    reason: str


class RunFinished(Contract):
    """The end of a run, always the last event of its stream."""

    event: Literal["run_finished"] = "run_finished"
    outcome: Outcome
    summary: str


Event = Annotated[
    RunStarted
    | PlanMade
    | PlanEdited
    | PlanApproved
    | TaskAdded
    | TaskStarted
    | TaskInstructed
    | TaskRetried
    | TaskProgressed
    | MessageSent
    | AgentAsked
    | FileShown
    | ModelCallStarted
    | ModelAnswered
    | ModelCallFailed
    | ToolUsed
    | ArtifactMade
    | BaseKept
    | EditProposed
    | EditSettled
    | TaskFinished
    | TaskFailed
    | TestsStarted
    | TestsRan
    | RunPaused
    | RunResumed
    | RunReopened
    | RunForked
    | LimitReached
    | StepGranted
    | StopRequested
    | RunFinished
    | DocumentOpened
    | DocumentChanged
    | DocumentSaved
    | DocumentClosed
    | LogOpened
    | RunRenamed
    | RunArchived
    | RunSetAside
    | RunRemoved
    | RunImported
    | TypingCut
    | EditsUndone
    | ChangesAccepted
    | ChangesRejected,
    Field(discriminator="event"),
]

EVENT: TypeAdapter[Event] = TypeAdapter(Event)


class Context(Contract):
    """Who did it, how urgent it was, and what it hangs together with.

    ``actor`` is "user", "editor", "orchestra" or an agent's role. ``correlation_id`` is shared by all that came
    of one request: the first run's id, also in its forks. ``causation_id`` names the event that led to this.
    """

    actor: str = "orchestra"
    priority: Priority = Priority.NORMAL
    correlation_id: str
    causation_id: EventId | None = None


class Recorded(Contract):
    """An event with its place in the log.

    ``run_id`` is its stream, ``version`` counts within the stream, ``position`` in the whole log.
    """

    run_id: RunId
    version: int
    position: int
    at: float
    body: Event
    context: Context

    @property
    def id(self) -> EventId:
        """The event's id, the same in every copy of its stream."""
        return event_id(self.run_id, self.version)


class EventText(NamedTuple):
    """An event as it stands in the log: ``at`` in seconds since the epoch, and its JSON ``text``."""

    at: float
    text: str


def event_id(run_id: RunId, version: int) -> EventId:
    """Return the id of a stream's event."""
    return f"{run_id}:{version}"

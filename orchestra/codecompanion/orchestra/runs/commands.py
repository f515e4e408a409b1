"""What may be asked of a run, in the imperative; ``decide`` answers with events or a refusal."""

from collections.abc import Mapping
from dataclasses import dataclass

from codecompanion.contracts import events as e
from codecompanion.contracts.ids import TaskId
from codecompanion.contracts.messages import ArtifactRef, Role
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.plan import Plan, PlanTask

Epoch = int | None
"""Which start of its task speaks; None is the present one."""


@dataclass(frozen=True, slots=True)
class StartRun:
    order: RunOrder


@dataclass(frozen=True, slots=True)
class AdoptPlan:
    plan: Plan


@dataclass(frozen=True, slots=True)
class EditPlan:
    """Put a person's plan in the place of the present one.

    ``instructions`` is all that the agents of tasks not begun are told besides; None leaves it as it is.
    """

    plan: Plan
    instructions: Mapping[TaskId, tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class ApprovePlan:
    pass


@dataclass(frozen=True, slots=True)
class InstructTask:
    """Tell a task's agent more before it begins."""

    task_id: TaskId
    text: str


@dataclass(frozen=True, slots=True)
class AddTask:
    task: PlanTask


@dataclass(frozen=True, slots=True)
class StartTask:
    task_id: TaskId
    role: Role


@dataclass(frozen=True, slots=True)
class FinishTask:
    task_id: TaskId
    summary: str
    artifacts: tuple[ArtifactRef, ...] = ()
    epoch: Epoch = None


@dataclass(frozen=True, slots=True)
class FailTask:
    task_id: TaskId
    reason: str
    epoch: Epoch = None


@dataclass(frozen=True, slots=True)
class RetryTask:
    """Let a running task that met a passing fault begin anew a little later."""

    task_id: TaskId
    reason: str
    epoch: Epoch = None


@dataclass(frozen=True, slots=True)
class Note:
    """Something an agent, a model, a tool or the editor did: a fact, legal while the run is open."""

    event: (
        e.TaskProgressed
        | e.MessageSent
        | e.AgentAsked
        | e.FileShown
        | e.ModelCallStarted
        | e.ModelAnswered
        | e.ModelCallFailed
        | e.ToolUsed
        | e.ArtifactMade
        | e.EditProposed
        | e.EditSettled
        | e.TestsStarted
        | e.TestsRan
    )


@dataclass(frozen=True, slots=True)
class ProposeEdit:
    """Journal an edit before it is sent; ``base`` is what stands in the file now, None where there is none."""

    proposal: e.EditProposed
    base: str | None
    epoch: Epoch = None


@dataclass(frozen=True, slots=True)
class PauseRun:
    """``reason`` is given when not the person wants it."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class ResumeRun:
    pass


@dataclass(frozen=True, slots=True)
class ReopenRun:
    """Go on with a run whose program ended in the middle of it."""


@dataclass(frozen=True, slots=True)
class GrantStep:
    pass


@dataclass(frozen=True, slots=True)
class ReachLimit:
    """A guard against endless work ends the run; ``text`` is the sentence for the person."""

    limit: e.LimitName
    text: str


@dataclass(frozen=True, slots=True)
class StopRun:
    reason: str


@dataclass(frozen=True, slots=True)
class FinishRun:
    outcome: e.Outcome
    summary: str


Command = (
    StartRun
    | AdoptPlan
    | EditPlan
    | ApprovePlan
    | InstructTask
    | AddTask
    | StartTask
    | FinishTask
    | FailTask
    | RetryTask
    | Note
    | ProposeEdit
    | PauseRun
    | ResumeRun
    | ReopenRun
    | GrantStep
    | ReachLimit
    | StopRun
    | FinishRun
)

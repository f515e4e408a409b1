"""What may be asked of a run, in the imperative; ``decide`` answers with events or a refusal."""

from dataclasses import dataclass

from codecompanion.contracts import events as e
from codecompanion.contracts.ids import TaskId
from codecompanion.contracts.messages import ArtifactRef, Role
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.plan import Plan, PlanTask


@dataclass(frozen=True, slots=True)
class StartRun:
    order: RunOrder


@dataclass(frozen=True, slots=True)
class AdoptPlan:
    plan: Plan


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


@dataclass(frozen=True, slots=True)
class FailTask:
    task_id: TaskId
    reason: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something an agent, a model, a tool or the editor did: a fact, legal while the run is open."""

    event: (
        e.TaskProgressed
        | e.MessageSent
        | e.AgentAsked
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


@dataclass(frozen=True, slots=True)
class PauseRun:
    pass


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
class StopRun:
    reason: str


@dataclass(frozen=True, slots=True)
class FinishRun:
    outcome: e.Outcome
    summary: str


Command = (
    StartRun
    | AdoptPlan
    | AddTask
    | StartTask
    | FinishTask
    | FailTask
    | Note
    | ProposeEdit
    | PauseRun
    | ResumeRun
    | ReopenRun
    | GrantStep
    | StopRun
    | FinishRun
)

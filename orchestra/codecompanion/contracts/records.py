"""What the tables beside the log hold: records derived from its events, and what the router notes by itself.

Times are seconds since the epoch (UTC), durations seconds, costs US dollars; ``cost`` is None once the price of
a call is not known.
"""

from typing import Literal

from pydantic import Field

from codecompanion.contracts.base import Contract
from codecompanion.contracts.ids import ArtifactId, RunId, TaskId
from codecompanion.contracts.orders import RunKind

MOST_TEXT = 300
"""Characters of a free text in a record; the log has the whole of it."""


class SessionRecord(Contract):
    """One run from its request to its end; ``origin`` is the run it was forked from, "" for none."""

    run_id: RunId
    title: str
    kind: RunKind | Literal["unknown"] = "unknown"
    request: str = ""
    workspace: str = ""
    state: Literal["open", "paused", "done", "red", "failed", "stopped", "set aside"] = "open"
    archived: bool = False
    origin: RunId = ""
    correlation_id: str = ""
    started_at: float
    updated_at: float
    events: int = 0
    tasks: int = 0
    tasks_done: int = 0
    tasks_failed: int = 0
    files: int = 0
    tests_passed: int | None = None
    tests_failed: int | None = None
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = 0.0
    summary: str = ""


class ArtifactRecord(Contract):
    """Something a run made. An edit is one too, with what became of it as its ``state``."""

    run_id: RunId
    artifact_id: ArtifactId
    task_id: TaskId
    kind: str
    name: str
    sha256: str
    state: Literal["made", "proposed", "confirmed", "claimed", "pending", "failed"] = "made"
    reason: str = ""
    at: float


class TimelineEntry(Contract):
    """One thing that happened, in a sentence; ``event`` names its type, ``position`` its place in the log."""

    position: int
    run_id: RunId
    version: int
    at: float
    actor: str
    correlation_id: str
    event: str
    task_id: TaskId = ""
    text: str


class TaskRecord(Contract):
    """One agent's work on one task, over all its starts; ``seconds`` is the time between start and end."""

    run_id: RunId
    task_id: TaskId
    role: str
    state: Literal["running", "done", "failed", "stopped"] = "running"
    starts: int = 0
    started_at: float = 0.0
    seconds: float = 0.0
    calls: int = 0
    failed_calls: int = 0
    looks: int = 0
    edits: int = 0
    failed_edits: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = 0.0
    summary: str = ""


class AgentPerformance(Contract):
    """The work of one role over all runs of the log."""

    role: str
    tasks: int
    done: int
    failed: int
    seconds: float
    calls: int
    failed_calls: int
    looks: int
    edits: int
    failed_edits: int
    input_tokens: int
    output_tokens: int
    cost: float | None


class QualityRecord(Contract):
    """What one test run of a run said; ``round`` counts repairs, -1 is before the run changed anything."""

    run_id: RunId
    version: int
    at: float
    round: int
    ran: bool
    passed: int
    failed: int
    green: bool
    seconds: float


class CallRecord(Contract):
    """One model call; ``seconds`` is 0 until it ended, ``fault`` is "" unless it failed."""

    run_id: RunId
    version: int
    task_id: TaskId
    role: str
    request_sha256: str
    started_at: float
    state: Literal["open", "answered", "failed"] = "open"
    provider: str = ""
    model: str = ""
    fault: str = ""
    seconds: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost: float | None = 0.0
    truncated: bool = False


class ModelPerformance(Contract):
    """The calls of one role to one model over all runs; ``seconds`` is the mean of those answered."""

    provider: str
    model: str
    role: str
    answered: int
    failed: int
    truncated: int
    seconds: float
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost: float | None


class BanditObservation(Contract):
    """What a choice brought: the reward of the model chosen for a role; learning is a fold of these.

    ``decision`` names the decision it is credited to. ``weight`` is below 1 for a partial verdict; 0 is an
    observation of cost and time only.
    """

    at: float
    run_id: RunId
    task_id: TaskId
    role: str
    provider: str
    model: str
    reward: float = Field(ge=0, le=1)
    reason: str = ""
    decision: str = ""
    kind: str = ""
    size: str = ""
    cost: float = Field(default=0.0, ge=0)
    seconds: float = Field(default=0.0, ge=0)
    weight: float = Field(default=1.0, ge=0, le=1)


class Considered(Contract):
    """One model that could have taken a call: its expected score, cost and time, and how it came out.

    ``utility`` is the expected score less what cost and time weigh; ``sample`` is what was drawn around
    ``centre`` with ``spread``, the highest of which wins. ``propensity`` is its chance to win.
    """

    model: str
    quality: float
    deviation: float = 0.0
    dollars: float = 0.0
    seconds: float = 0.0
    utility: float
    centre: float = 0.0
    spread: float = 0.0
    sample: float
    propensity: float


class Excluded(Contract):
    """A model that could not take a call, and why."""

    model: str
    reason: str


class RouterDecision(Contract):
    """Which model was chosen for a task, among which, and why; ``expected_cost`` is for that call.

    ``decision`` is its name in the folder's log. ``how`` says who decided: the policy, the person, an
    escalation, or that there was only one.
    """

    at: float
    run_id: RunId
    task_id: TaskId
    role: str
    provider: str
    model: str
    candidates: tuple[str, ...] = ()
    reason: str
    expected_cost: float | None = None
    decision: str = ""
    kind: str = ""
    size: str = ""
    how: str = ""
    policy: str = ""
    weights: str = ""
    propensity: float = 1.0
    explored: bool = False
    considered: tuple[Considered, ...] = ()
    excluded: tuple[Excluded, ...] = ()

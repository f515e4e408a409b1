"""What a person can see of a run at any moment: a projection of its events, never a second truth."""

from typing import Literal

from codecompanion.contracts.base import Contract
from codecompanion.contracts.ids import RunId, TaskId
from codecompanion.contracts.messages import Role
from codecompanion.contracts.orders import RunKind, RunMode

Phase = Literal[
    "planning", "working", "testing", "mending", "waiting", "paused", "done", "red", "failed", "stopped"
]
ENDED: frozenset[Phase] = frozenset({"done", "red", "failed", "stopped"})
TaskPhase = Literal["waiting", "running", "done", "failed"]


class TaskStatus(Contract):
    """One agent's share and how far it is; ``text`` is a plain sentence such as "3 of 5 tests written"."""

    task_id: TaskId
    title: str
    role: Role
    phase: TaskPhase
    text: str = ""
    done: int = 0
    total: int = 0


class RunStatus(Contract):
    """One run. ``percent`` never goes back; ``cost`` is in US dollars, None while a price is not known.

    ``files`` are those it changed, ``pending`` those of them whose changes wait for green tests or for the
    person's word. ``next_task`` is the one that goes next where the run waits for the person. An
    ``interrupted`` run has not ended and is under way nowhere: it can be resumed or stopped. ``sandbox`` is the
    rung that confines its tests, empty before the first of them.
    """

    run_id: RunId
    kind: RunKind
    request: str
    workspace: str
    phase: Phase
    percent: int
    text: str
    tasks: tuple[TaskStatus, ...] = ()
    files: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    failed_edits: tuple[str, ...] = ()
    tests_passed: int | None = None
    tests_failed: int | None = None
    models: tuple[str, ...] = ()
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = 0.0
    started_at: float = 0.0
    updated_at: float = 0.0
    summary: str = ""
    mode: RunMode = "automatic"
    next_task: TaskId | None = None
    interrupted: bool = False
    sandbox: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen in this run."""
        return self.phase in ENDED

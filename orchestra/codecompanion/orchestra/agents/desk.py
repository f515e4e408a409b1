"""What every agent of a run has at hand, and how it leaves its facts in the log."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from codecompanion.contracts import events as e
from codecompanion.contracts.edits import EditOutcome
from codecompanion.contracts.hashes import sha256_of
from codecompanion.contracts.ids import IdSource, TaskId
from codecompanion.contracts.messages import AgentMessage, ArtifactRef, Priority, Role
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.ports import EditSink, ModelGateway, TestRunner, WorkspaceView
from codecompanion.orchestra.agents.history import Turns
from codecompanion.orchestra.agents.transcript import Transcript, Transcripts
from codecompanion.orchestra.merging.known_texts import KnownTexts
from codecompanion.orchestra.merging.leases import Holder, Leases
from codecompanion.orchestra.runs.commands import Note, ProposeEdit
from codecompanion.orchestra.runs.log import RunLog

LONGEST_KEPT = 300_000
"""Characters of a file that are kept as it was shown; no model writes a longer one anew."""


@dataclass(frozen=True, slots=True)
class AgentLimits:
    """Bounds of one agent's work: model calls a task, repair turns, seconds and tokens a call.

    ``max_tokens`` holds the reasoning of models that think, too. A task that met a passing fault is begun anew
    up to ``retries`` times, the first time after ``retry_wait`` seconds, then after three times as many.
    """

    rounds: int = 16
    answer_repairs: int = 2
    edit_repairs: int = 3
    deadline: float = 300.0
    max_tokens: int = 32_000
    retries: int = 2
    retry_wait: float = 2.0
    history_chars: int = 24_000


@dataclass(slots=True)
class Desk:
    """One run's desk. ``gate`` returns at once, or waits while the run is paused.

    ``admit`` returns when one more model call may begin. ``writers`` lets one edit at a time at each path, and
    ``leases`` orders tasks of all runs that want the same lines;
    ``transcripts`` is what a task that is begun anew need not ask again, ``turns`` what is finished.
    """

    order: RunOrder
    log: RunLog
    gateway: ModelGateway
    view: WorkspaceView
    sink: EditSink
    tests: TestRunner
    gate: Callable[[], Awaitable[None]]
    admit: Callable[[], Awaitable[None]]
    ids: IdSource
    limits: AgentLimits = AgentLimits()
    writers: dict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    transcripts: Transcripts = field(default_factory=Transcripts)
    turns: Turns = field(default_factory=Turns)
    leases: Leases = field(default_factory=Leases)
    _reading: dict[TaskId, Transcript] = field(default_factory=dict)
    _known: dict[TaskId, KnownTexts] = field(default_factory=dict)
    _pushes: set[asyncio.Task[EditOutcome]] = field(default_factory=set)

    async def note(self, event: e.Event) -> None:
        """Record a fact; returns when it is durable."""
        await self.log.handle(Note(event))  # type: ignore[arg-type]

    def transcript(self, task_id: TaskId) -> Transcript:
        """Return what was recorded of a task's conversation before it was begun anew; else an empty one."""
        return self._reading.setdefault(task_id, self.transcripts.of(task_id))

    def read_again(self, task_id: TaskId) -> None:
        """Let a task's conversation begin with all that was recorded of it so far."""
        self._reading.pop(task_id, None)

    def known(self, task_id: TaskId) -> KnownTexts:
        """Return what the agent of a task takes the files to read."""
        if task_id not in self._known:
            self._known[task_id] = KnownTexts(self.transcript(task_id).shown)
        return self._known[task_id]

    async def keep_shown(self, task_id: TaskId, role: Role) -> None:
        """Record what an agent has just seen of files: its changes are made for that, also after a restart."""
        shown = [
            e.FileShown(task_id=task_id, role=role, path=path, text=text)
            for path, text in self.known(task_id).news()
            if len(text) <= LONGEST_KEPT
        ]
        await asyncio.gather(*map(self.note, shown))

    def holder(self, task_id: TaskId) -> Holder:
        """Return the name under which a task of this run takes lines for itself."""
        return f"{self.log.run_id}/{task_id}"

    async def push(
        self,
        proposal: e.EditProposed,
        base: str | None,
        epoch: int | None = None,
        known: str | None = None,
    ) -> EditOutcome:
        """Record the edit and what it changes, send it, record what became of it.

        ``base`` is what stands in the file now, ``known`` what the edit's author takes it to read.
        An edit on its way is not taken back by a cancellation: its outcome is recorded all the same.
        """
        if base is not None:
            proposal = proposal.model_copy(update={"base_sha256": sha256_of(base)})
        await self.log.handle(ProposeEdit(proposal, base, epoch))
        task = asyncio.create_task(self._push(proposal, known), name=f"edit {proposal.edit.path}")
        self._pushes.add(task)
        task.add_done_callback(self._pushes.discard)
        return await asyncio.shield(task)

    async def _push(self, proposal: e.EditProposed, known: str | None) -> EditOutcome:
        label = f"{proposal.role}: {proposal.edit.path}"
        outcome = await self.sink.push(proposal.edit_id, proposal.edit, label, known)
        await self.note(e.EditSettled(outcome=outcome))
        return outcome

    async def confirm_edits(self) -> None:
        """Wait until every claimed edit was seen or given up, and record which; so with those that waited."""
        open_ones = ("claimed", "pending")
        waiting = [name for name, known in self.log.state.settled.items() if known.state in open_ones]
        for outcome in await self.sink.settle(waiting):
            await self.note(e.EditSettled(outcome=outcome))

    async def finish_pushes(self, seconds: float) -> None:
        """Wait at most ``seconds`` for edits on their way."""
        if self._pushes:
            await asyncio.wait(self._pushes, timeout=seconds)

    async def send(
        self,
        sender: str,
        recipient: str,
        subject: str,
        *,
        text: str = "",
        artifacts: tuple[ArtifactRef, ...] = (),
        priority: Priority = Priority.NORMAL,
        cause: AgentMessage | None = None,
    ) -> AgentMessage:
        """Hand over to another agent: a message with references, recorded."""
        message = AgentMessage(
            id=self.ids("msg"),
            sender=sender,
            recipient=recipient,
            priority=priority,
            correlation_id=self.log.run_id,
            causation_id=cause.id if cause else None,
            subject=subject[:200],
            text=text,
            artifacts=artifacts,
        )
        await self.note(e.MessageSent(message=message))
        return message

    async def keep(self, task_id: TaskId, kind: str, name: str, text: str) -> ArtifactRef:
        """Put something that is no workspace file into the log and return the reference to it."""
        ref = ArtifactRef.model_validate(
            {"id": self.ids("art"), "kind": kind, "name": name, "sha256": sha256_of(text)}
        )
        await self.note(e.ArtifactMade(task_id=task_id, ref=ref, text=text))
        return ref

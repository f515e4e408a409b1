"""What the engine needs from the outside, as Protocols; adapters and fakes pass the same contract tests."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Sequence
from typing import Protocol

from codecompanion.contracts.edits import EditOutcome, FileEdit, GroupedEdit
from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.events import Context, Event, EventText, Recorded
from codecompanion.contracts.ids import EditId, RunId, TaskId
from codecompanion.contracts.model_calls import ModelRequest, ProviderState, StreamPart
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.plan import Plan
from codecompanion.contracts.records import (
    AgentPerformance,
    ArtifactRecord,
    BanditObservation,
    ModelPerformance,
    QualityRecord,
    RouterDecision,
    SessionRecord,
    TimelineEntry,
)
from codecompanion.contracts.test_reports import TestReport
from codecompanion.contracts.work import Replies, Roster, WorkQueue

Clock = Callable[[], float]
"""Seconds since the epoch, UTC."""


class EventStore(Protocol):
    """The append-only log. An append is durable when it returns."""

    async def append(
        self,
        run_id: RunId,
        expected_version: int,
        events: Sequence[Event],
        contexts: Sequence[Context] = (),
    ) -> list[Recorded]:
        """Append all or nothing; raises ``VersionConflict`` when the run is not at ``expected_version``.

        ``contexts`` has one for each event, or none: then all are Orchestra's own, correlated by the run's id.
        """
        ...

    async def read(self, run_id: RunId) -> list[Recorded]:
        """Return one stream's events in order; raises when this release cannot read them all."""
        ...

    async def read_texts(self, run_id: RunId) -> list[EventText]:
        """Return one stream's events in order as they are stored, for a quick fold of a long run."""
        ...

    async def read_since(self, position: int, limit: int, correlation_id: str | None = None) -> list[Recorded]:
        """Return at most ``limit`` events of all streams after ``position``, in the order of the whole log.

        With a ``correlation_id`` only those that hang together by it. What this release cannot read is left
        out; an empty answer means that there is nothing more.
        """
        ...

    async def run_ids(self) -> list[RunId]:
        """Return every run's id, oldest first; streams that are no run begin with ``~`` and are left out."""
        ...

    async def close(self) -> None:
        """Finish pending writes and let go of the file."""
        ...


class VersionConflict(Exception):
    """Someone else appended to the run first."""


class BlobStore(Protocol):
    """Contents kept once each, under the SHA-256 of their bytes, beside the log that speaks of them."""

    async def put(self, content: bytes) -> str:
        """Keep the bytes, durable on return, and return their hash (64 hex digits); again is free."""
        ...

    async def get(self, sha256: str) -> bytes:
        """Return the bytes of a hash, checked against it; raises ``BlobLost``."""
        ...


class BlobLost(OrchestraError):
    """A kept content is not there, or is not what its hash says."""

    def __init__(self, sha256: str, why: str) -> None:
        super().__init__(f"the content {sha256[:64]!r} cannot be had: {why}")
        self.sha256 = sha256


class ProjectRecords(Protocol):
    """Past work in tables that are quick to ask, and what the router has learned from it.

    All but the last two kinds are derived from the log: a read brings them up to its end first.
    """

    async def sessions(self, limit: int = 100) -> list[SessionRecord]:
        """Return the runs, the newest first."""
        ...

    async def session(self, run_id: RunId) -> SessionRecord | None:
        """Return one run; None when the log has no such run."""
        ...

    async def artifacts(self, run_id: RunId) -> list[ArtifactRecord]:
        """Return what a run made, oldest first."""
        ...

    async def timeline(
        self, run_id: RunId | None = None, after: int = 0, limit: int = 200
    ) -> list[TimelineEntry]:
        """Return what happened after a position of the log, of one run or of all, in order."""
        ...

    async def agent_performance(self) -> list[AgentPerformance]:
        """Return each role's work over all runs."""
        ...

    async def quality(self, run_id: RunId) -> list[QualityRecord]:
        """Return a run's test runs in order."""
        ...

    async def router_performance(self) -> list[ModelPerformance]:
        """Return each role's calls to each model over all runs."""
        ...

    async def bandit_data(self, role: str | None = None) -> list[BanditObservation]:
        """Return what was learned about the choice of models, for one role or all, oldest first."""
        ...

    async def note_reward(self, observation: BanditObservation) -> None:
        """Keep an observation, durable on return."""
        ...

    async def router_decisions(self, run_id: RunId | None = None) -> list[RouterDecision]:
        """Return which models were chosen, in one run or in all, oldest first."""
        ...

    async def note_decision(self, decision: RouterDecision) -> None:
        """Keep a decision, durable on return."""
        ...


class EventFeed(Protocol):
    """Tells listeners of recorded events, in order per run; a slow listener never blocks the publisher."""

    def publish(self, recorded: Recorded) -> None:
        """Hand the event to every present subscriber."""
        ...

    def subscribe(self, run_id: RunId | None = None) -> AsyncIterator[Recorded]:
        """Yield events published from now on; of one run, or of all; raises ``SubscriberLagged``."""
        ...


class Bus(EventFeed, Protocol):
    """The one way between parts and processes: what happened, what is to be done, and who is there.

    It is transport only: all of it may be lost, and is then put right from the log.
    """

    @property
    def work(self) -> WorkQueue:
        """What is to be done."""
        ...

    @property
    def replies(self) -> Replies:
        """What streams back meanwhile."""
        ...

    @property
    def roster(self) -> Roster:
        """Who is there to take work."""
        ...

    @property
    def blobs(self) -> BlobStore:
        """Large parts of messages, kept about as long as replies."""
        ...

    @property
    def away(self) -> str | None:
        """Why the transport cannot be reached at the moment, as a sentence; None while all is well.

        Calls made meanwhile wait until it is back.
        """
        ...

    async def away_changed(self) -> None:
        """Return when ``away`` has changed."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class SubscriberLagged(Exception):
    """A subscriber was too slow and has lost ``missed`` events: read the log, then go on iterating.

    The subscription lives on; what it yields next was published after the lost events, so one read of the log
    after this exception closes the gap, and events it already holds are to be skipped by their version.
    """

    def __init__(self, missed: int) -> None:
        super().__init__(f"{missed} events came faster than they were taken; read the log to catch up")
        self.missed = missed


class ModelClient(Protocol):
    """One provider. Closing the generator closes the connection."""

    @property
    def name(self) -> str:
        """The provider's name as settings know it."""
        ...

    @property
    def native_tools(self) -> bool:
        """Whether tools go through the provider's own tool calling."""
        ...

    def stream(self, request: ModelRequest, model: str) -> AsyncGenerator[StreamPart, None]:
        """Stream the answer, ending with ``Finished``; raises ``ProviderError``."""
        ...

    async def check(self) -> ProviderState:
        """Ask the provider, cheaply, whether the key is good."""
        ...

    async def close(self) -> None:
        """Close kept connections."""
        ...


class ModelGateway(Protocol):
    """Chooses provider and model for a role, retries and falls back; one deadline for all of it."""

    def stream(self, request: ModelRequest) -> AsyncGenerator[StreamPart, None]:
        """As ``ModelClient.stream``; a ``Restarted`` part voids the text before it."""
        ...

    def native_tools(self, request: ModelRequest) -> bool:
        """Whether the model that would take ``request`` calls tools natively."""
        ...


class WorkspaceView(Protocol):
    """The workspace as the user sees it: unsaved buffers and pending edits over the disk, .gitignore honoured.

    The methods may touch the disk: call them off the loop (``asyncio.to_thread``) where that matters.
    """

    @property
    def root(self) -> str:
        """Absolute path of the folder."""
        ...

    def files(self) -> list[str]:
        """Return the relative POSIX paths of readable text files, sorted, bounded."""
        ...

    def read(self, path: str) -> str:
        """Return a file's text; raises ``WorkspaceError`` (outside, absent, not text, too big)."""
        ...

    def exists(self, path: str) -> bool:
        """Whether the path holds a file now."""
        ...

    def diagnostics(self, path: str | None = None) -> list[str]:
        """Return the editor's known problems as ``path:line: message``."""
        ...

    def overlay(self) -> dict[str, str]:
        """Return path → text for all that differs from the disk (buffers, pending edits)."""
        ...

    def hidden(self) -> frozenset[str]:
        """Return the paths of files that are on the disk and are no part of what is seen here."""
        ...


class EditSink(Protocol):
    """Where finished edits go: an editor, or the disk when headless."""

    async def push(self, edit_id: EditId, edit: FileEdit, label: str, base: str | None = None) -> EditOutcome:
        """Apply one edit and confirm it; failures are outcomes, not exceptions.

        ``base`` is the file's text as the author of the edit knew it, None where that is not known: what others
        changed since stays, and parts of the edit that overlap it are held. An editor that says "applied" but
        shows nothing yet gives ``claimed``; ``settle`` tells the rest.
        """
        ...

    async def push_all(self, group: Sequence[GroupedEdit], label: str) -> list[EditOutcome]:
        """Apply edits that belong together, in order: all of them, or none.

        When one fails, or a part of it is held, the files of the earlier ones get back what they held before,
        but for those that someone else changed since: these keep what that one did, and their outcomes say so.
        Returns an outcome for each edit; after a failure all have failed but those that could not be put back.
        """
        ...

    async def settle(self, edit_ids: Collection[EditId]) -> list[EditOutcome]:
        """Wait, boundedly, until none of these edits is merely claimed; returns what became of the claims."""
        ...


class TestRunner(Protocol):
    """Runs the project's tests in a shadow copy, never in the workspace itself."""

    async def run(self, view: WorkspaceView, only: Sequence[str] = ()) -> TestReport:
        """Run all tests, or those of the named files; cancellation kills the whole process group.

        Never raises for what the tests do: no tests, a missing program and a time-out are all reports.
        """
        ...

    async def confinement(self) -> str:
        """Return the word for how well runs are confined here, empty where that cannot be told."""
        ...


class TemplateLibrary(Protocol):
    """What the offline provider builds from; the same order always gives the same answer."""

    def plan(self, order: RunOrder) -> Plan:
        """Return a plan shaped by the request; raises ``CannotBuild``."""
        ...

    def files(self, order: RunOrder, task_id: TaskId) -> list[tuple[str, str]]:
        """Return the relative path and text of one task's files; raises ``CannotBuild``."""
        ...

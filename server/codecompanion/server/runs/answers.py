"""What is answered about runs, the same over the wire and as JSON on the command line."""

from collections.abc import Iterable

from codecompanion.contracts.base import Contract
from codecompanion.contracts.events import Recorded
from codecompanion.contracts.ids import RunId, TaskId
from codecompanion.contracts.messages import ArtifactRef
from codecompanion.contracts.plan import Plan
from codecompanion.contracts.status import RunStatus
from codecompanion.orchestra.replay.comparison import compare
from codecompanion.orchestra.replay.conversations import Conversation
from codecompanion.orchestra.replay.replay import Replayed
from codecompanion.orchestra.replay.story import sentence, task_of
from codecompanion.server.runs.entries import RunEntry

SHORT = 600
"""Characters of a turn in a conversation unless the whole was asked for."""


class RunList(Contract):
    """The runs of a folder's log, oldest first."""

    workspace: str
    runs: tuple[RunEntry, ...]


class ToldEvent(Contract):
    """One event in a sentence; ``task_id`` is empty where it belongs to no task."""

    version: int
    at: float
    event: str
    actor: str
    task_id: TaskId
    text: str


class RunStory(Contract):
    """What happened in a run, in order."""

    run_id: RunId
    events: tuple[ToldEvent, ...]


class SaidTurn(Contract):
    """One thing said: ``speaker`` is "agent", "model" or "tool"; ``cut`` when there is more of the text."""

    version: int
    at: float
    speaker: str
    name: str
    text: str
    cut: bool = False


class ToldConversation(Contract):
    """What was said for one task."""

    task_id: TaskId
    role: str
    turns: tuple[SaidTurn, ...]


class ToldDocument(Contract):
    """A document at a moment; ``text`` is None unless asked for, and where there was no such file.

    ``sha256`` is empty where there was no file. ``problems`` say what of it is not sure.
    """

    path: str
    exists: bool
    sha256: str
    text: str | None = None
    shown_in_editor: bool
    by_agents: bool
    typed: int
    problems: tuple[str, ...]


class RunMoment(Contract):
    """A run as it was right after event ``version`` of ``last_version``."""

    run_id: RunId
    version: int
    last_version: int
    at: float
    status: RunStatus
    plan: Plan | None
    conversations: tuple[ToldConversation, ...]
    artifacts: tuple[ArtifactRef, ...]
    documents: tuple[ToldDocument, ...]


class ToldMeasure(Contract):
    """One measure of two runs, in words."""

    measure: str
    one: str
    other: str


class ToldFileDifference(Contract):
    """A file that two runs left differently, as a unified diff."""

    path: str
    diff: str


class RunComparison(Contract):
    """How two runs differ; ``measures`` has all of them, also the equal ones."""

    one: RunId
    other: RunId
    measures: tuple[ToldMeasure, ...]
    files: tuple[ToldFileDifference, ...]
    same_files: tuple[str, ...]


class RunCheck(Contract):
    """Whether a run's chain of hashes holds; ``problems`` are empty when nothing was altered or lost."""

    run_id: RunId
    events: int
    problems: tuple[str, ...]


class LogChecks(Contract):
    """The check of every stream of a log; ``removed`` are the runs that the clean-up took away.

    ``problems`` are about the log as a whole, such as events that are gone without a trace.
    """

    workspace: str
    runs: tuple[RunCheck, ...]
    removed: tuple[RunId, ...]
    problems: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing was altered or lost."""
        return not self.problems and not any(check.problems for check in self.runs)


class RunExported(Contract):
    """The file that was written."""

    run_id: str
    file: str
    events: int


class RunTakenIn(Contract):
    """A run that came from a file, where it was ``origin``; ``ended`` says whether it had ended there."""

    run_id: str
    origin: str
    events: int
    ended: bool


class RunNamed(Contract):
    """A run and its name."""

    run_id: str
    title: str


class RunKept(Contract):
    """A run, and whether it is in the archive."""

    run_id: str
    archived: bool


class RunGone(Contract):
    """A run that the clean-up takes away, and why."""

    run_id: str
    title: str
    events: int
    reason: str


class RunsCleaned(Contract):
    """What the clean-up takes away, oldest first; ``removed`` is false when it was only asked what it would."""

    removed: bool
    runs: tuple[RunGone, ...]


def told(run_id: RunId, history: Iterable[Recorded]) -> RunStory:
    """Return events as sentences."""
    return RunStory(run_id=run_id, events=tuple(_told(one) for one in history))


def _told(one: Recorded) -> ToldEvent:
    return ToldEvent(
        version=one.version,
        at=one.at,
        event=one.body.event,
        actor=one.context.actor,
        task_id=task_of(one.body),
        text=sentence(one.body),
    )


def moment(seen: Replayed, *, full: bool = False, texts: bool = False) -> RunMoment:
    """Return a replayed run; ``full`` has conversations word by word, ``texts`` the documents' texts."""
    return RunMoment(
        run_id=seen.status.run_id,
        version=seen.moment.version,
        last_version=seen.last_version,
        at=seen.moment.at,
        status=seen.status,
        plan=seen.state.plan,
        conversations=tuple(_conversation(one, full=full) for one in seen.conversations),
        artifacts=seen.artifacts,
        documents=tuple(
            ToldDocument(
                path=one.path,
                exists=one.text is not None,
                sha256=one.sha256,
                text=one.text if texts else None,
                shown_in_editor=one.shown_in_editor,
                by_agents=one.by_agents,
                typed=one.typed,
                problems=one.problems,
            )
            for one in seen.documents.values()
        ),
    )


def _conversation(one: Conversation, *, full: bool) -> ToldConversation:
    turns = tuple(
        SaidTurn(
            version=turn.version,
            at=turn.at,
            speaker=turn.speaker,
            name=turn.name,
            text=turn.text if full else turn.text[:SHORT],
            cut=not full and len(turn.text) > SHORT,
        )
        for turn in one.turns
    )
    return ToldConversation(task_id=one.task_id, role=str(one.role), turns=turns)


def compared(one: Replayed, other: Replayed) -> RunComparison:
    """Return how two runs differ."""
    found = compare(one, other)
    return RunComparison(
        one=one.status.run_id,
        other=other.status.run_id,
        measures=tuple(ToldMeasure(measure=m.measure, one=m.one, other=m.other) for m in found.measures),
        files=tuple(ToldFileDifference(path=f.path, diff=f.diff) for f in found.files),
        same_files=found.same_files,
    )

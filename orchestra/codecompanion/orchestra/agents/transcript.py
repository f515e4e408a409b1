"""What the log holds of unfinished conversations: a resumed run reads it instead of asking again."""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import TypeVar

from codecompanion.contracts import events as e
from codecompanion.contracts.edits import FileEdit
from codecompanion.contracts.ids import EditId, TaskId
from codecompanion.orchestra.agents.arrivals import texts_before

_Kind = TypeVar("_Kind", e.AgentAsked, e.ModelAnswered, e.ToolUsed)
Spoken = e.AgentAsked | e.ModelAnswered | e.ToolUsed


class Transcript:
    """One task's recorded words in order, to be taken one by one; and what became of its edits.

    Each of ``asked``, ``answered`` and ``used`` returns None where the record ends: from there on the
    conversation is live. ``before`` has the texts of ``texts_before``,
    ``shown`` what the files read that its agent had seen, by their paths.
    """

    def __init__(
        self,
        spoken: Iterable[Spoken] = (),
        edits: Iterable[e.EditProposed] = (),
        before: Mapping[EditId, str | None] | None = None,
        shown: Mapping[str, str] | None = None,
    ) -> None:
        self._spoken = deque(spoken)
        self.edits: dict[EditId, e.EditProposed] = {one.edit_id: one for one in edits}
        self.before = before or {}
        self.shown = shown or {}

    @property
    def answers_next(self) -> bool:
        """Whether what comes next is a model's recorded answer."""
        return bool(self._spoken) and isinstance(self._spoken[0], e.ModelAnswered)

    def asked(self) -> e.AgentAsked | None:
        """Return what was said next."""
        return self._take(e.AgentAsked)

    def answered(self) -> e.ModelAnswered | None:
        """Return what the model answered next; it is paid already."""
        return self._take(e.ModelAnswered)

    def used(self) -> e.ToolUsed | None:
        """Return what a tool showed next."""
        return self._take(e.ToolUsed)

    def proposed(self, edit: FileEdit) -> e.EditProposed | None:
        """Return the proposal of just this edit, once."""
        for name, one in self.edits.items():
            if one.edit == edit:
                return self.edits.pop(name)
        return None

    def _take(self, kind: type[_Kind]) -> _Kind | None:
        if not self._spoken or not isinstance(self._spoken[0], kind):
            return None
        taken = self._spoken.popleft()
        assert isinstance(taken, kind)
        return taken


class Transcripts:
    """What was said in every task that has begun and not ended, kept as the log goes on."""

    def __init__(self, history: Iterable[e.Event] = ()) -> None:
        self._spoken: dict[TaskId, list[Spoken]] = {}
        self._edits: dict[TaskId, list[e.EditProposed]] = {}
        self._shown: dict[TaskId, dict[str, str]] = {}
        told = tuple(history)
        self._before = texts_before(told)
        for event in told:
            self.heard(event)

    def heard(self, event: e.Event) -> None:
        """Keep what belongs to a conversation; let go of what is over."""
        if isinstance(event, e.AgentAsked | e.ModelAnswered | e.ToolUsed):
            self._spoken.setdefault(event.task_id, []).append(event)
        elif isinstance(event, e.EditProposed):
            self._edits.setdefault(event.task_id, []).append(event)
        elif isinstance(event, e.FileShown):
            self._shown.setdefault(event.task_id, {}).setdefault(event.path, event.text)
        elif isinstance(event, e.TaskFinished | e.TaskFailed):
            self._spoken.pop(event.task_id, None)
            self._edits.pop(event.task_id, None)
            self._shown.pop(event.task_id, None)

    def of(self, task_id: TaskId) -> Transcript:
        """Return a task's words from the first on, to be taken anew."""
        spoken, edits = self._spoken.get(task_id, ()), self._edits.get(task_id, ())
        return Transcript(spoken, edits, self._before, self._shown.get(task_id))

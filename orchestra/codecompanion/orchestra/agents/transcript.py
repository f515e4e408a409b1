"""What the log holds of unfinished conversations: a resumed run reads it instead of asking again."""

from collections import deque
from collections.abc import Iterable
from typing import TypeVar

from codecompanion.contracts import events as e
from codecompanion.contracts.edits import FileEdit
from codecompanion.contracts.ids import EditId, TaskId

_Kind = TypeVar("_Kind", e.AgentAsked, e.ModelAnswered, e.ToolUsed)
Spoken = e.AgentAsked | e.ModelAnswered | e.ToolUsed


class Transcript:
    """One task's recorded words in order, to be taken one by one; and what became of its edits.

    ``take`` returns the next recorded fact of the wanted kind, or None where the record ends: from there on
    the conversation is live.
    """

    def __init__(self, spoken: Iterable[Spoken] = (), edits: Iterable[e.EditProposed] = ()) -> None:
        self._spoken = deque(spoken)
        self.edits: dict[EditId, e.EditProposed] = {one.edit_id: one for one in edits}

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


def transcripts(history: Iterable[e.Event]) -> dict[TaskId, Transcript]:
    """Return the transcript of every task that has begun and not ended."""
    spoken: dict[TaskId, list[Spoken]] = {}
    edits: dict[TaskId, list[e.EditProposed]] = {}
    for event in history:
        if isinstance(event, e.AgentAsked | e.ModelAnswered | e.ToolUsed):
            spoken.setdefault(event.task_id, []).append(event)
        elif isinstance(event, e.EditProposed):
            edits.setdefault(event.task_id, []).append(event)
        elif isinstance(event, e.TaskFinished | e.TaskFailed):
            spoken.pop(event.task_id, None)
            edits.pop(event.task_id, None)
    names = [*spoken, *(name for name in edits if name not in spoken)]
    return {name: Transcript(spoken.get(name, ()), edits.get(name, ())) for name in names}

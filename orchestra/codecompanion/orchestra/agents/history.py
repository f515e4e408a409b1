"""An agent's memory of its own work in a run: recent turns whole, older ones as a summary.

It comes of the log alone, so that an agent of a run that was interrupted remembers what it did before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from codecompanion.contracts import events as e
from codecompanion.contracts.ids import TaskId
from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import ChatMessage


@dataclass(frozen=True, slots=True)
class Turn:
    """One finished task: what was asked, and the one-line summary of what came of it."""

    title: str
    asked: str
    summary: str


class Turns:
    """The finished tasks of a run by the role that did them, kept as the log goes on.

    Of a task that did not begin by a question to a model there is nothing to remember.
    """

    def __init__(self, history: Iterable[e.Event] = ()) -> None:
        self._titles: dict[TaskId, str] = {}
        self._asked: dict[TaskId, e.AgentAsked] = {}
        self._turns: dict[Role, list[Turn]] = {}
        for event in history:
            self.heard(event)

    def heard(self, event: e.Event) -> None:
        """Take in what has just happened."""
        if isinstance(event, e.PlanMade | e.PlanEdited):
            self._titles.update((task.id, task.title) for task in event.plan.tasks)
        elif isinstance(event, e.TaskAdded):
            self._titles[event.task.id] = event.task.title
        elif isinstance(event, e.AgentAsked):
            # what follows the first question are only repairs of the answer
            self._asked.setdefault(event.task_id, event)
        elif isinstance(event, e.TaskFinished) and (asked := self._asked.pop(event.task_id, None)):
            turn = Turn(self._titles.get(event.task_id, event.task_id), asked.text, event.summary)
            self._turns.setdefault(asked.role, []).append(turn)

    def of(self, role: Role) -> Sequence[Turn]:
        """Return what an agent has finished so far, oldest first."""
        return self._turns.get(role, ())


def remembered(turns: Sequence[Turn], max_chars: int) -> tuple[ChatMessage, ...]:
    """Return earlier turns as a model can read them, oldest first.

    At most ``max_chars`` of them are whole; what does not fit is kept as one line a task, within as many again.
    """
    recent: list[Turn] = []
    room = max_chars
    for turn in reversed(turns):
        room -= len(turn.asked) + len(turn.summary)
        if room < 0:
            break
        recent.insert(0, turn)
    older = turns[: len(turns) - len(recent)]
    messages = list(_summary(older, max_chars)) if older else []
    for turn in recent:
        messages.append(ChatMessage(role="user", text=turn.asked))
        messages.append(ChatMessage(role="assistant", text=turn.summary))
    return tuple(messages)


def _summary(turns: Sequence[Turn], max_chars: int) -> tuple[ChatMessage, ChatMessage]:
    lines: list[str] = []
    room = max_chars
    for turn in reversed(turns):
        line = f"- {turn.title}: {turn.summary}"
        room -= len(line)
        if room < 0:
            left = len(turns) - len(lines)
            lines.insert(0, f"- … and {left} {'task' if left == 1 else 'tasks'} before these")
            break
        lines.insert(0, line)
    text = "Your earlier work in this run, in short:\n" + "\n".join(lines)
    return (
        ChatMessage(role="user", text=text),
        ChatMessage(role="assistant", text="Understood; I build on that."),
    )

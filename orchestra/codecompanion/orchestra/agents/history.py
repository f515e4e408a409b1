"""An agent's memory of its own work in a run: recent turns whole, older ones as a summary."""

from dataclasses import dataclass

from codecompanion.contracts.model_calls import ChatMessage


@dataclass(frozen=True, slots=True)
class Turn:
    """One finished task: what was asked, what was answered, and the one-line summary of it."""

    title: str
    asked: str
    answered: str
    summary: str


class History:
    """At most ``max_chars`` of earlier turns; what does not fit is kept as one line a task."""

    def __init__(self, max_chars: int) -> None:
        self._max_chars = max_chars
        self._turns: list[Turn] = []

    def add(self, turn: Turn) -> None:
        """Remember a finished task."""
        self._turns.append(turn)

    def messages(self) -> tuple[ChatMessage, ...]:
        """Return the earlier conversation as a model can read it, oldest first."""
        recent: list[Turn] = []
        room = self._max_chars
        for turn in reversed(self._turns):
            room -= len(turn.asked) + len(turn.answered)
            if room < 0:
                break
            recent.insert(0, turn)
        older = self._turns[: len(self._turns) - len(recent)]
        messages = list(_summary(older, self._max_chars)) if older else []
        for turn in recent:
            messages.append(ChatMessage(role="user", text=turn.asked))
            messages.append(ChatMessage(role="assistant", text=turn.answered or turn.summary))
        return tuple(messages)


def _summary(turns: list[Turn], max_chars: int) -> tuple[ChatMessage, ChatMessage]:
    lines: list[str] = []
    room = max_chars
    for turn in reversed(turns):
        line = f"- {turn.title}: {turn.summary}"
        room -= len(line)
        if room < 0:
            lines.insert(0, f"- … and {len(turns) - len(lines)} tasks before these")
            break
        lines.insert(0, line)
    text = "Your earlier work in this run, in short:\n" + "\n".join(lines)
    return (
        ChatMessage(role="user", text=text),
        ChatMessage(role="assistant", text="Understood; I build on that."),
    )

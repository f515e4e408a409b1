"""Who said what to whom: every agent's exchange with its model, task by task, as far as it had come."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from codecompanion.contracts import events as e
from codecompanion.contracts.ids import TaskId
from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import ToolCall


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing said: ``agent`` to its model, ``model`` in answer, or what a ``tool`` showed."""

    version: int
    at: float
    speaker: Literal["agent", "model", "tool"]
    name: str
    text: str
    tool_calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversation:
    """All that was said for one task, in order."""

    task_id: TaskId
    role: Role
    turns: tuple[Turn, ...]


def conversations(history: Iterable[e.Recorded]) -> tuple[Conversation, ...]:
    """Return the conversations in the order in which they began."""
    turns: dict[tuple[TaskId, Role], list[Turn]] = {}
    for one in history:
        if isinstance(one.body, e.AgentAsked | e.ModelAnswered | e.ToolUsed):
            turns.setdefault((one.body.task_id, one.body.role), []).append(_turn(one, one.body))
    return tuple(Conversation(task_id, role, tuple(said)) for (task_id, role), said in turns.items())


def _turn(one: e.Recorded, body: e.AgentAsked | e.ModelAnswered | e.ToolUsed) -> Turn:
    if isinstance(body, e.AgentAsked):
        return Turn(one.version, one.at, "agent", str(body.role), body.text)
    if isinstance(body, e.ToolUsed):
        return Turn(one.version, one.at, "tool", f"{body.name} {body.arguments}", body.result)
    model = f"{body.provider}/{body.model}"
    return Turn(one.version, one.at, "model", model, body.text, body.tool_calls)

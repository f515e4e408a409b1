"""A model call, provider by provider the same: what goes in, what streams out, what it cost."""

from typing import Annotated, Any, Literal

from pydantic import Field

from codecompanion.contracts.base import Contract
from codecompanion.contracts.ids import RunId, TaskId
from codecompanion.contracts.messages import Role
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.plan import PlanTask


class ToolSpec(Contract):
    """A tool offered to a model; ``parameters`` is a JSON Schema object."""

    name: str
    description: str
    parameters: dict[str, Any]


class ToolCall(Contract):
    """A model's wish to use a tool; ``arguments`` is the decoded JSON object."""

    type: Literal["tool_call"] = "tool_call"
    id: str
    name: str
    arguments: dict[str, Any]
    signature: str = ""


class ChatMessage(Contract):
    """One turn. ``tool`` turns answer the call named by ``tool_call_id``."""

    role: Literal["user", "assistant", "tool"]
    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    tool_name: str = ""


class Brief(Contract):
    """What a task is, typed: the prompt text is written from it, the offline provider reads it.

    ``existing`` are those of the task's files that stood in the workspace before the run.
    """

    order: RunOrder
    purpose: Literal["plan", "work", "mend"]
    task: PlanTask | None = None
    workspace_is_empty: bool = True
    existing: tuple[str, ...] = ()


class ModelRequest(Contract):
    """One call. ``answer_schema`` asks for JSON of that schema; ``deadline`` is seconds for the whole call.

    ``call_id`` says for whom it is asked (run and task), so that an answer nobody could take may be kept for
    them; it is no part of what is asked, nor of the request as a text. No more is ``prefer``: the
    ``provider/model`` that should take the call if it may; nor ``remembered``: how many of the first messages
    are the agent's memory of other tasks; nor ``progress``: the share of the run's tasks that have ended, None
    before there is a plan; nor ``tested``: whether tests will judge the work, and what they find can be mended.
    """

    role: Role
    system: str
    messages: tuple[ChatMessage, ...]
    tools: tuple[ToolSpec, ...] = ()
    answer_schema: dict[str, Any] | None = None
    brief: Brief | None = None
    max_tokens: int = 8192
    deadline: float = 300.0
    call_id: str = Field(default="", exclude=True)
    remembered: int = Field(default=0, exclude=True)
    prefer: str = Field(default="", exclude=True)
    progress: float | None = Field(default=None, exclude=True)
    tested: bool = Field(default=False, exclude=True)


def call_name(run_id: RunId, task_id: TaskId) -> str:
    """Return the ``call_id`` of what is asked for a task of a run; a task asks one thing at a time."""
    return f"{run_id}/{task_id}"


class TextDelta(Contract):
    """A piece of the answer's text."""

    type: Literal["text"] = "text"
    text: str


class Restarted(Contract):
    """The call failed midway and begins again: forget the text so far."""

    type: Literal["restarted"] = "restarted"
    reason: str


class Usage(Contract):
    """Tokens of one call; ``cost`` in US dollars, None when the model's price is not known."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost: float | None = None


class Counted(Contract):
    """The provider has counted the input while it still answers: for the gateway alone, which pays for it."""

    type: Literal["counted"] = "counted"
    input_tokens: int = Field(gt=0)
    cached_tokens: int = Field(default=0, ge=0)
    written_tokens: int = Field(default=0, ge=0)


class Finished(Contract):
    """The terminal part: without it the stream was cut and the text is no answer."""

    type: Literal["finished"] = "finished"
    provider: str
    model: str
    usage: Usage
    truncated: bool = False


StreamPart = Annotated[TextDelta | ToolCall | Restarted | Counted | Finished, Field(discriminator="type")]


class ProviderState(Contract):
    """One line of `orchestra keys`: never holds a key."""

    provider: str
    configured: bool
    checked: Literal["not checked", "accepted", "refused", "unreachable"] = "not checked"
    note: str = ""

"""One task's exchange with a model: asks, uses tools for it, journals every call and every look."""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Protocol

from codecompanion.contracts import events as e
from codecompanion.contracts.errors import BadAnswer, OrchestraError, ProviderError
from codecompanion.contracts.ids import TaskId
from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import (
    Brief,
    ChatMessage,
    Finished,
    ModelRequest,
    Restarted,
    StreamPart,
    TextDelta,
    ToolCall,
    ToolSpec,
)
from codecompanion.orchestra.agents.desk import Desk, sha256_of
from codecompanion.orchestra.agents.prompt_files import prompt_text
from codecompanion.orchestra.tools.by_schema import parse_step, step_schema
from codecompanion.orchestra.tools.toolbox import Toolbox


class Listener(Protocol):
    """Hears an answer while it streams."""

    def feed(self, text: str) -> None:
        """Take the next piece of the answer."""

    def line_ended(self) -> None:
        """Take the last line as complete: no more of this answer will come."""

    def restart(self) -> None:
        """Forget the answer so far: it begins again."""


@dataclass(slots=True)
class _Answer:
    text: list[str] = field(default_factory=list)
    tool_calls: list[ToolCall] = field(default_factory=list)
    finished: Finished | None = None

    def clear(self) -> None:
        self.text.clear()
        self.tool_calls.clear()


class Conversation:
    """Keeps the messages of one task; ``ask`` returns the model's final text of a turn."""

    def __init__(
        self,
        desk: Desk,
        *,
        role: Role,
        task_id: TaskId,
        system: str,
        history: tuple[ChatMessage, ...],
        toolbox: Toolbox | None,
        brief: Brief,
        answer_schema: dict[str, Any] | None = None,
    ) -> None:
        self._desk = desk
        self._role = role
        self._task_id = task_id
        self._system = system
        self._messages = list(history)
        self._toolbox = toolbox
        self._brief = brief
        self._schema = answer_schema
        self._rounds_left = desk.limits.rounds
        self._transcript = desk.transcript(task_id)

    async def ask(self, text: str, listener: Listener | None = None) -> str:
        """Say ``text`` and return the answer once the model has stopped using tools.

        Raises ``ProviderError``, and ``BadAnswer`` when the answer was cut by its length limit.
        """
        self._messages.append(ChatMessage(role="user", text=await self._said(text)))
        while True:
            await self._desk.gate()
            request = self._request()
            by_schema = bool(request.tools) and not self._desk.gateway.native_tools(request)
            if by_schema:
                request = self._as_steps(request)
            answer = await self._call(request, None if by_schema else listener)
            said = "".join(answer.text)
            if by_schema:
                answer, said = _read_step(answer, said)
                if listener and not answer.tool_calls:
                    listener.feed(said)
            self._messages.append(ChatMessage(role="assistant", text=said, tool_calls=tuple(answer.tool_calls)))
            if not answer.tool_calls:
                if answer.finished and answer.finished.truncated:
                    raise BadAnswer(
                        f"the answer was cut off at {self._desk.limits.max_tokens} tokens; "
                        "answer in smaller pieces"
                    )
                return said
            for call in answer.tool_calls:
                self._messages.append(await self._use(call))

    async def _said(self, text: str) -> str:
        """Record what is said next; in a resumed run it is what was said before, word for word."""
        if recorded := self._transcript.asked():
            return recorded.text
        await self._desk.note(e.AgentAsked(task_id=self._task_id, role=self._role, text=text))
        return text

    def _request(self) -> ModelRequest:
        self._rounds_left -= 1
        tools: tuple[ToolSpec, ...] = ()
        if self._toolbox and self._rounds_left > 0:
            tools = self._toolbox.specs()
        elif self._rounds_left < -self._desk.limits.edit_repairs:
            raise OrchestraError(
                f"{self._role} used its {self._desk.limits.rounds} model calls for this task "
                "without finishing it"
            )
        return ModelRequest(
            role=self._role,
            system=self._system,
            messages=tuple(self._messages),
            tools=tools,
            answer_schema=self._schema,
            brief=self._brief,
            max_tokens=self._desk.limits.max_tokens,
            deadline=self._desk.limits.deadline,
        )

    def _as_steps(self, request: ModelRequest) -> ModelRequest:
        """The same request for a model without tool calling: every answer is one step, by schema."""
        return request.model_copy(
            update={
                "system": f"{request.system}\n\n{steps_text(request.tools)}",
                "tools": (),
                "answer_schema": step_schema(request.tools, request.answer_schema),
                "messages": _as_plain(request.messages),
            }
        )

    async def _call(self, request: ModelRequest, listener: Listener | None) -> _Answer:
        if recorded := self._transcript.answered():
            return _paid_already(recorded, listener)
        sha = request_key(request)
        await self._desk.note(e.ModelCallStarted(task_id=self._task_id, role=self._role, request_sha256=sha))
        answer = _Answer()
        try:
            async with aclosing(self._desk.gateway.stream(request)) as parts:
                await _collect(parts, answer, listener)
        except ProviderError as error:
            await self._desk.note(
                e.ModelCallFailed(
                    task_id=self._task_id,
                    role=self._role,
                    provider=error.provider,
                    fault=error.fault.value,
                    reason=str(error),
                )
            )
            raise
        if answer.finished is None:
            raise BadAnswer("the model's answer has no end")
        await self._desk.note(
            e.ModelAnswered(
                task_id=self._task_id,
                role=self._role,
                request_sha256=sha,
                provider=answer.finished.provider,
                model=answer.finished.model,
                text="".join(answer.text),
                tool_calls=tuple(answer.tool_calls),
                usage=answer.finished.usage,
                truncated=answer.finished.truncated,
            )
        )
        return answer

    async def _use(self, call: ToolCall) -> ChatMessage:
        if recorded := self._transcript.used():
            return ChatMessage(role="tool", text=recorded.result, tool_call_id=call.id, tool_name=call.name)
        await self._desk.gate()
        if self._toolbox is None:
            text, ok, repeated = "There are no tools for this task; answer now.", False, False
        else:
            result = await self._toolbox.use(call)
            text, ok, repeated = result.text, result.ok, result.repeated
        await self._desk.note(
            e.ToolUsed(
                task_id=self._task_id,
                role=self._role,
                name=call.name,
                arguments=json.dumps(call.arguments, ensure_ascii=False)[:2000],
                result=text,
                ok=ok,
                repeated=repeated,
            )
        )
        return ChatMessage(role="tool", text=text, tool_call_id=call.id, tool_name=call.name)


async def _collect(parts: AsyncGenerator[StreamPart, None], answer: _Answer, listener: Listener | None) -> None:
    async for part in parts:
        if isinstance(part, TextDelta):
            answer.text.append(part.text)
            if listener:
                listener.feed(part.text)
        elif isinstance(part, ToolCall):
            answer.tool_calls.append(part)
        elif isinstance(part, Restarted):
            answer.clear()
            if listener:
                listener.restart()
        else:
            answer.finished = part
            if listener:
                listener.line_ended()


def _paid_already(recorded: e.ModelAnswered, listener: Listener | None) -> _Answer:
    if listener:
        listener.feed(recorded.text)
    finished = Finished(
        provider=recorded.provider,
        model=recorded.model,
        usage=recorded.usage,
        truncated=recorded.truncated,
    )
    return _Answer([recorded.text], list(recorded.tool_calls), finished)


def _read_step(answer: _Answer, said: str) -> tuple[_Answer, str]:
    step = parse_step(said)
    if isinstance(step, ToolCall):
        return _Answer(tool_calls=[step], finished=answer.finished), ""
    return answer, step


def _as_plain(messages: tuple[ChatMessage, ...]) -> tuple[ChatMessage, ...]:
    """Tool turns as plain text, for a model that knows only user and assistant."""
    plain = []
    for message in messages:
        if message.role == "tool":
            plain.append(ChatMessage(role="user", text=f"Result of {message.tool_name}:\n{message.text}"))
        elif message.tool_calls:
            steps = "\n".join(
                json.dumps({"tool": call.name, "arguments": call.arguments}, ensure_ascii=False)
                for call in message.tool_calls
            )
            plain.append(ChatMessage(role="assistant", text=steps))
        else:
            plain.append(message)
    return tuple(plain)


def steps_text(tools: tuple[ToolSpec, ...]) -> str:
    """Return what a model without tool calling is told of steps: a schema alone it may never see."""
    listed = "\n".join(
        f"- `{tool.name}` ({', '.join(tool.parameters.get('properties', {}))}): {tool.description}"
        for tool in tools
    )
    return f"{prompt_text('steps')}\n\n{listed}"


def request_key(request: ModelRequest) -> str:
    """Return the hex SHA-256 that tells equal model requests from different ones."""
    return sha256_of(request.model_dump_json())

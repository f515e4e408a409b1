"""One task's exchange with a model: asks, uses tools for it, journals every call and every look."""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from codecompanion.contracts import events as e
from codecompanion.contracts.errors import BadAnswer, OrchestraError, ProviderError
from codecompanion.contracts.hashes import sha256_of
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
    call_name,
)
from codecompanion.contracts.wording import counted
from codecompanion.orchestra.agents.desk import Desk
from codecompanion.orchestra.agents.listeners import Listener, StepListener
from codecompanion.orchestra.agents.prompt_files import prompt_text
from codecompanion.orchestra.runs.outlook import progress, will_be_tested
from codecompanion.orchestra.tools.by_schema import step_schema
from codecompanion.orchestra.tools.toolbox import Toolbox, ToolResult

_NO_TOOLS = ToolResult("There are no tools for this task; answer now.", ok=False)


class _Turn(NamedTuple):
    """What a model said, and the tools it wants used; without any, what it said is final."""

    said: str
    calls: tuple[ToolCall, ...] = ()


@dataclass(slots=True)
class _Answer:
    text: list[str] = field(default_factory=list)
    tool_calls: list[ToolCall] = field(default_factory=list)
    finished: Finished | None = None

    @property
    def truncated(self) -> bool:
        return self.finished is not None and self.finished.truncated

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
        self._remembered = len(history)
        self._toolbox = toolbox
        self._brief = brief
        self._schema = answer_schema
        self._rounds_left = desk.limits.rounds
        self._transcript = desk.transcript(task_id)

    async def ask(self, text: str, listener: Listener | None = None) -> str:
        """Say ``text`` and return the answer once the model has stopped using tools.

        ``listener`` hears the answer while it streams. Raises ``ProviderError``, and ``BadAnswer`` when the
        answer was cut by its length limit or came as a step that cannot be used.
        """
        self._messages.append(ChatMessage(role="user", text=await self._said(text)))
        while True:
            await self._desk.gate()
            request = self._request()
            if self._in_steps(request):
                said, calls = await self._step(request, listener)
            else:
                said, calls = await self._answer(request, listener)
            if not calls:
                return said
            for call in calls:
                self._messages.append(await self._use(call))

    def _in_steps(self, request: ModelRequest) -> bool:
        """Whether the answer is a step; one of before an interruption may be, whoever is asked now."""
        if self._toolbox is None:
            return False
        return self._transcript.answers_next or not self._desk.gateway.native_tools(request)

    async def _answer(self, request: ModelRequest, listener: Listener | None) -> _Turn:
        answer = await self._call(request, listener)
        turn = _Turn("".join(answer.text), tuple(answer.tool_calls))
        self._remember(turn)
        if answer.truncated and not turn.calls:
            raise self._cut_off()
        return turn

    async def _step(self, request: ModelRequest, listener: Listener | None) -> _Turn:
        """As ``_answer``, with a model without tool calling: it answers in steps, by schema."""
        hearing = StepListener(listener)
        answer = await self._call(self._as_steps(request), hearing)
        try:
            step = hearing.finish()
        except BadAnswer as error:
            self._remember(_Turn("".join(answer.text)))
            raise self._cut_off() if answer.truncated else error from None
        turn = _Turn(step, tuple(answer.tool_calls)) if isinstance(step, str) else _Turn("", (step,))
        self._remember(turn)
        if answer.truncated and not turn.calls:
            raise self._cut_off()
        return turn

    def _remember(self, turn: _Turn) -> None:
        self._messages.append(ChatMessage(role="assistant", text=turn.said, tool_calls=turn.calls))

    def _cut_off(self) -> BadAnswer:
        return BadAnswer(
            f"the answer was cut off at {self._desk.limits.max_tokens} tokens; answer in smaller pieces"
        )

    async def _said(self, text: str) -> str:
        """Record what is said next; in a resumed run it is what was said before, word for word."""
        if recorded := self._transcript.asked():
            return recorded.text
        await self._desk.keep_shown(self._task_id, self._role)
        await self._desk.note(e.AgentAsked(task_id=self._task_id, role=self._role, text=text))
        return text

    def _request(self) -> ModelRequest:
        self._rounds_left -= 1
        tools: tuple[ToolSpec, ...] = ()
        if self._toolbox and self._rounds_left > 0:
            tools = self._toolbox.specs()
        elif self._rounds_left < -self._desk.limits.edit_repairs:
            raise OrchestraError(
                f"{self._role} used its {counted(self._desk.limits.rounds, 'model call')} for this task "
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
            call_id=call_name(self._desk.log.run_id, self._task_id),
            remembered=self._remembered,
            progress=progress(self._desk.log.state),
            tested=will_be_tested(self._desk.log.state),
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
        await self._desk.admit()
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
            if self._toolbox:
                self._toolbox.recall(call, ToolResult(recorded.result, recorded.ok, recorded.repeated))
            return ChatMessage(role="tool", text=recorded.result, tool_call_id=call.id, tool_name=call.name)
        await self._desk.gate()
        result = await self._toolbox.use(call) if self._toolbox else _NO_TOOLS
        await self._desk.keep_shown(self._task_id, self._role)
        await self._desk.note(
            e.ToolUsed(
                task_id=self._task_id,
                role=self._role,
                name=call.name,
                arguments=json.dumps(call.arguments, ensure_ascii=False)[:2000],
                result=result.text,
                ok=result.ok,
                repeated=result.repeated,
            )
        )
        return ChatMessage(role="tool", text=result.text, tool_call_id=call.id, tool_name=call.name)


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
        elif isinstance(part, Finished):
            answer.finished = part
            if listener:
                listener.line_ended()


def _paid_already(recorded: e.ModelAnswered, listener: Listener | None) -> _Answer:
    if listener:
        listener.feed(recorded.text)
        listener.line_ended()
    finished = Finished(
        provider=recorded.provider,
        model=recorded.model,
        usage=recorded.usage,
        truncated=recorded.truncated,
    )
    return _Answer([recorded.text], list(recorded.tool_calls), finished)


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
    return f"{prompt_text('steps')}\n\n{listed or 'None are left; give the final answer.'}"


def request_key(request: ModelRequest) -> str:
    """Return the hex SHA-256 that tells equal model requests from different ones."""
    return sha256_of(request.model_dump_json())

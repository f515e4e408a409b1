"""The scripted provider without a server: a client and a gateway that say what they are told to.

They stand beside the real ones behind the same ports, for tests and benchmarks of everything above them.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing

from codecompanion.contracts.errors import ProviderError, ProviderFault
from codecompanion.contracts.model_calls import (
    Finished,
    ModelRequest,
    ProviderState,
    StreamPart,
    TextDelta,
    Usage,
)
from codecompanion.router.config import ProviderInfo
from codecompanion.router.providers.answering import answering
from codecompanion.router.providers.faults import Failure, Faults, failure_of
from codecompanion.router.scripted_server.faults import Fault
from codecompanion.router.scripted_server.replies import Asked, Reply, Script, ScriptOver, paced
from codecompanion.router.scripted_server.wires.chat import openai_error

Replies = Iterable[Reply] | Callable[[Asked], Reply]


class ScriptedClient:
    """A ``ModelClient`` that gives out replies, with the faults and the pace they ask for.

    ``requests`` are all requests so far, each with the ``ModelRequest`` it came from. A request that no reply
    fits is a bad one. Answers cost nothing; tokens are counted in words.
    """

    def __init__(self, replies: Replies, *, provider: str = "scripted", native_tools: bool = True) -> None:
        self._script = Script(replies)
        self._provider = provider
        self._native_tools = native_tools
        self._faults = Faults(provider, info=ProviderInfo("the script", "no variable", "no variable"))
        self.requests: list[Asked] = []

    @property
    def name(self) -> str:
        """The name given as ``provider``."""
        return self._provider

    @property
    def native_tools(self) -> bool:
        """Whether tool calls are answered with tool calls, as told."""
        return self._native_tools

    def stream(self, request: ModelRequest, model: str) -> AsyncGenerator[StreamPart, None]:
        """Stream the next reply that fits, ending with ``Finished``; raises ``ProviderError``."""
        return answering(
            self._answer(request, model),
            faults=self._faults,
            model=model,
            deadline=request.deadline,
            # what a reply's own function raises is the script writer's to see
            translate=lambda error: error,
        )

    async def check(self) -> ProviderState:
        """Say that all is well."""
        return ProviderState(provider=self._provider, configured=True, checked="accepted")

    async def close(self) -> None:
        """Do nothing: there are no connections."""

    async def _answer(self, request: ModelRequest, model: str) -> AsyncGenerator[StreamPart, None]:
        asked = _asked(request, model)
        self.requests.append(asked)
        reply = self._reply_to(asked)
        await self._begin(reply.fault, model)
        made = 0
        async with aclosing(paced(reply)) as tokens:
            async for token in tokens:
                if reply.fault and reply.fault.kind != "trickle" and made >= reply.fault.after:
                    break
                if reply.fault and reply.fault.kind == "trickle":
                    await asyncio.sleep(reply.fault.seconds_per_byte * len(token))
                made += 1
                yield TextDelta(text=token)
        if await self._breaks_off(reply.fault):
            return
        for call in reply.tool_calls:
            yield call
        yield _finished(self._provider, asked, reply, made)

    async def _begin(self, fault: Fault | None, model: str) -> None:
        match fault:
            case Fault(kind="error"):
                _, body = openai_error(fault.problem, fault.status, "")
                raise self._faults.of(
                    failure_of(fault.status, body, {"retry-after": fault.retry_after}, 0.0), model
                )
            case Fault(kind="web page", status=200):
                raise self._faults.nonsense("a web page instead of a model's answer")
            case Fault(kind="web page"):
                raise self._faults.of(Failure(status=fault.status), model)
            case Fault(kind="redirection"):
                raise self._faults.nonsense("a redirection to another address")
            case Fault(kind="reset"):
                raise self._faults.cut_stream()

    async def _breaks_off(self, fault: Fault | None) -> bool:
        if fault is not None and fault.kind == "hang":
            await asyncio.Event().wait()
        if fault is not None and fault.kind == "garbage":
            raise self._faults.nonsense("an answer that is not the JSON it should be")
        return fault is not None and fault.kind == "cut"

    def _reply_to(self, asked: Asked) -> Reply:
        try:
            return self._script.reply_to(asked)
        except ScriptOver as over:
            fault = ProviderFault.BAD_REQUEST
            raise ProviderError(f"{over}; write one more.", provider=self._provider, fault=fault) from None


class ScriptedGateway:
    """A ``ModelGateway`` over one ``ScriptedClient``: no choice, no retries, no fall-back."""

    def __init__(self, replies: Replies, *, native_tools: bool = True, model: str = "scripted-model") -> None:
        self._client = ScriptedClient(replies, native_tools=native_tools)
        self._model = model

    @property
    def requests(self) -> list[Asked]:
        """All requests so far."""
        return self._client.requests

    def stream(self, request: ModelRequest) -> AsyncGenerator[StreamPart, None]:
        """Stream the next reply that fits."""
        return self._client.stream(request, self._model)

    def native_tools(self, request: ModelRequest) -> bool:
        """Whether tool calls are answered with tool calls, as told."""
        return self._client.native_tools


def _asked(request: ModelRequest, model: str) -> Asked:
    return Asked(
        wire="in process",
        model=model,
        system=request.system,
        texts=tuple(message.text for message in request.messages),
        tools=tuple(tool.name for tool in request.tools),
        schema=request.answer_schema,
        request=request,
    )


def _finished(provider: str, asked: Asked, reply: Reply, made: int) -> Finished:
    given = sum(len(text) for text in (asked.system, *asked.texts)) // 4 + 1
    usage = Usage(input_tokens=given, output_tokens=made, cached_tokens=reply.cached_tokens, cost=0.0)
    return Finished(provider=provider, model=asked.model, usage=usage, truncated=reply.truncated)

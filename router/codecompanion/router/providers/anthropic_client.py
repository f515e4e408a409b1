"""Anthropic's messages through its official SDK."""

import importlib
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from codecompanion.contracts.model_calls import ChatMessage, ModelRequest, ToolCall, ToolSpec
from codecompanion.router.providers.event_stream import Event, EventStreamClient, Reading
from codecompanion.router.providers.sdk import Connection
from codecompanion.router.providers.tool_calls import (
    carried_turn,
    carry_turn,
    decode_arguments,
    spare_id,
    turns,
)

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

_OFFICIAL = "https://api.anthropic.com"
_CACHED = {"cache_control": {"type": "ephemeral"}}
_CUT_SHORT = frozenset({"max_tokens", "model_context_window_exceeded"})
_FIELD_OF = {
    "text_delta": "text",
    "input_json_delta": "partial_json",
    "thinking_delta": "thinking",
    "signature_delta": "signature",
}
_THINKING = frozenset({"thinking", "redacted_thinking"})


class AnthropicClient(EventStreamClient["AsyncAnthropic"]):
    """Messages. A turn's thinking travels with its tool calls, as Anthropic wants it back unchanged."""

    module = "anthropic"
    counts_input = "message_start"

    def __init__(self, connection: Connection, *, provider: str = "anthropic") -> None:
        super().__init__(connection, provider=provider)

    def _open_stream(self, sdk: "AsyncAnthropic", request: ModelRequest, model: str) -> Any:
        return sdk.messages.with_streaming_response.create(**self._parameters(request, model))

    def _reading(self, request: ModelRequest, model: str) -> Reading:
        return _MessageReading(request, self.name, model)

    def _parameters(self, request: ModelRequest, model: str) -> dict[str, Any]:
        parameters: dict[str, Any] = {
            "model": model,
            "max_tokens": request.max_tokens,
            "messages": self._messages(request, model),
            "stream": True,
        }
        if request.system:
            # tools come before the system prompt in the cache, so this one mark covers both
            parameters["system"] = [{"type": "text", "text": request.system, **_CACHED}]
        if request.tools:
            parameters["tools"] = [_tool(tool) for tool in request.tools]
        if request.answer_schema is not None:
            schema = importlib.import_module(self.module).transform_schema(request.answer_schema)
            parameters["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
        return parameters

    def _messages(self, request: ModelRequest, model: str) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = []
        for side, turn in turns(request.messages):
            content = [block for message in turn for block in self._blocks(message, model)]
            if content:
                messages.append({"role": side, "content": content})
        # where another round is likely to follow, let it read all of this one from the cache
        if messages and (request.tools or len(messages) > 1):
            last = messages[-1]["content"]
            last[-1] = {**last[-1], **_CACHED}
        return messages

    def _blocks(self, message: ChatMessage, model: str) -> list[Any]:
        if message.role == "tool":
            return [{"type": "tool_result", "tool_use_id": message.tool_call_id, "content": message.text}]
        if (turn := carried_turn(message, self.name, model)) is not None:
            return turn
        # an empty text block is refused
        said = [{"type": "text", "text": message.text}] if message.text.strip() else []
        return said + [_tool_use(call) for call in message.tool_calls]

    def _build(self) -> "AsyncAnthropic":
        anthropic = importlib.import_module(self.module)
        client: AsyncAnthropic = anthropic.AsyncAnthropic(
            api_key=self._key,
            # the SDK adds the version itself
            base_url=(self._base_url or _OFFICIAL).removesuffix("/v1"),
            max_retries=0,
            http_client=self._http_client(),
        )
        # the SDK imports its parts on first touch: do it here, in the thread
        _ = client.messages, client.models
        return client

    async def _list_models(self, sdk: "AsyncAnthropic") -> None:
        await sdk.models.list(limit=1)


class _MessageReading:
    """Keeps the blocks as they came, to be sent back as they came."""

    def __init__(self, request: ModelRequest, provider: str, model: str) -> None:
        self._request = request
        self._made_by = provider, model
        self._blocks: dict[int, dict[str, Any]] = {}
        self._pieces: defaultdict[tuple[int, str], list[str]] = defaultdict(list)
        self._usage: dict[str, int] = {}
        self.ended = False
        self.truncated = False
        self.declined = False

    def take(self, event: Event) -> str:
        match event.get("type"):
            case "content_block_delta":
                return self._add(event["index"], event["delta"])
            case "content_block_start":
                self._blocks[event["index"]] = dict(event["content_block"])
            case "message_start":
                self._count(event["message"].get("usage"))
            case "message_delta":
                self._count(event.get("usage"))
                self._stop(event["delta"].get("stop_reason"))
            case "message_stop":
                self.ended = True
        return ""

    def _add(self, index: int, delta: Mapping[str, Any]) -> str:
        field = _FIELD_OF.get(delta["type"])
        if field is None:
            return ""
        piece = str(delta[field])
        self._pieces[index, field].append(piece)
        return piece if field == "text" else ""

    def _count(self, usage: Mapping[str, Any] | None) -> None:
        # the counts are cumulative, and an event repeats only some of them
        self._usage |= {name: count for name, count in (usage or {}).items() if isinstance(count, int)}

    def _stop(self, reason: str | None) -> None:
        self.truncated = reason in _CUT_SHORT
        self.declined = reason == "refusal"

    def calls(self) -> list[ToolCall]:
        blocks = [self._whole(index) for index in sorted(self._blocks)]
        wanted = [block for block in blocks if block["type"] == "tool_use"]
        calls = [
            ToolCall(
                id=block.get("id") or spare_id(self._request, place),
                name=block["name"],
                arguments=block["input"],
            )
            for place, block in enumerate(wanted)
        ]
        if any(block["type"] in _THINKING for block in blocks):
            return carry_turn(calls, *self._made_by, blocks)
        return calls

    def _whole(self, index: int) -> dict[str, Any]:
        block = dict(self._blocks[index])
        for (of, field), pieces in self._pieces.items():
            if of == index:
                block[field] = (block.get(field) or "") + "".join(pieces)
        if block["type"] == "tool_use":
            arguments = block.pop("partial_json", "")
            block["input"] = decode_arguments(arguments) if arguments else block.get("input") or {}
        return block

    def usage(self) -> dict[str, int]:
        cached = self._usage.get("cache_read_input_tokens", 0)
        written = self._usage.get("cache_creation_input_tokens", 0)
        return {
            "given": self._usage.get("input_tokens", 0) + cached + written,
            "made": self._usage.get("output_tokens", 0),
            "cached": cached,
            "written": written,
        }


def _tool_use(call: ToolCall) -> dict[str, Any]:
    return {"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments}


def _tool(tool: ToolSpec) -> dict[str, Any]:
    return {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}

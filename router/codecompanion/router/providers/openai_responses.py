"""OpenAI's Responses API: the wire on which its present reasoning models take tools."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from codecompanion.contracts.model_calls import ChatMessage, ModelRequest, ToolCall, ToolSpec
from codecompanion.router.providers.event_stream import Event, Reading
from codecompanion.router.providers.openai_sdk import OpenAISdkClient, named_schema
from codecompanion.router.providers.sdk import Connection
from codecompanion.router.providers.tool_calls import (
    ToolCallDraft,
    carried_turn,
    carry_turn,
    encode_arguments,
    spare_id,
)

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_ENDS = frozenset({"response.completed", "response.incomplete"})


class OpenAIResponsesClient(OpenAISdkClient):
    """Responses, without storing anything at OpenAI: a turn's reasoning travels with its tool calls."""

    def __init__(self, connection: Connection, *, provider: str = "openai") -> None:
        super().__init__(connection, provider=provider)

    def _open_stream(self, sdk: "AsyncOpenAI", request: ModelRequest, model: str) -> Any:
        return sdk.responses.with_streaming_response.create(**self._parameters(request, model))

    def _reading(self, request: ModelRequest, model: str) -> Reading:
        return _ResponseReading(request, self.name, model)

    def _parameters(self, request: ModelRequest, model: str) -> dict[str, Any]:
        parameters: dict[str, Any] = {
            "model": model,
            "instructions": request.system or None,
            "input": [item for message in request.messages for item in self._items(message, model)],
            "max_output_tokens": request.max_tokens,
            "store": False,
            "stream": True,
        }
        if request.tools:
            parameters["tools"] = [_tool(tool) for tool in request.tools]
        if request.answer_schema is not None:
            parameters["text"] = {"format": {"type": "json_schema", **named_schema(request.answer_schema)}}
        return parameters

    def _items(self, message: ChatMessage, model: str) -> list[Any]:
        if message.role == "tool":
            return [{"type": "function_call_output", "call_id": message.tool_call_id, "output": message.text}]
        if (turn := carried_turn(message, self.name, model)) is not None:
            return turn
        said = [{"role": message.role, "content": message.text}] if message.text else []
        return said + [_function_call(call) for call in message.tool_calls]


class _ResponseReading:
    def __init__(self, request: ModelRequest, provider: str, model: str) -> None:
        self._request = request
        self._made_by = provider, model
        self._items: list[Event] = []
        self._usage: Mapping[str, Any] = {}
        self.ended = False
        self.truncated = False
        self.declined = False

    def take(self, event: Event) -> str:
        kind = event.get("type")
        if kind == "response.output_text.delta":
            return event.get("delta") or ""
        if kind == "response.output_item.done":
            self._items.append(event["item"])
        elif kind == "response.refusal.done":
            self.declined = True
        elif kind in _ENDS:
            self._end(event["response"])
        return ""

    def _end(self, response: Mapping[str, Any]) -> None:
        self.ended = True
        self._usage = response.get("usage") or {}
        reason = (response.get("incomplete_details") or {}).get("reason")
        self.truncated = reason == "max_output_tokens"
        self.declined = self.declined or reason == "content_filter"

    def calls(self) -> list[ToolCall]:
        wanted = [item for item in self._items if item.get("type") == "function_call"]
        calls = [
            ToolCallDraft(item.get("call_id") or "", item["name"], item.get("arguments") or "").finished(
                spare_id(self._request, place)
            )
            for place, item in enumerate(wanted)
        ]
        if any(item.get("type") == "reasoning" for item in self._items):
            return carry_turn(calls, *self._made_by, self._items)
        return calls

    def usage(self) -> dict[str, int]:
        details = self._usage.get("input_tokens_details") or {}
        return {
            "given": self._usage.get("input_tokens") or 0,
            "made": self._usage.get("output_tokens") or 0,
            "cached": details.get("cached_tokens") or 0,
            "written": details.get("cache_write_tokens") or 0,
        }


def _function_call(call: ToolCall) -> dict[str, Any]:
    arguments = encode_arguments(call.arguments)
    return {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": arguments}


def _tool(tool: ToolSpec) -> dict[str, Any]:
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
        # strict is this wire's default, and refuses schemas with optional arguments
        "strict": False,
    }

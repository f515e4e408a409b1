"""OpenAI's chat completions: for every server that imitates OpenAI, and for OpenAI itself where asked for."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from codecompanion.contracts.model_calls import ChatMessage, ModelRequest, ToolCall, ToolSpec
from codecompanion.router.providers.event_stream import Event, Reading
from codecompanion.router.providers.openai_sdk import OpenAISdkClient, named_schema
from codecompanion.router.providers.sdk import Connection
from codecompanion.router.providers.tool_calls import ToolCallDraft, encode_arguments, spare_id

if TYPE_CHECKING:
    from openai import AsyncOpenAI


class OpenAIClient(OpenAISdkClient):
    """Chat completions; ``provider="local"`` is a server of the user's own, which needs no key."""

    def __init__(self, connection: Connection, *, provider: str = "openai", native_tools: bool = True) -> None:
        super().__init__(connection, provider=provider)
        self._native_tools = native_tools

    @property
    def native_tools(self) -> bool:
        """Whether tools go through the provider's own tool calling."""
        return self._native_tools

    def _ready(self) -> bool:
        return bool(self._key) or (self.name == "local" and self._base_url is not None)

    def _open_stream(self, sdk: "AsyncOpenAI", request: ModelRequest, model: str) -> Any:
        parameters = self._parameters(request, model)
        return sdk.chat.completions.with_streaming_response.create(**parameters)

    def _reading(self, request: ModelRequest, model: str) -> Reading:
        return _ChatReading(request)

    def _parameters(self, request: ModelRequest, model: str) -> dict[str, Any]:
        system = [{"role": "system", "content": request.system}] if request.system else []
        parameters: dict[str, Any] = {
            "model": model,
            "messages": system + [_message(message) for message in request.messages],
            "stream": True,
            "stream_options": {"include_usage": True},
            # OpenAI's reasoning models refuse the old name, imitators know no other
            ("max_completion_tokens" if self.official else "max_tokens"): request.max_tokens,
        }
        if request.tools:
            parameters["tools"] = [_tool(tool) for tool in request.tools]
        # imitators mostly refuse tools and a schema together; without one the caller parses tolerantly
        if request.answer_schema is not None and (self.official or not request.tools):
            parameters["response_format"] = {
                "type": "json_schema",
                "json_schema": named_schema(request.answer_schema),
            }
        return parameters


class _ChatReading:
    def __init__(self, request: ModelRequest) -> None:
        self._request = request
        self._drafts: dict[int, ToolCallDraft] = {}
        self._usage: Mapping[str, Any] = {}
        self.ended = False
        self.truncated = False
        self.declined = False

    def take(self, event: Event) -> str:
        if event.get("type") == "done":
            self.ended = True
        self._usage = event.get("usage") or self._usage
        return "".join(self._take_choice(choice) for choice in event.get("choices") or ())

    def _take_choice(self, choice: Mapping[str, Any]) -> str:
        delta = choice.get("delta") or {}
        for fragment in delta.get("tool_calls") or ():
            self._add(fragment)
        if reason := choice.get("finish_reason"):
            self.ended = True
            self.truncated = reason == "length"
        if delta.get("refusal") or reason == "content_filter":
            self.declined = True
        return delta.get("content") or ""

    def _add(self, fragment: Mapping[str, Any]) -> None:
        function = fragment.get("function") or {}
        # a server that numbers no fragments sends every call whole
        index = fragment.get("index", len(self._drafts))
        draft = self._drafts.setdefault(index, ToolCallDraft())
        draft.id = draft.id or fragment.get("id") or ""
        draft.name = draft.name or function.get("name") or ""
        draft.add(function.get("arguments") or "")

    def calls(self) -> list[ToolCall]:
        drafts = [self._drafts[index] for index in sorted(self._drafts)]
        return [draft.finished(spare_id(self._request, place)) for place, draft in enumerate(drafts)]

    def usage(self) -> dict[str, int]:
        details = self._usage.get("prompt_tokens_details") or {}
        return {
            "given": self._usage.get("prompt_tokens") or 0,
            "made": self._usage.get("completion_tokens") or 0,
            "cached": details.get("cached_tokens") or 0,
            "written": details.get("cache_write_tokens") or 0,
        }


def _message(message: ChatMessage) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.tool_call_id, "content": message.text}
    wire: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.tool_calls:
        wire["tool_calls"] = [_tool_call(call) for call in message.tool_calls]
    return wire


def _tool_call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": encode_arguments(call.arguments)}
    return {"id": call.id, "type": "function", "function": function}


def _tool(tool: ToolSpec) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}

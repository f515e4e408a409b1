"""Google's Gemini through its official SDK."""

import base64
import importlib
import re
import time
from collections.abc import AsyncGenerator, Mapping
from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from codecompanion.contracts.model_calls import ChatMessage, ModelRequest, StreamPart, TextDelta, ToolCall
from codecompanion.router.providers.faults import Failure, failure_of
from codecompanion.router.providers.schemas import strict_schema
from codecompanion.router.providers.sdk import Connection, SdkClient, certificates, counted_of
from codecompanion.router.providers.tool_calls import sign, signed_by, spare_id, turns

if TYPE_CHECKING:
    from google.genai import Client
    from google.genai.types import Content, GenerateContentConfig, GenerateContentResponse, Part
    from httpx2 import Request, Response

_VERSION = "v1beta"
_OFFICIAL = "https://generativelanguage.googleapis.com"
_DECLINES = frozenset(
    {"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE", "MODEL_ARMOR"}
)
_BROKEN = frozenset({"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "MALFORMED_RESPONSE", "OTHER"})
_CUT_SHORT = frozenset({"MAX_TOKENS", "CONTINUATION"})
# Gemini 3 and later refuse a function call that is not signed; this word stands in for calls they did not make
_NOT_MINE = b"skip_thought_signature_validator"
_RETRY_DELAY = re.compile(r"(\d+(?:\.\d+)?)s")
_UNSIGNED_MODELS = re.compile(r"gemini-[12]\b")

_opened: ContextVar["list[Response] | None"] = ContextVar("opened", default=None)


async def _remember(response: "Response") -> None:
    # the SDK gives a stream's response to nobody, yet only closing that closes the connection at once
    opened = _opened.get()
    if opened is not None:
        opened.append(response)


class GeminiClient(SdkClient["Client"]):
    """``generateContent`` as a stream. The signature of a thought travels with its tool call."""

    def __init__(self, connection: Connection, *, provider: str = "gemini") -> None:
        super().__init__(connection, provider=provider)

    async def _answer(self, request: ModelRequest, model: str) -> AsyncGenerator[StreamPart, None]:
        sdk = await self.sdk()
        reading = _Reading(request, self.name, model)
        opened: list[Response] = []
        _opened.set(opened)
        contents: Any = self._contents(request, model)
        stream: Any = await sdk.aio.models.generate_content_stream(
            model=model, contents=contents, config=self._config(request)
        )
        try:
            told = False
            async for chunk in stream:
                text = reading.take(chunk)
                if not told and (counted := counted_of(reading.usage)):
                    told = True
                    yield counted
                if text:
                    yield TextDelta(text=text)
        except ValueError:
            for response in opened:
                self._expect_events(response.headers)
            raise
        finally:
            for response in opened:
                await response.aclose()
            await stream.aclose()
        if reading.reason in _DECLINES:
            raise self._faults.declined(model)
        if reading.reason in _BROKEN:
            raise self._faults.nonsense(f"an answer that went wrong while it was made ({reading.reason})")
        if reading.reason:
            for call in reading.calls:
                yield call
            yield self._finished(model, truncated=reading.reason in _CUT_SHORT, **reading.usage)

    def _config(self, request: ModelRequest) -> "GenerateContentConfig":
        types = importlib.import_module("google.genai.types")
        config: GenerateContentConfig = types.GenerateContentConfig(
            system_instruction=request.system or None,
            max_output_tokens=request.max_tokens,
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
            # it would be a retry layer of its own
            automatic_continuation=False,
        )
        if request.tools:
            declarations = [
                types.FunctionDeclaration(
                    name=tool.name, description=tool.description, parameters_json_schema=tool.parameters
                )
                for tool in request.tools
            ]
            config.tools = [types.Tool(function_declarations=declarations)]
        elif request.answer_schema is not None:
            # most models refuse tools and a schema together; without one the caller parses tolerantly
            config.response_mime_type = "application/json"
            config.response_json_schema = strict_schema(request.answer_schema) or request.answer_schema
        return config

    def _contents(self, request: ModelRequest, model: str) -> "list[Content]":
        types = importlib.import_module("google.genai.types")
        contents = []
        for side, turn in turns(request.messages):
            parts = [part for message in turn for part in self._parts(message, model)]
            if parts:
                contents.append(types.Content(role="model" if side == "assistant" else "user", parts=parts))
        return contents

    def _parts(self, message: ChatMessage, model: str) -> "list[Part]":
        types = importlib.import_module("google.genai.types")
        if message.role == "tool":
            answer = types.FunctionResponse(
                id=message.tool_call_id, name=message.tool_name, response={"output": message.text}
            )
            return [types.Part(function_response=answer)]
        parts = [types.Part(text=message.text)] if message.text else []
        for place, call in enumerate(message.tool_calls):
            function = types.FunctionCall(id=call.id, name=call.name, args=call.arguments)
            signature = self._signature(call, model, first=place == 0)
            parts.append(types.Part(function_call=function, thought_signature=signature))
        return parts

    def _signature(self, call: ToolCall, model: str, *, first: bool) -> bytes | None:
        if own := signed_by(call.signature, self.name, model):
            return base64.b64decode(own)
        # of calls made together only the first is signed
        return _NOT_MINE if first and not _UNSIGNED_MODELS.match(model) else None

    def _build(self) -> "Client":
        genai = importlib.import_module("google.genai")
        types = importlib.import_module("google.genai.types")
        httpx2 = importlib.import_module("httpx2")
        http = self._http_client()
        limits = http.timeout.as_dict()

        async def limit_silence(request: "Request") -> None:
            # the SDK overrides the client's limits with none; an option of its own would limit the answer too
            request.extensions["timeout"] = limits

        http.event_hooks = {"request": [limit_silence], "response": [_remember]}
        client: Client = genai.Client(
            api_key=self._key,
            vertexai=False,
            http_options=types.HttpOptions(
                base_url=(self._base_url or _OFFICIAL).removesuffix(f"/{_VERSION}"),
                # left out, the SDK asks for a version that other servers do not have
                api_version=_VERSION,
                httpx_async_client=http,
                # never used, but left out the SDK reads all certificates again to make one
                httpx_client=httpx2.Client(verify=certificates()),
            ),
        )
        return client

    def _failure(self, error: Exception) -> Failure | None:
        errors = importlib.import_module("google.genai.errors")
        if not isinstance(error, errors.APIError):
            return None
        told: Any = error
        failure = failure_of(told.code or 500, told.details, getattr(told.response, "headers", {}), time.time())
        wait = _retry_delay(told.details)
        return failure if wait is None else replace(failure, retry_after=wait)

    async def _list_models(self, sdk: "Client") -> None:
        await sdk.aio.models.list(config={"page_size": 1})


class _Reading:
    """What has been read of one answer: over once it has a ``reason``."""

    def __init__(self, request: ModelRequest, provider: str, model: str) -> None:
        self._request = request
        self._made_by = provider, model
        self.calls: list[ToolCall] = []
        self.usage = {"given": 0, "made": 0, "cached": 0}
        self.reason = ""

    def take(self, chunk: "GenerateContentResponse") -> str:
        """Take one chunk in and return the text it brought."""
        if (counts := chunk.usage_metadata) is not None:
            self.usage = {
                "given": (counts.prompt_token_count or 0) + (counts.tool_use_prompt_token_count or 0),
                "made": (counts.candidates_token_count or 0) + (counts.thoughts_token_count or 0),
                "cached": counts.cached_content_token_count or 0,
            }
        if chunk.prompt_feedback is not None and chunk.prompt_feedback.block_reason:
            self.reason = "PROHIBITED_CONTENT"
        if not chunk.candidates:
            return ""
        candidate = chunk.candidates[0]
        if candidate.finish_reason:
            self.reason = candidate.finish_reason.name
        parts = (candidate.content and candidate.content.parts) or []
        return "".join(self._take_part(part) for part in parts)

    def _take_part(self, part: "Part") -> str:
        if part.function_call is not None:
            self._call(part)
        return "" if part.thought else part.text or ""

    def _call(self, part: "Part") -> None:
        function = part.function_call
        assert function is not None
        signature = base64.b64encode(part.thought_signature or b"").decode()
        call = ToolCall(
            id=function.id or spare_id(self._request, len(self.calls)),
            name=function.name or "",
            arguments=function.args or {},
            signature=sign(*self._made_by, signature) if signature else "",
        )
        self.calls.append(call)


def _retry_delay(body: Any) -> float | None:
    """Return the wait in seconds that Gemini puts into the details of an error."""
    error = body.get("error", body) if isinstance(body, Mapping) else {}
    details = error.get("details") if isinstance(error, Mapping) else None
    for detail in details if isinstance(details, list) else ():
        if match := _RETRY_DELAY.fullmatch(str(isinstance(detail, Mapping) and detail.get("retryDelay"))):
            return float(match[1])
    return None

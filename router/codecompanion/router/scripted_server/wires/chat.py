"""OpenAI's chat completions."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from codecompanion.contracts.model_calls import ToolCall
from codecompanion.router.scripted_server.faults import Problem
from codecompanion.router.scripted_server.replies import Asked
from codecompanion.router.scripted_server.wires.answer import Answer, event, texts_in

ERRORS: dict[Problem, tuple[str, str]] = {
    "rate limit": ("rate_limit_exceeded", "Rate limit reached."),
    "trouble": ("server_error", "The server had an error."),
    "key": ("invalid_api_key", "Incorrect API key provided."),
    "model": ("model_not_found", "The model does not exist or you do not have access to it."),
    "too long": ("context_length_exceeded", "This model's maximum context length is 8192 tokens."),
    "credit": ("insufficient_quota", "You exceeded your current quota."),
    "request": ("invalid_request", "The request is not valid."),
}


def openai_error(problem: Problem, status: int, text: str) -> tuple[int, dict[str, Any]]:
    """Return an error as both of OpenAI's wires tell it."""
    code, message = ERRORS[problem]
    kind = "server_error" if problem == "trouble" else "invalid_request_error"
    return status, {"error": {"message": f"{message} {text}", "type": kind, "param": None, "code": code}}


class ChatAnswer(Answer):
    """An answer of ``/chat/completions``."""

    wire = "chat"
    error = staticmethod(openai_error)

    @staticmethod
    def read(path: str, body: Mapping[str, Any]) -> Asked:
        """Return what ``body`` asks."""
        messages = body["messages"]
        schema = (body.get("response_format") or {}).get("json_schema") or {}
        return Asked(
            wire=ChatAnswer.wire,
            model=body["model"],
            system="".join(texts_in(m["content"]) for m in messages if m["role"] in ("system", "developer")),
            texts=tuple(
                texts_in(m.get("content")) for m in messages if m["role"] not in ("system", "developer")
            ),
            tools=tuple(tool["function"]["name"] for tool in body.get("tools") or ()),
            schema=schema.get("schema"),
            streams=bool(body.get("stream")),
        )

    def opening(self) -> Iterator[bytes]:
        """Yield the chunk that names the role."""
        yield self._chunk({"role": "assistant", "content": ""})

    def piece(self, text: str) -> bytes:
        """Return the chunk that brings ``text``."""
        return self._chunk({"content": text})

    def closing(self) -> Iterator[bytes]:
        """Yield tool calls in two halves each, the reason, the usage, and the end mark."""
        for index, call in enumerate(self.reply.tool_calls):
            arguments = json.dumps(call.arguments)
            middle = len(arguments) // 2
            head = _tool_call(call, arguments[:middle])
            yield self._chunk({"tool_calls": [{"index": index, **head}]})
            rest = {"arguments": arguments[middle:]}
            yield self._chunk({"tool_calls": [{"index": index, "function": rest}]})
        yield self._chunk({}, reason=self._reason)
        yield event({**self._frame, "choices": [], "usage": self._usage})
        yield b"data: [DONE]\n\n"

    def whole(self) -> dict[str, Any]:
        """Return a chat completion."""
        message: dict[str, Any] = {"role": "assistant", "content": "".join(self.reply.tokens)}
        if self.reply.tool_calls:
            message["tool_calls"] = [
                _tool_call(call, json.dumps(call.arguments)) for call in self.reply.tool_calls
            ]
        choice = {"index": 0, "message": message, "finish_reason": self._reason}
        return {**self._frame, "object": "chat.completion", "choices": [choice], "usage": self._usage}

    @property
    def _frame(self) -> dict[str, Any]:
        return {
            "id": "chatcmpl-scripted",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": self.asked.model,
        }

    @property
    def _reason(self) -> str:
        if self.reply.truncated:
            return "length"
        return "tool_calls" if self.reply.tool_calls else "stop"

    @property
    def _usage(self) -> dict[str, Any]:
        return {
            "prompt_tokens": self.given,
            "completion_tokens": self.made,
            "total_tokens": self.given + self.made,
            "prompt_tokens_details": {"cached_tokens": self.reply.cached_tokens},
        }

    def _chunk(self, delta: Mapping[str, Any], reason: str | None = None) -> bytes:
        return event({**self._frame, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})


def _tool_call(call: ToolCall, arguments: str) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}

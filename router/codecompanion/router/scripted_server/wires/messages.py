"""Anthropic's messages."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from codecompanion.router.scripted_server.faults import Problem
from codecompanion.router.scripted_server.replies import Asked
from codecompanion.router.scripted_server.wires.answer import Answer, event, texts_in

_ERRORS: dict[Problem, tuple[str, str]] = {
    "rate limit": ("rate_limit_error", "This request would exceed your rate limit."),
    "trouble": ("overloaded_error", "Overloaded"),
    "key": ("authentication_error", "invalid x-api-key"),
    "model": ("not_found_error", "model not found"),
    "too long": ("invalid_request_error", "prompt is too long: 300000 tokens > 200000 maximum"),
    "credit": ("invalid_request_error", "Your credit balance is too low to access the API."),
    "request": ("invalid_request_error", "The request is not valid."),
}


class MessagesAnswer(Answer):
    """An answer of ``/messages``."""

    wire = "messages"

    @staticmethod
    def read(path: str, body: Mapping[str, Any]) -> Asked:
        """Return what ``body`` asks."""
        form = (body.get("output_config") or {}).get("format") or {}
        return Asked(
            wire=MessagesAnswer.wire,
            model=body["model"],
            system=texts_in(body.get("system")),
            texts=tuple(texts_in(message["content"]) for message in body["messages"]),
            tools=tuple(tool["name"] for tool in body.get("tools") or ()),
            schema=form.get("schema"),
            streams=bool(body.get("stream")),
        )

    @staticmethod
    def error(problem: Problem, status: int, text: str) -> tuple[int, dict[str, Any]]:
        """Return an error; Anthropic tells missing credit as a bad request."""
        kind, message = _ERRORS[problem]
        body = {"type": "error", "error": {"type": kind, "message": f"{message} {text}"}}
        return (400 if problem == "credit" else status), body

    def opening(self) -> Iterator[bytes]:
        """Yield the start, the thought if there is one, and the start of the text."""
        yield _named("message_start", message=self._message([], None))
        if self.reply.thought:
            yield from self._thinking()
        if self.reply.tokens:
            yield _named("content_block_start", index=1, content_block={"type": "text", "text": ""})
        yield _named("ping")

    def piece(self, text: str) -> bytes:
        """Return the event that brings ``text``."""
        return _named("content_block_delta", index=1, delta={"type": "text_delta", "text": text})

    def closing(self) -> Iterator[bytes]:
        """Yield tool calls in two halves each, the reason with the usage, and the end."""
        if self.reply.tokens:
            yield _named("content_block_stop", index=1)
        for index, call in enumerate(self.reply.tool_calls, start=2):
            block = {"type": "tool_use", "id": call.id, "name": call.name, "input": {}}
            yield _named("content_block_start", index=index, content_block=block)
            arguments = json.dumps(call.arguments)
            middle = len(arguments) // 2
            for half in (arguments[:middle], arguments[middle:]):
                delta = {"type": "input_json_delta", "partial_json": half}
                yield _named("content_block_delta", index=index, delta=delta)
            yield _named("content_block_stop", index=index)
        stop = {"stop_reason": self._reason, "stop_sequence": None}
        yield _named("message_delta", delta=stop, usage={"output_tokens": self.made})
        yield _named("message_stop")

    def whole(self) -> dict[str, Any]:
        """Return a message."""
        text = "".join(self.reply.tokens)
        content: list[dict[str, Any]] = [{"type": "text", "text": text}] if text else []
        for call in self.reply.tool_calls:
            content.append({"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments})
        return self._message(content, self._reason)

    def _thinking(self) -> Iterator[bytes]:
        block = {"type": "thinking", "thinking": "", "signature": ""}
        yield _named("content_block_start", index=0, content_block=block)
        for kind, field, value in (
            ("thinking_delta", "thinking", self.reply.thought),
            ("signature_delta", "signature", f"signed: {self.reply.thought}"),
        ):
            yield _named("content_block_delta", index=0, delta={"type": kind, field: value})
        yield _named("content_block_stop", index=0)

    def _message(self, content: list[dict[str, Any]], reason: str | None) -> dict[str, Any]:
        return {
            "id": "msg_scripted",
            "type": "message",
            "role": "assistant",
            "model": self.asked.model,
            "content": content,
            "stop_reason": reason,
            "stop_sequence": None,
            "usage": {
                "input_tokens": self.given - self.reply.cached_tokens,
                "cache_read_input_tokens": self.reply.cached_tokens,
                "cache_creation_input_tokens": 0,
                "output_tokens": 1 if reason is None else self.made,
            },
        }

    @property
    def _reason(self) -> str:
        if self.reply.truncated:
            return "max_tokens"
        return "tool_use" if self.reply.tool_calls else "end_turn"


def _named(kind: str, **fields: Any) -> bytes:
    return event({"type": kind, **fields}, named=True)

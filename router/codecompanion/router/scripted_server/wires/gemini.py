"""Gemini's generateContent and streamGenerateContent."""

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from codecompanion.router.scripted_server.faults import Problem
from codecompanion.router.scripted_server.replies import Asked
from codecompanion.router.scripted_server.wires.answer import Answer, event, texts_in

_ERRORS: dict[Problem, tuple[str, str]] = {
    "rate limit": ("RESOURCE_EXHAUSTED", "You exceeded your current request rate."),
    "trouble": ("UNAVAILABLE", "The service is currently unavailable."),
    "key": ("INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
    "model": ("NOT_FOUND", "models/x is not found for API version v1beta."),
    "too long": ("INVALID_ARGUMENT", "The input token count exceeds the maximum number of tokens allowed."),
    "credit": ("RESOURCE_EXHAUSTED", "Your prepaid credit balance is used up."),
    "request": ("INVALID_ARGUMENT", "The request is not valid."),
}


class GeminiAnswer(Answer):
    """An answer of ``:generateContent`` or ``:streamGenerateContent``."""

    wire = "gemini"

    @staticmethod
    def read(path: str, body: Mapping[str, Any]) -> Asked:
        """Return what ``body`` asks; the model and whether to stream are in the path."""
        config = body.get("generationConfig") or {}
        declared = [tool.get("functionDeclarations") or () for tool in body.get("tools") or ()]
        return Asked(
            wire=GeminiAnswer.wire,
            model=path.rpartition("/models/")[2].partition(":")[0],
            system=texts_in((body.get("systemInstruction") or {}).get("parts")),
            texts=tuple(_text(content) for content in body["contents"]),
            tools=tuple(function["name"] for functions in declared for function in functions),
            schema=config.get("responseJsonSchema"),
            streams=":streamGenerateContent" in path,
        )

    @staticmethod
    def error(problem: Problem, status: int, text: str) -> tuple[int, dict[str, Any]]:
        """Return an error; Gemini tells a refused key as a bad request."""
        kind, message = _ERRORS[problem]
        code = 400 if problem == "key" else status
        return code, {"error": {"code": code, "message": f"{message} {text}", "status": kind}}

    def opening(self) -> Iterator[bytes]:
        """Yield the thought if there is one."""
        if self.reply.thought:
            yield self._chunk([{"text": self.reply.thought, "thought": True}])

    def piece(self, text: str) -> bytes:
        """Return the chunk that brings ``text``."""
        return self._chunk([{"text": text}])

    def closing(self) -> Iterator[bytes]:
        """Yield the tool calls, then the reason with the usage."""
        if self.reply.tool_calls:
            yield self._chunk(self._calls)
        yield self._chunk([{"text": ""}], reason=self._reason)

    def whole(self) -> dict[str, Any]:
        """Return a response."""
        return self._content([{"text": "".join(self.reply.tokens)}, *self._calls], self._reason)

    @property
    def _reason(self) -> str:
        return "MAX_TOKENS" if self.reply.truncated else "STOP"

    @property
    def _calls(self) -> list[dict[str, Any]]:
        parts: list[dict[str, Any]] = [
            {"functionCall": {"id": call.id, "name": call.name, "args": call.arguments}}
            for call in self.reply.tool_calls
        ]
        if parts and self.reply.thought:
            # of calls made together only the first is signed
            signature = base64.b64encode(f"signed: {self.reply.thought}".encode())
            parts[0]["thoughtSignature"] = signature.decode()
        return parts

    def _chunk(self, parts: list[dict[str, Any]], reason: str | None = None) -> bytes:
        return event(self._content(parts, reason))

    def _content(self, parts: list[dict[str, Any]], reason: str | None) -> dict[str, Any]:
        candidate: dict[str, Any] = {"index": 0, "content": {"role": "model", "parts": parts}}
        if reason:
            candidate["finishReason"] = reason
        return {"candidates": [candidate], "modelVersion": self.asked.model, "usageMetadata": self._usage}

    @property
    def _usage(self) -> dict[str, Any]:
        thoughts = len(self.reply.thought.split())
        return {
            "promptTokenCount": self.given,
            "cachedContentTokenCount": self.reply.cached_tokens,
            "candidatesTokenCount": self.made - thoughts,
            "thoughtsTokenCount": thoughts,
            "totalTokenCount": self.given + self.made,
        }


def _text(content: Mapping[str, Any]) -> str:
    parts = content.get("parts") or []
    results = [str(part["functionResponse"].get("response")) for part in parts if "functionResponse" in part]
    return texts_in(parts) + "".join(results)

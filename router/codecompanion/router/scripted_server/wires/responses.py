"""OpenAI's Responses."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from codecompanion.router.scripted_server.replies import Asked
from codecompanion.router.scripted_server.wires.answer import Answer, event, texts_in
from codecompanion.router.scripted_server.wires.chat import openai_error


class ResponsesAnswer(Answer):
    """An answer of ``/responses``."""

    wire = "responses"
    error = staticmethod(openai_error)

    @staticmethod
    def read(path: str, body: Mapping[str, Any]) -> Asked:
        """Return what ``body`` asks."""
        given = body["input"]
        items = [{"content": given}] if isinstance(given, str) else given
        form = (body.get("text") or {}).get("format") or {}
        return Asked(
            wire=ResponsesAnswer.wire,
            model=body["model"],
            system=body.get("instructions") or "",
            texts=tuple(texts_in(item.get("content") or item.get("output")) for item in items),
            tools=tuple(tool["name"] for tool in body.get("tools") or ()),
            schema=form.get("schema"),
            streams=bool(body.get("stream")),
        )

    def opening(self) -> Iterator[bytes]:
        """Yield the start, and the whole thought if there is one."""
        yield self._event("response.created", response=self._response("in_progress"))
        if self.reply.thought:
            yield self._event("response.output_item.done", output_index=0, item=self._reasoning)

    def piece(self, text: str) -> bytes:
        """Return the event that brings ``text``."""
        place = {"item_id": "msg_scripted", "output_index": 0, "content_index": 0}
        return self._event("response.output_text.delta", delta=text, **place)

    def closing(self) -> Iterator[bytes]:
        """Yield the items as they are when done, and the end."""
        for index, item in enumerate(self._output):
            if item["type"] != "reasoning":
                yield self._event("response.output_item.done", output_index=index, item=item)
        status = "incomplete" if self.reply.truncated else "completed"
        yield self._event(f"response.{status}", response=self._response(status))

    def whole(self) -> dict[str, Any]:
        """Return a response."""
        return self._response("incomplete" if self.reply.truncated else "completed")

    @property
    def _reasoning(self) -> dict[str, Any]:
        return {
            "type": "reasoning",
            "id": "rs_scripted",
            "summary": [],
            "encrypted_content": f"sealed: {self.reply.thought}",
        }

    @property
    def _output(self) -> list[dict[str, Any]]:
        items = [self._reasoning] if self.reply.thought else []
        if text := "".join(self.reply.tokens):
            part = {"type": "output_text", "text": text, "annotations": []}
            message = {"type": "message", "id": "msg_scripted", "role": "assistant", "status": "completed"}
            items.append({**message, "content": [part]})
        for call in self.reply.tool_calls:
            items.append(
                {
                    "type": "function_call",
                    "id": f"fc_{call.id}",
                    "call_id": call.id,
                    "name": call.name,
                    "arguments": json.dumps(call.arguments),
                    "status": "completed",
                }
            )
        return items

    def _response(self, status: str) -> dict[str, Any]:
        over = status != "in_progress"
        return {
            "id": "resp_scripted",
            "object": "response",
            "created_at": 0,
            "model": self.asked.model,
            "status": status,
            "output": self._output if over else [],
            "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
            "usage": self._usage if over else None,
            "error": None,
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
        }

    @property
    def _usage(self) -> dict[str, Any]:
        return {
            "input_tokens": self.given,
            "input_tokens_details": {"cached_tokens": self.reply.cached_tokens, "cache_write_tokens": 0},
            "output_tokens": self.made,
            "output_tokens_details": {"reasoning_tokens": len(self.reply.thought.split())},
            "total_tokens": self.given + self.made,
        }

    def _event(self, kind: str, **fields: Any) -> bytes:
        return event({"type": kind, "sequence_number": 0, **fields}, named=True)

"""Tool calls on the wire: put together from fragments, decoded, and tied to the model that made them."""

import json
from collections.abc import Sequence
from typing import Any

from codecompanion.contracts.model_calls import ChatMessage, ModelRequest, ToolCall


class ToolCallDraft:
    """A tool call of which the arguments still arrive in fragments of JSON."""

    def __init__(self, id: str = "", name: str = "", arguments: str = "") -> None:
        self.id = id
        self.name = name
        self._arguments = [arguments]

    def add(self, fragment: str) -> None:
        """Append the next fragment."""
        self._arguments.append(fragment)

    def finished(self, spare_id: str, signature: str = "") -> ToolCall:
        """Return the whole call; ``spare_id`` is used when the server gave none."""
        arguments = decode_arguments("".join(self._arguments))
        return ToolCall(id=self.id or spare_id, name=self.name, arguments=arguments, signature=signature)


def decode_arguments(text: str) -> dict[str, Any]:
    """Return the JSON object in ``text``; no text is no arguments.

    What is not a JSON object comes back as ``{"not_json": text}``: the tool's own check refuses that with a
    message the model can act on, where an error here would end the task for a slip of the model.
    """
    if not text.strip():
        return {}
    try:
        arguments = json.loads(text)
    except ValueError:
        arguments = None
    return arguments if isinstance(arguments, dict) else {"not_json": text}


def spare_id(request: ModelRequest, index: int) -> str:
    """Return an id for the answer's tool call number ``index``, new in the conversation and always the same."""
    earlier = sum(len(message.tool_calls) for message in request.messages)
    return f"call-{earlier + index + 1}"


def encode_arguments(arguments: dict[str, Any]) -> str:
    """Return ``arguments`` as compact JSON."""
    return json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))


def sign(provider: str, model: str, payload: str) -> str:
    """Return ``payload``, a model's own state that must come back with the call, marked with who made it."""
    return f"{provider}/{model}\n{payload}"


def signed_by(signature: str, provider: str, model: str) -> str:
    """Return the payload of ``signature`` if this very model made it, else the empty string.

    No provider takes another's, and none takes its own from a different model.
    """
    maker, _, payload = signature.partition("\n")
    return payload if maker == f"{provider}/{model}" else ""


def carry_turn(calls: list[ToolCall], provider: str, model: str, items: Sequence[Any]) -> list[ToolCall]:
    """Let the first of ``calls`` carry the model's whole turn as it came.

    For models that want their reasoning back unchanged and in its place, which our own fields cannot hold.
    """
    if not calls:
        return calls
    signature = sign(provider, model, json.dumps(items, ensure_ascii=False, separators=(",", ":")))
    return [calls[0].model_copy(update={"signature": signature}), *calls[1:]]


def carried_turn(message: ChatMessage, provider: str, model: str) -> list[Any] | None:
    """Return the turn that ``carry_turn`` put into ``message`` for this very model, None if there is none."""
    if not message.tool_calls:
        return None
    payload = signed_by(message.tool_calls[0].signature, provider, model)
    return json.loads(payload) if payload else None


def turns(messages: Sequence[ChatMessage]) -> list[tuple[str, list[ChatMessage]]]:
    """Group ``messages`` into turns of ``user`` and ``assistant``; tool results belong to the user's turn."""
    grouped: list[tuple[str, list[ChatMessage]]] = []
    for message in messages:
        side = "assistant" if message.role == "assistant" else "user"
        if grouped and grouped[-1][0] == side:
            grouped[-1][1].append(message)
        else:
            grouped.append((side, [message]))
    return grouped

"""Tools for models that cannot call them: every answer is one JSON step, a tool's use or the final answer."""

from collections.abc import Sequence
from typing import Any

from codecompanion.contracts.model_calls import ToolSpec

_ANSWER = {
    "type": "string",
    "description": "The complete final answer, once nothing more needs to be looked at.",
}


def step_schema(specs: Sequence[ToolSpec], answer: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the JSON Schema of one step: ``{"step": {"tool", "arguments"}}`` or ``{"step": {"answer"}}``.

    ``answer`` is the final answer's own schema, text by default. The choice is within a property because
    some providers take no choice at the root.
    """
    final = dict(answer or _ANSWER)
    definitions = final.pop("$defs", {})
    choices = [
        _closed(
            {"tool": {"type": "string", "enum": [spec.name]}, "arguments": spec.parameters}, spec.description
        )
        for spec in specs
    ]
    choices.append(_closed({"answer": final}, "Gives the final answer."))
    schema = _closed({"step": {"anyOf": choices}}, "One step: use a tool, or give the final answer.")
    return schema | ({"$defs": definitions} if definitions else {})


def _closed(properties: dict[str, Any], description: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }

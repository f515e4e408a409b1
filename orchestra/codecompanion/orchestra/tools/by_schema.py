"""Tools for models that cannot call them: every answer is one JSON step, a tool's use or the final answer."""

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

from codecompanion.contracts.model_calls import ToolCall, ToolSpec
from codecompanion.orchestra.edits.tolerant_json import json_objects

_FILE_TEXT = re.compile(r"^\W{0,4}FILE\b.*:|^<{5,9} ?SEARCH", re.MULTILINE)
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


def parse_step(text: str) -> ToolCall | str:
    """Return the tool call a reply asks for, else the final answer.

    A reply without a readable step is the final answer as it stands, and so is one that begins with a file.
    """
    if _FILE_TEXT.search(text.partition("{")[0]):
        return text
    for found in json_objects(text):
        step = found.get("step", found)
        if isinstance(step, dict) and (call := _tool_call(step)):
            return call
        if isinstance(step, dict) and set(step) == {"answer"}:
            answer = step["answer"]
            return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
    return text


def _closed(properties: dict[str, Any], description: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _tool_call(step: dict[str, Any]) -> ToolCall | None:
    name = step.get("tool", step.get("name"))
    arguments = step.get("arguments", step.get("parameters"))
    if isinstance(arguments, str):
        arguments = next(json_objects(arguments), None)
    if len(step) != 2 or not isinstance(name, str) or not isinstance(arguments, dict):
        return None
    digest = hashlib.sha256(json.dumps([name, arguments], sort_keys=True).encode()).hexdigest()
    return ToolCall(id=f"step-{digest[:12]}", name=name, arguments=arguments)

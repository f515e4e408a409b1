"""JSON Schemas as the providers' structured outputs take them."""

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

_KEPT = frozenset(
    {"type", "description", "enum", "items", "anyOf", "$ref", "minItems", "maxItems", "minimum", "maximum"}
)


class _NotStrict(Exception):
    """The schema allows something that strict mode cannot say."""


def strict_schema(schema: Mapping[str, Any]) -> Schema | None:
    """Return ``schema`` for strict mode: closed objects, every property required, only what all servers know.

    Bounds that are dropped (lengths, patterns, defaults) are left to the caller's own validation. Returns
    None when strict mode cannot express it: objects with free keys, tuples by position, intersections.
    """
    definitions = schema.get("$defs", {})
    try:
        root = _strict(_inlined_root(schema, definitions))
        if root.get("type") != "object":
            return None
        if definitions:
            root["$defs"] = {name: _strict(definition) for name, definition in definitions.items()}
    except _NotStrict:
        return None
    return root


def _inlined_root(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    # the root itself must be an object, but that of a recursive model is a reference
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    return definitions.get(name, schema) if name else schema


def _strict(schema: Mapping[str, Any]) -> Schema:
    if "$ref" in schema:
        # a reference takes no neighbours
        return {"$ref": schema["$ref"]}
    if "prefixItems" in schema:
        raise _NotStrict
    if "allOf" in schema:
        return _strict(_only_part(schema["allOf"]))
    kept = {key: value for key, value in schema.items() if key in _KEPT}
    if "const" in schema:
        kept["enum"] = [schema["const"]]
    variants = schema.get("anyOf") or schema.get("oneOf")
    if variants:
        kept["anyOf"] = [_strict(variant) for variant in variants]
    if "items" in schema:
        kept["items"] = _strict(schema["items"])
    if schema.get("type") == "object":
        kept |= _closed_object(schema)
    return kept


def _only_part(parts: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    if len(parts) != 1:
        raise _NotStrict
    return parts[0]


def _closed_object(schema: Mapping[str, Any]) -> Schema:
    properties: Mapping[str, Any] = schema.get("properties", {})
    if not properties or schema.get("additionalProperties"):
        raise _NotStrict
    return {
        "properties": {name: _strict(value) for name, value in properties.items()},
        "required": list(properties),
        "additionalProperties": False,
    }

"""Strict schemas: what OpenAI and Gemini take, and nothing that a good answer would break."""

import pytest
from jsonschema import Draft202012Validator, ValidationError
from pydantic import BaseModel

from codecompanion.contracts.messages import AgentMessage
from codecompanion.contracts.model_calls import ToolCall
from codecompanion.contracts.plan import Plan
from codecompanion.router.providers.schemas import strict_schema

ALLOWED = {
    "type", "description", "enum", "items", "anyOf", "$ref", "$defs", "minItems", "maxItems",
    "minimum", "maximum", "properties", "required", "additionalProperties",
}  # fmt: skip


def nodes(schema):
    yield schema
    for key in ("properties", "$defs"):
        for child in schema.get(key, {}).values():
            yield from nodes(child)
    if "items" in schema:
        yield from nodes(schema["items"])
    for child in schema.get("anyOf", ()):
        yield from nodes(child)


class Leaf(BaseModel):
    note: str | None = None


class Tree(BaseModel):
    children: list["Tree"] = []
    leaf: Leaf = Leaf()


class Pair(BaseModel):
    both: tuple[int, str]


@pytest.mark.parametrize("model", [Plan, AgentMessage, Tree])
def test_objects_are_closed_and_complete(model):
    strict = strict_schema(model.model_json_schema())
    Draft202012Validator.check_schema(strict)
    assert strict["type"] == "object"
    for node in nodes(strict):
        assert set(node) <= ALLOWED
        if node.get("type") == "object":
            assert node["required"] == list(node["properties"])
            assert node["additionalProperties"] is False
        if "$ref" in node:
            assert set(node) == {"$ref"}


def test_a_whole_answer_fits_and_half_of_one_does_not():
    plan = {
        "summary": "s",
        "complexity": {"level": "small", "reasons": []},
        "tasks": [
            {
                "id": "a",
                "title": "t",
                "role": "CodeGenerator",
                "dependsOn": [],
                "files": ["a.py"],
                "acceptance": [],
                "priority": 5,
            }
        ],
        "leftOut": [],
    }
    validator = Draft202012Validator(strict_schema(Plan.model_json_schema()))
    validator.validate(plan)
    assert Plan.model_validate(plan).tasks[0].id == "a"
    with pytest.raises(ValidationError):
        validator.validate({**plan, "extra": 1})
    del plan["tasks"][0]["priority"]
    with pytest.raises(ValidationError):
        validator.validate(plan)


def test_the_given_schema_is_left_as_it_was():
    schema = Plan.model_json_schema()
    before = repr(schema)
    strict_schema(schema)
    assert repr(schema) == before


@pytest.mark.parametrize(
    "schema",
    [
        ToolCall.model_json_schema(),
        Pair.model_json_schema(),
        {"type": "object", "properties": {"x": {"allOf": [{"type": "string"}, {"minLength": 1}]}}},
        {"type": "array", "items": {"type": "string"}},
        {"type": "object"},
    ],
)
def test_what_strict_mode_cannot_say_is_no_strict_schema(schema):
    assert strict_schema(schema) is None

"""Steps of models without tool calling: the schema admits exactly them."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from codecompanion.contracts.plan import Plan
from codecompanion.orchestra.tools.arguments import ARGUMENTS, tool_spec
from codecompanion.orchestra.tools.by_schema import step_schema
from codecompanion.orchestra.tools.step_reader import StepReader

SPECS = [tool_spec(name) for name in ARGUMENTS]
CALL = {"tool": "read_file", "arguments": {"path": "a.py"}}


@pytest.mark.parametrize(
    ("step", "valid"),
    [
        ({"step": CALL}, True),
        ({"step": {"answer": "Done."}}, True),
        ({"step": {"tool": "read_file", "arguments": {}}}, False),
        ({"step": {"tool": "write_file", "arguments": {}}}, False),
        ({"step": {"tool": "read_file", "arguments": {"path": "a", "x": 1}}}, False),
        ({"step": {**CALL, "answer": "Done."}}, False),
        ({"step": {"answer": 1}}, False),
        (CALL, False),
    ],
)
def test_the_schema_admits_a_tool_call_or_an_answer(step: dict[str, Any], valid: bool) -> None:
    schema = step_schema(SPECS)
    Draft202012Validator.check_schema(schema)
    assert Draft202012Validator(schema).is_valid(step) is valid


def test_an_answer_may_have_a_schema_of_its_own() -> None:
    schema = step_schema(SPECS, Plan.model_json_schema())
    Draft202012Validator.check_schema(schema)
    task = {"id": "a", "title": "A", "role": "CodeGenerator"}
    plan = {"summary": "s", "complexity": {"level": "small"}, "tasks": [task]}
    assert Draft202012Validator(schema).is_valid({"step": {"answer": plan}})
    assert not Draft202012Validator(schema).is_valid({"step": {"answer": "a plan"}})
    reader = StepReader()
    reader.feed(json.dumps({"step": {"answer": plan}}))
    step = reader.close()
    assert isinstance(step, str)
    assert Plan.model_validate_json(step).tasks[0].id == "a"

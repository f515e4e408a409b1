"""Steps of models without tool calling: the schema admits exactly them, and replies near it are understood."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from codecompanion.contracts.model_calls import ToolCall
from codecompanion.contracts.plan import Plan
from codecompanion.orchestra.tools.arguments import ARGUMENTS, tool_spec
from codecompanion.orchestra.tools.by_schema import parse_step, step_schema

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
    step = parse_step(json.dumps({"step": {"answer": plan}}))
    assert isinstance(step, str)
    assert Plan.model_validate_json(step).tasks[0].id == "a"


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"step": CALL}),
        json.dumps(CALL),
        f"I look first.\n```json\n{json.dumps(CALL)}\n```",
        f"<tool_call>{json.dumps({'name': 'read_file', 'arguments': {'path': 'a.py'}})}</tool_call>",
        json.dumps({"name": "read_file", "parameters": {"path": "a.py"}}),
        json.dumps({"tool": "read_file", "arguments": '{"path": "a.py"}'}),
        "{'tool': 'read_file', 'arguments': {'path': 'a.py',}}",
    ],
)
def test_forms_of_a_tool_call(text: str) -> None:
    step = parse_step(text)
    assert isinstance(step, ToolCall)
    assert (step.name, step.arguments) == ("read_file", {"path": "a.py"})
    assert step.id.startswith("step-")


@pytest.mark.parametrize(
    "text",
    [
        "Done.",
        "",
        '{"step": {"tool": "read_fi',
        '{"name": "app", "version": "1"}',
        '{"summary": "s", "tasks": []}',
        '{"answer": "a", "more": 1}',
        f"FILE: a.json\n```json\n{json.dumps(CALL)}\n```\n",
        f"**FILE:** a.json\n```json\n{json.dumps(CALL)}\n```\n",
        f"a.py\n<<<<<<< SEARCH\n{json.dumps(CALL)}\n=======\n>>>>>>> REPLACE\n",
    ],
)
def test_anything_else_is_the_final_answer_as_it_stands(text: str) -> None:
    assert parse_step(text) == text


def test_an_answer_step_gives_its_text() -> None:
    answer = 'FILE: a.py\n```\nx = "{1}"\n```\n'
    assert parse_step(json.dumps({"step": {"answer": answer}}, indent=1)) == answer
    assert parse_step(json.dumps({"answer": answer})) == answer


def test_equal_calls_have_equal_ids() -> None:
    one, other = parse_step(json.dumps(CALL)), parse_step(json.dumps({"step": CALL}))
    assert one == other


@given(st.text())
def test_no_text_raises(text: str) -> None:
    assert isinstance(parse_step(text), str | ToolCall)


@given(st.text())
def test_any_answer_comes_back(answer: str) -> None:
    assert parse_step(json.dumps({"step": {"answer": answer}})) == answer

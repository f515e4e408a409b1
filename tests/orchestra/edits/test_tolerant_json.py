"""JSON as models write it: what is forgiven, what is refused, and with which words."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from codecompanion.contracts.errors import BadAnswer
from codecompanion.contracts.plan import Plan
from codecompanion.orchestra.edits.tolerant_json import json_objects, parse_answer


class Note(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: str
    done: bool = False
    tags: tuple[str, ...] = ()
    owner: str | None = None


EXPECTED = Note(title="a", done=True, tags=("x", "y"))
PLAIN = '{"title": "a", "done": true, "tags": ["x", "y"]}'


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        f"```json\n{PLAIN}\n```",
        f"Here is the plan:\n\n```\n{PLAIN}\n```\nTell me {{if}} it fits.",
        f"Sure {{ok}}! {PLAIN} }} trailing",
        f"function f() {{ return 1 }}\n{PLAIN}",
        f"<answer>{PLAIN}</answer>",
        '{"title": "a", "done": true, "tags": ["x", "y",],}',
        "{'title': 'a', 'done': True, 'tags': ['x', 'y'], 'owner': None}",
        "{title: 'a', done: true, tags: ['x', 'y']}",
        "{“title”: “a”, “done”: true, “tags”: [“x”, “y”]}",
        '{\n  // the title\n  "title": "a", /* yes */ "done": true, # fine\n  "tags": ["x", "y"]\n}',
        f'{{"note": {PLAIN}}}',
        f"[{PLAIN}]",
        f'{{"title": 1}} no, rather {PLAIN}',
        f"{PLAIN}{PLAIN}",
    ],
)
def test_what_is_forgiven(text: str) -> None:
    assert parse_answer(text, Note) == EXPECTED


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ('{"title": "two\nlines"}', "two\nlines"),
        (r'{"title": "\d+ \' \u00e9",}', "\\d+ ' é"),
        ('{"title": "True, None, // not a comment, {x: 1,}",}', "True, None, // not a comment, {x: 1,}"),
        ("""{'title': 'say "hi", don\\'t'}""", 'say "hi", don\'t'),
        ('{"title": "“quoted”",}', "“quoted”"),
    ],
)
def test_strings_keep_their_text(text: str, title: str) -> None:
    assert parse_answer(text, Note).title == title


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("I would rather not.", "holds no JSON object"),
        ("", "holds no JSON object"),
        ("use {x} and {y}", "holds no JSON object"),
        ('{"title": "a", "tags": ["x"', "cut off"),
        ('{"title": "a', "cut off"),
        ('{"title": "a" "done": true}', "broken"),
        ('{"title": ' + "1" * 5000 + "}", "broken"),
        ('{"title": ' * 50_000, "nested too deeply"),
        ("{'title': " * 5_000, "cut off"),
        ('{"title": 1}', "title: Input should be a valid string"),
        ('{"name": "a"}', "title: Field required; name: Extra inputs"),
    ],
)
def test_what_is_refused_and_why(text: str, sentence: str) -> None:
    with pytest.raises(BadAnswer, match=sentence) as refusal:
        parse_answer(text, Note)
    assert len(str(refusal.value)) < 1000


def test_the_misfit_with_the_fewest_faults_is_explained() -> None:
    with pytest.raises(BadAnswer, match=r"tags\.0: Input should be a valid string"):
        parse_answer('{"x": 1, "y": 2, "z": 3} {"title": "a", "tags": [1]}', Note)


def test_a_contract_of_the_project_is_read_with_its_own_rules() -> None:
    task = {"id": "a", "title": "A", "role": "CodeGenerator", "dependsOn": ["b"]}
    plan = {"summary": "s", "complexity": {"level": "small"}, "tasks": [task]}
    with pytest.raises(BadAnswer, match="task 'a' depends on 'b'"):
        parse_answer(json.dumps(plan), Plan)
    task["dependsOn"] = []
    assert parse_answer(json.dumps(plan), Plan).tasks[0].id == "a"


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=10)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(max_size=5), VALUES, min_size=1, max_size=4)


@given(OBJECTS, st.booleans())
def test_any_object_is_read_as_it_was_written(value: dict[str, Any], ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert next(json_objects(f"So:\n```json\n{text}\n```\n")) == value


@given(OBJECTS)
def test_python_notation_is_read_too(value: dict[str, Any]) -> None:
    text = repr(value)
    # repr writes escapes JSON does not know
    if "\\x" not in text and "\\U" not in text:
        assert next(json_objects(text)) == value


@given(st.one_of(st.text(), st.text(alphabet="{}[]\"':,\\/*#ab1 \n\u201c")))
def test_no_text_raises_anything_else(text: str) -> None:
    try:
        parse_answer(text, Note)
    except BadAnswer as refusal:
        assert str(refusal)


@pytest.mark.parametrize(
    "text", ["{a:", "{'a':", '{"a":1,', "{a:/*", "{a:\u201c", "{ ", "{a:1}", "{a:'\\", "{a:#"]
)
def test_no_text_is_a_quadratic_trap(text: str) -> None:
    big = text * (40_000 // len(text))
    started = time.process_time()
    with pytest.raises(BadAnswer):
        parse_answer(big, Note)
    assert time.process_time() - started < 4

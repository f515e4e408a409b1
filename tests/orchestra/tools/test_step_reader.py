"""Steps of models without tool calling: their answer's text as it streams, and replies near the form."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from codecompanion.contracts.errors import BadAnswer
from codecompanion.contracts.model_calls import ToolCall
from codecompanion.orchestra.tools.step_reader import StepReader

CALL = {"tool": "read_file", "arguments": {"path": "a.py"}}
FILE = 'FILE: a.py\n```\nx = "{1}"\n```\n'


def parse_step(text: str) -> ToolCall | str:
    """Return the step of a whole reply."""
    reader = StepReader()
    reader.feed(text)
    return reader.close()


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
        '{"name": "app", "version": "1"}',
        '{"summary": "s", "tasks": []}',
        '{"name": "app", "arguments": {}, "version": "1"}',
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


def read(chunks: Iterable[str]) -> tuple[str, ToolCall | str]:
    """Return what was told while the reply streamed, and the step."""
    reader = StepReader()
    told = [reader.feed(chunk) for chunk in chunks]
    return "".join(told), reader.close()


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"step": {"answer": FILE}}),
        json.dumps({"step": {"answer": FILE}}, indent=2),
        json.dumps({"answer": FILE}),
        json.dumps({"step": {"thought": "it's {so}", "answer": FILE, "confidence": 1}, "done": True}),
        json.dumps({"thought": {"answer": "no"}, "step": {"notes": [{"answer": "no"}], "answer": FILE}}),
        f"I use {{x}} and {{}}.\n```json\n{json.dumps({'step': {'answer': FILE}})}\n```\nDone.",
        '{"step": {"answer": "FILE: a.py\n```\nx = \\"{1}\\"\n```\n",},}',
        "{step: {// mine\nanswer: 'FILE: a.py\\n```\\nx = \"{1}\"\\n```\\n' /* that's it */}}",
        FILE,
    ],
)
def test_the_answer_is_told_while_it_streams(text: str) -> None:
    assert read(text) == (FILE, FILE)
    assert read([text]) == (FILE, FILE)


def test_each_piece_is_told_at_once() -> None:
    reader = StepReader()
    reader.feed('{"step": {"answer": "FILE: a.py')
    assert reader.feed("\\n```\\nx") == "\n```\nx"
    assert not reader.answer_ended
    assert reader.feed('\\n```"') == "\n```"
    assert reader.answer_ended


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (json.dumps({"step": {"tool": None, "arguments": None, "answer": FILE}}), FILE),
        (json.dumps({"step": {"answer": {"tasks": []}}}), '{"tasks": []}'),
        (f"My answer: {json.dumps({'answer': FILE})}", f"My answer: {json.dumps({'answer': FILE})}"),
        (f'I use {{"a": 1}}.\n{json.dumps({"step": {"answer": FILE}})}', FILE),
        ("Nothing to do {here}.", "Nothing to do {here}."),
    ],
)
def test_what_may_not_be_the_answer_is_told_by_nobody_before_the_end(text: str, answer: str) -> None:
    assert read(text) == ("", answer)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"step": {"tool": "search_text", "arguments": {"pattern": FILE, "answer": FILE}}}),
        json.dumps({"step": {"tool": "search_text", "arguments": {"pattern": "x"}, "answer": FILE}}),
        json.dumps({"tool": "search_text", "arguments": {"answer": FILE}}),
    ],
)
def test_the_arguments_of_a_tool_are_no_answer(text: str) -> None:
    told, step = read(text)
    assert told == ""
    assert isinstance(step, ToolCall)


@pytest.mark.parametrize(
    ("text", "told", "said"),
    [
        ('{"step": {"tool": "read_fi', "", "cut off before its closing brace"),
        ('{"step": {"answer": "FILE: a', "FILE: a", "cut off before its closing brace"),
        (r'{"step": {"answer": "a\u12 b"}}', "a", "the JSON object is broken: Invalid"),
        ('{"step": {"answer": "say "hi" twice"}}', "say ", "the JSON object is broken"),
        ('{"step": {"tool": "read_file"}}', "", "neither uses a tool nor gives an answer"),
        ('{"step": {}}', "", "neither uses a tool nor gives an answer"),
        ("{\"thought\": \"so: {'answer': 'FILE: b'}", "", "cut off before its closing brace"),
        ("{\"thought\": \"so\" {'answer': 'FILE: b'}, 1}", "", "the JSON object is broken"),
        ('{"stop": {"answer": "\nFILE: a.py\n```\nx\n```\n"}}', "", "neither uses a tool nor gives an answer"),
    ],
)
def test_a_step_that_cannot_be_used_is_sent_back(text: str, told: str, said: str) -> None:
    reader = StepReader()
    assert "".join(map(reader.feed, text)) == told
    with pytest.raises(BadAnswer, match=said):
        reader.close()


def test_braces_missing_behind_a_whole_step_are_forgiven() -> None:
    assert parse_step(json.dumps({"step": {"answer": FILE}})[:-1]) == FILE
    assert parse_step(json.dumps({"step": {"answer": {"tasks": []}}})[:-2]) == '{"tasks": []}'


_NAMES = st.sampled_from(["answer", "step", "tool", "arguments", "note", "a"])
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just("{'answer': 'no'}"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=6,
)
_OTHERS = st.dictionaries(st.sampled_from(["a", "note", "thought", "name"]), _VALUES, max_size=3)


@st.composite
def _steps(draw: st.DrawFn) -> tuple[str, str, bool]:
    """A step that answers, with anything around: its text, its answer, and whether a name may be a tool's."""
    answer, beside = draw(st.text()), draw(_OTHERS)
    order = draw(st.randoms())
    step = _shuffled({**beside, "answer": answer}, order)
    reply = _shuffled({**draw(_OTHERS), "step": step}, order)
    text = json.dumps(reply, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 1])))
    return text, answer, "name" in beside


@given(_steps(), st.data())
def test_an_answer_among_anything_is_told_and_nothing_else(
    step: tuple[str, str, bool], data: st.DataObject
) -> None:
    text, answer, may_be_tool = step
    told, closed = read(data.draw(_chunks(text)))
    assert closed == answer
    assert told in (answer, "") if may_be_tool else told == answer


def _shuffled(members: dict[str, Any], order: Any) -> dict[str, Any]:
    pairs = [*members.items()]
    order.shuffle(pairs)
    return dict(pairs)


def _chunks(text: str) -> st.SearchStrategy[list[str]]:
    places = st.lists(st.integers(0, len(text)), max_size=8)
    return places.map(lambda cuts: [text[a:b] for a, b in _spans(sorted(cuts), len(text))])


def _spans(cuts: list[int], end: int) -> Iterable[tuple[int, int]]:
    return zip([0, *cuts], [*cuts, end], strict=True)


_MARKS = [*"{}[]:,\"'\\# \n", "//x\n", "/*", r"\u00", r"\ud83d", r"\ude00"]
_WORDS = ['"step"', '"answer"', '"tool"', '"x"', "word", "don't", '{"step": {"answer": "', '"}}', "FILE: b\n"]
_PIECES = st.lists(st.sampled_from(_MARKS + _WORDS), max_size=14).map("".join)


@given(_PIECES)
@example('{"step": {"answer": "a", "answer": "b"}}')
def test_whatever_comes_is_read_alike_in_all_chunks(text: str) -> None:
    whole, single = StepReader(), StepReader()
    told = whole.feed(text)
    assert "".join(map(single.feed, text)) == told
    assert whole.answer_ended == single.answer_ended
    assert _closed(whole) == _closed(single)


def _closed(reader: StepReader) -> ToolCall | str:
    try:
        return reader.close()
    except BadAnswer as error:
        return f"refused: {error}"


@given(st.text())
def test_a_text_without_braces_is_the_answer(text: str) -> None:
    plain = text.replace("{", "(")
    assert parse_step(plain) == plain


@given(st.text())
def test_any_answer_comes_back(answer: str) -> None:
    assert parse_step(json.dumps({"step": {"answer": answer}})) == answer

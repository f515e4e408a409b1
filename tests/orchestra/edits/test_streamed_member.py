"""One string member of a streaming JSON object: told in pieces is what ``json.loads`` finds in the whole."""

import json
import time
from collections.abc import Sequence, Set
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.orchestra.edits.streamed_member import Path, StreamedMember
from codecompanion.orchestra.edits.streamed_string import StreamedString

WANTED: Path = ("outer", "text")
_ANY_CHARACTERS = st.text(st.characters() | st.sampled_from("\\\"'{}[]:,/#\n\u201c\u201d\ud83d\ude00😀"))
_NAMES = st.sampled_from(["outer", "text", "a", ""]) | _ANY_CHARACTERS
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _ANY_CHARACTERS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=8,
)
_OBJECTS = st.dictionaries(
    _NAMES, st.dictionaries(_NAMES, _VALUES, max_size=4) | _VALUES, max_size=4
) | st.fixed_dictionaries(
    {"a": _VALUES, "outer": st.fixed_dictionaries({"b": _VALUES, "text": _ANY_CHARACTERS, "c": _VALUES})}
)


def member(wanted: Path = WANTED) -> StreamedMember:
    return StreamedMember(lambda path, earlier: path == wanted)


def told(chunks: Sequence[str], reader: StreamedMember | None = None) -> str:
    reader = reader or member()
    return "".join(map(reader.feed, chunks))


def expected(text: str) -> str:
    outer = json.loads(text).get("outer")
    value = outer.get("text") if isinstance(outer, dict) else None
    return value if isinstance(value, str) else ""


@st.composite
def chunked(draw: st.DrawFn, text: str) -> list[str]:
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=10)))
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


@given(
    _OBJECTS,
    st.booleans(),
    st.sampled_from([None, 0, 2]),
    st.sampled_from(["", "So {x}:\n```json\n"]),
    st.data(),
)
def test_the_member_is_what_a_reader_of_the_whole_finds(
    value: dict[str, Any], ascii_only: bool, indent: int | None, before: str, data: st.DataObject
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    reply = f"{before}{text}\n```\n"
    assert told(data.draw(chunked(reply))) == expected(text)
    assert told(reply) == expected(text)


@given(_OBJECTS, st.data())
def test_of_an_object_cut_off_anywhere_the_beginning_is_told(
    value: dict[str, Any], data: st.DataObject
) -> None:
    text = json.dumps(value)
    cut = data.draw(st.integers(0, len(text) - 1))
    reader = member()
    assert expected(text).startswith(told(text[:cut], reader))
    if len(told(text, member())) > len(told(text[:cut])):
        assert not reader.closed


@given(_ANY_CHARACTERS, st.booleans(), st.data())
def test_a_string_is_decoded_alike_in_all_chunks(value: str, ascii_only: bool, data: st.DataObject) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)[1:] + " behind"
    string, rest = StreamedString('"'), ""
    decoded = []
    for chunk in data.draw(chunked(text)):
        if string.closed:
            rest += chunk
        else:
            more, rest = string.feed(chunk)
            decoded.append(more)
    assert ("".join(decoded), rest, string.closed) == (json.loads(json.dumps(value)), " behind", True)


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        (r"\ud83d\ude00", "😀"),
        (r"\ud83d\ud83d\ude00", "\ud83d😀"),
        (r"\ud83d\n", "\ud83d\n"),
        (r"\ud83d", "\ud83d"),
        (r"\ude00\ud83d", "\ude00\ud83d"),
        (r"\d+ \' \u201c \“", "\\d+ ' “ “"),
        ("\\\n", "\n"),
    ],
)
def test_escapes(escaped: str, text: str) -> None:
    for chunks in ([escaped + '"'], list(escaped + '"')):
        string = StreamedString('"')
        assert "".join(string.feed(chunk)[0] for chunk in chunks) == text
        assert (string.closed, string.broken) == (True, False)


@pytest.mark.parametrize("escaped", [r"\u12", r"\u12 4", r"\ux", r"\ud83d\u12"])
def test_what_is_no_character_ends_the_telling(escaped: str) -> None:
    for chunks in ([f'ab{escaped}zz"'], list(f'ab{escaped}zz"')):
        string = StreamedString('"')
        assert "".join(string.feed(chunk)[0] for chunk in chunks).rstrip("\ud83d") == "ab"
        assert (string.closed, string.broken) == (False, True)


@pytest.mark.parametrize(
    "text",
    [
        "{'outer': {'text': 'it', },}",
        "{outer: {text: 'it'}}",
        "{“outer”: {“a”: [1, {“text”: “no”}], “text”: “it”}}",
        '{ // first {"outer": {"text": "no"}}\n"outer" /* : */ : {# here\n"text": "it"}}',
        '{"outer": {"a": {"outer": {"text": "no"}}, "text": "it"}, "outer2": {"text": "no"}}',
        '{} {x} {name: 1} {"outer": {"text": "it"}}',
        '{"outer": {"text": 1, "text": "it"}}',
    ],
)
def test_what_is_forgiven_and_passed_over(text: str) -> None:
    assert told(text) == "it"
    assert told([text]) == "it"


@pytest.mark.parametrize(
    "text",
    [
        '[1, {"text": "no"}]',
        '{"outer": [{"text": "no"}]}',
        '{"outer": {"text": ["no"]}}',
        '{"text": "no"}',
        '{"a": 1} {"outer": {"text": "no"}}',
        '{"a" "b", "outer": {"text": "no"}}',
        '{"a": "says "hi" {"outer": {"text": "no"}}"}',
        '{"a": /b/, "outer": {"text": "no"}}',
        '{"a": ]"outer": {"text": "no"}}',
        '{"a": ' + "[" * 500 + '{"outer": {"text": "no"}}',
        "{" + " " * 500 + '"outer": {"text": "no"}}',
    ],
)
def test_nothing_else_is_told(text: str) -> None:
    reader = member()
    assert told(text, reader) == told([text]) == ""
    assert not reader.begun


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        ("", True),
        ("words {only", True),
        ('{"a": 1} and more', True),
        ('{"a": 1', False),
        ('{"a": 1 1}', False),
        ('{x} {"a": [', False),
        ("{x y", True),
    ],
)
def test_whether_what_was_read_is_sound(text: str, sound: bool) -> None:
    reader = member()
    told(text, reader)
    assert reader.is_sound is sound


def test_the_members_before_are_named() -> None:
    asked: list[tuple[Path, Set[str]]] = []

    def wanted(path: Path, earlier: Set[str]) -> bool:
        asked.append((path, set(earlier)))
        return path == ("b", "d")

    told('{"a": 1, "b": {"c": ["x", {"e": "y"}], "d": "z", "f": ""}}', StreamedMember(wanted))
    assert asked == [(("b", "c", None), set()), (("b", "c", None, "e"), set()), (("b", "d"), {"c"})]


def test_the_places_of_the_outer_objects_are_known() -> None:
    text = 'so {x}: {/* long */ "a": {"b": {"c": {}}}, "outer": {"text": "it'
    for chunks in (text, [text]):
        reader = member()
        told(chunks, reader)
        places = {path: text[at:].partition(":")[0] for path, at in reader.opened.items()}
        assert places == {
            (): '{/* long */ "a"',
            ("a",): '{"b"',
            ("a", "b"): '{"c"',
            ("outer",): '{"text"',
        }


@pytest.mark.parametrize(
    "text",
    [
        "{" * 200_000,
        '{"a":' + "[" * 200_000,
        '{"a": /*' + "x" * 200_000,
        '{"a": ' + "1" * 200_000,
        "{" + " " * 200_000,
        '{"' + "\\u12" * 50_000,
        '{"a": {' + '"b": "c",' * 20_000,
        '{"outer": {"text": "' + "\\n" * 100_000,
    ],
)
def test_a_long_text_is_read_in_time(text: str) -> None:
    # of this process alone: a busy machine must not count
    started = time.process_time()
    told([text])
    told([text[at : at + 7] for at in range(0, len(text), 7)])
    assert time.process_time() - started < 5

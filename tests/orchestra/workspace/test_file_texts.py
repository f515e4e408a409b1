"""Bytes as text and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.orchestra.edits.lines import split_lines, without_ending
from codecompanion.orchestra.workspace.texts import NEW_TEXT, decode, with_endings_of


@pytest.mark.parametrize("data", [b"", b"a\r\nb\n", "ü\u2028\x0c".encode(), b"\xef\xbb\xbfa\r\n", b"\r\r\n\n"])
def test_text_comes_back_byte_for_byte(data: bytes) -> None:
    decoded = decode(data, "x")
    assert not decoded.text.startswith("\ufeff")
    assert decoded.encoded(decoded.text) == data


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "is not a text file"),
        (b"caf\xe9", "byte 0xe9 at position 3"),
        (b"\xef\xbb\xbfcaf\xe9", "byte 0xe9 at position 6"),
        ("hé".encode("utf-16"), "UTF-16"),
    ],
)
def test_what_is_not_utf8_text_is_refused_with_its_name(data: bytes, words: str) -> None:
    with pytest.raises(WorkspaceError, match=words) as caught:
        decode(data, "img/x.png")
    assert "'img/x.png'" in str(caught.value)


def test_half_a_character_is_refused() -> None:
    with pytest.raises(WorkspaceError, match="position 1"):
        NEW_TEXT.encoded("a\ud800")


def test_a_new_text_takes_the_endings_of_the_old() -> None:
    assert with_endings_of("a\r\nb\r\n", "a\nc\nb\n") == "a\r\nc\r\nb\r\n"
    assert with_endings_of("a\nb\n", "a\r\nc\r\n") == "a\nc\n"
    assert with_endings_of("", "a\r\n") == "a\r\n"
    assert with_endings_of("a\r\nb\nc\r\n", "a\nb\nc\nd\n") == "a\r\nb\nc\r\nd\r\n"
    assert with_endings_of("a\r\nb", "a\nb\n") == "a\r\nb\r\n"


LINES = st.lists(st.tuples(st.sampled_from(["", "a", "b", "ü"]), st.sampled_from(["\n", "\r\n"])), max_size=8)


@given(LINES, LINES)
def test_only_endings_change(old: list[tuple[str, str]], new: list[tuple[str, str]]) -> None:
    before, after = ("".join(map("".join, lines)) for lines in (old, new))
    result = with_endings_of(before, after)
    assert list(map(without_ending, split_lines(result))) == list(map(without_ending, split_lines(after)))
    assert with_endings_of(before, result) == result


@given(LINES)
def test_an_unchanged_text_keeps_every_byte(old: list[tuple[str, str]]) -> None:
    before = "".join(map("".join, old))
    assert with_endings_of(before, before.replace("\r\n", "\n")) == before

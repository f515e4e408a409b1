"""Output as text that is safe to show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.orchestra.verification.output import (
    CUT_NOTE,
    Tail,
    bounded_head,
    bounded_tail,
    plain_text,
)


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        (b"\x1b[31mred\x1b[0m", "red"),
        (b"\x1b[1;38;5;196mx\x1b[2J\x1b[10;20Hy", "xy"),
        (b"\x1b]0;evil title\x07a", "a"),
        (b"\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        (b"\x1bP+q544e\x1b\\a\x1bcb\x1b(Bc", "abc"),
        (b"\x1b[", ""),
        (b"\x1b", ""),
        (b"10%\r50%\r100%\r\ndone", "10%\n50%\n100%\ndone"),
        (b"a\x00\x07\x08\x0b\x0cb\x7f\xc2\x9b1m", "ab1m"),
        ("safe\u202eevil\u2066x\U000e0041\u200b\ufeff".encode(), "safeevilx"),
        (b"caf\xe9 \xff", "caf\ufffd \ufffd"),
        ("tab\tü 漢 👍\n".encode(), "tab\tü 漢 👍\n"),
        (
            b"a\x1b[1m-----BEGIN PRIVATE KEY-----\r\nE  " + b"A" * 64 + b"\r\n-----END PRIVATE KEY-----z",
            "a[a private key, hidden]z",
        ),
    ],
)
def test_only_visible_text_is_left(printed: bytes, shown: str) -> None:
    assert plain_text(printed) == shown


@given(st.binary(max_size=300))
def test_no_control_character_survives(data: bytes) -> None:
    text = plain_text(data)
    assert not any((ord(char) < 32 and char not in "\n\t") or 127 <= ord(char) < 160 for char in text)
    assert plain_text(text.encode()) == text


@given(st.text(max_size=300), st.integers(60, 200))
def test_a_tail_is_bounded_and_whole(text: str, limit: int) -> None:
    tail = bounded_tail(text, limit)
    assert len(tail.encode()) <= max(limit, 0)
    if tail != text:
        assert tail.startswith(CUT_NOTE)
        assert text.endswith(tail.removeprefix(CUT_NOTE))


def test_a_tail_starts_with_a_whole_line() -> None:
    assert bounded_tail("first line is long\nsecond\nthird\n", 33 + 14).endswith("\nsecond\nthird\n")
    assert bounded_head("abcdef", 4) == "abc…"
    assert bounded_head("abcd", 4) == "abcd"


@given(st.lists(st.binary(max_size=40)))
def test_the_last_bytes_are_kept_and_all_are_counted(pieces: list[bytes]) -> None:
    tail = Tail(10)
    for piece in pieces:
        tail.add(piece)
    assert tail.bytes() == b"".join(pieces)[-10:]
    assert tail.total == sum(map(len, pieces))

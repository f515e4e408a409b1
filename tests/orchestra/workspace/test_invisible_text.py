"""Invisible characters in edits are flagged; what scripts and emoji need is not."""

import pytest

from codecompanion.contracts.edits import DeleteFile, ReplaceBlock, WholeFile
from codecompanion.orchestra.workspace.invisible_text import invisible_in, why_suspicious

HIDDEN = {
    "an override": "if access != 'user\u202e \u2066// admin\u2069 \u2066':",
    "an isolate": "a = 1 # \u2067 x",
    "a zero-width space": "pass\u200bword = 1",
    "a joiner in a name": "us\u200der = 1",
    "a mark in a name": "ad\u200emin",
    "a word joiner": "x\u2060y",
    "tags": "# fine\U000e0069\U000e0067\U000e006e\U000e006f\U000e0072\U000e0065",
    "variation selectors that carry data": "a\U000e0101\U000e0123\U000e0111",
    "a filler": "const { timeout,\u3164} = x",
    "a byte order mark inside": "x\ufeffy",
    "a soft hyphen": "pay\u00adload",
}
SEEN = {
    "ASCII": "def add(a, b):\n\treturn a + b\r\n",
    "accents": "nai\u0308ve café Ünïcode",
    "a family": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "a heart": "\u2764\ufe0f",
    "Persian": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "Hindi": "\u0915\u094d\u200d\u0937",
    "Hebrew with a mark": "\u05e9\u05dc\u05d5\u05dd\u200f \u05e2",
    "Scotland": "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "a byte order mark in front": "\ufeffx = 1",
    "Japanese": "\u5c71\u672c\u3055\u3093",
}


@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN.keys())
def test_what_hides_is_found(text: str) -> None:
    (first, *_) = invisible_in(f"one\n{text}")
    assert first.line == 2
    assert first.name.startswith("U+")


@pytest.mark.parametrize("text", SEEN.values(), ids=SEEN.keys())
def test_what_scripts_need_is_left_alone(text: str) -> None:
    assert list(invisible_in(text)) == []


def test_only_what_an_edit_brings_is_flagged() -> None:
    hidden, clean = HIDDEN["an override"], "x = 1\n"
    said = why_suspicious(WholeFile(path="a.py", text=f"{clean}{hidden}"))
    assert "of 'a.py' brings characters that cannot be seen (line 2: U+202E right-to-left override" in said
    assert "and 1 more" in said
    assert why_suspicious(ReplaceBlock(path="a.py", search="x", replace=hidden))
    assert why_suspicious(ReplaceBlock(path="a.py", search=hidden, replace=f"{hidden} ")) == ""
    assert why_suspicious(ReplaceBlock(path="a.py", search=hidden, replace="x")) == ""
    assert why_suspicious(DeleteFile(path="a.py")) == ""
    assert why_suspicious(WholeFile(path="a.py", text=clean)) == ""

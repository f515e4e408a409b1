"""Taking edits back: exact where nobody typed, and never at the cost of what somebody typed."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecompanion.contracts.messages import Role
from codecompanion.orchestra.edits.lines import split_lines
from codecompanion.orchestra.provenance.file_history import AgentEdit
from codecompanion.orchestra.undo.taking_back import inverse, taken_back

PATH = "shop.py"


def edit(before: str | None, after: str | None, nth: int = 1, **more: Any) -> AgentEdit:
    return AgentEdit(f"e{nth}", "run-1", "code", Role.CODE_GENERATOR, PATH, float(nth), before, after, **more)


def chain(*texts: str | None) -> list[AgentEdit]:
    return [edit(before, after, n) for n, (before, after) in enumerate(pairwise(texts), 1)]


def test_edits_are_taken_back_around_what_was_typed() -> None:
    edits = chain("a\nb\nc\n", "a\nB\nc\n", "a\nB\nc\nd\n")
    back = taken_back(PATH, "typed\na\nB\nc\nd\n", edits)
    assert (back.text, back.undone, back.stays) == ("typed\na\nb\nc\n", ("e1", "e2"), ())


def test_lines_that_were_changed_since_stay_and_are_named() -> None:
    edits = chain("a\nb\nc\nd\ne\n", "a\nagent\nc\nd\nE\n")
    back = taken_back(PATH, "a\nagent, and mine\nc\nd\nE\n", edits)
    assert back.text is not None
    assert "mine" in back.text
    assert back.text.endswith("d\ne\n")
    assert back.undone == ()
    assert [(one.line, one.edit_id) for one in back.stays] == [(2, "e1")]
    assert back.stays[0].sentence.startswith("shop.py:2: ")


def test_one_edit_is_taken_back_from_beneath_a_later_one() -> None:
    first, second = chain("a\nb\nc\n", "A\nb\nc\n", "A\nb\nC\n")
    assert taken_back(PATH, "A\nb\nC\n", [first]).text == "a\nb\nC\n"
    assert taken_back(PATH, "A\nb\nC\n", [second]).text == "A\nb\nc\n"


@pytest.mark.parametrize(
    ("edits", "current", "text", "stays"),
    [
        (chain(None, "new\n"), "new\n", None, 0),
        (chain(None, "new\n", "newer\n"), "newer\r\n", None, 0),
        (chain(None, "new\n"), None, None, 0),
        (chain(None, "new\n"), "new\nmine\n", "new\nmine\n", 1),
        (chain("old\n", None), None, "old\n", 0),
        (chain("old\n", None), "old\n", "old\n", 0),
        (chain("old\n", None), "another\n", "another\n", 1),
        (chain("old\n", "new\n"), None, None, 1),
        ([edit(None, "x", certain=False)], "y", "y", 1),
        ([edit("x", None, certain=False)], "y", "y", 1),
    ],
)
def test_files_that_were_made_or_removed(
    edits: list[AgentEdit], current: str | None, text: str | None, stays: int
) -> None:
    back = taken_back(PATH, current, edits)
    assert (back.text, len(back.stays)) == (text, stays)
    assert bool(back.undone) is (stays == 0)


TEXTS = st.lists(st.sampled_from("abcdefgh"), max_size=8).map(lambda lines: "".join(f"{x}\n" for x in lines))


@given(st.lists(st.one_of(TEXTS, st.none()), min_size=2, max_size=5))
@settings(max_examples=100, deadline=None)
def test_without_typing_an_undo_is_exact_and_taking_it_back_is_too(texts: list[str | None]) -> None:
    edits = chain(*texts)
    back = taken_back(PATH, texts[-1], edits)
    assert back.stays == ()
    assert back.text == texts[0]
    assert taken_back(PATH, back.text, edits).text == texts[0]
    again = taken_back(PATH, back.text, [inverse(one) for one in reversed(edits)])
    assert (again.text, again.stays) == (texts[-1], ())


@given(
    st.lists(TEXTS, min_size=2, max_size=4), st.lists(st.tuples(st.integers(0, 99), st.booleans()), max_size=5)
)
@settings(max_examples=150, deadline=None)
def test_every_typed_character_is_kept(texts: list[str], places: list[tuple[int, bool]]) -> None:
    lines = split_lines(texts[-1])
    for nth, (place, own_line) in enumerate(places):
        at = place % (len(lines) + 1)
        if own_line or at == len(lines):
            lines.insert(at, f"«{nth}»\n")
        else:
            lines[at] = f"«{nth}»{lines[at]}"
    back = taken_back(PATH, "".join(lines), chain(*texts))
    assert back.text is not None
    assert sorted(part for part in "".join(lines) if part in "«»0123456789") == sorted(
        part for part in back.text if part in "«»0123456789"
    )
    assert all(f"«{nth}»" in back.text for nth in range(len(places)))
    assert {one.edit_id for one in back.stays}.isdisjoint(back.undone)


def test_an_edit_and_its_inverse_are_each_others() -> None:
    one = edit("a", "b")
    assert inverse(inverse(one)) == one
    assert inverse(one) == replace(one, before="b", after="a")

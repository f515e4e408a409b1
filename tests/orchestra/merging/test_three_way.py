"""Merging two changes of one text: nothing typed is lost, what overlaps stays as the user has it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.orchestra.merging.three_way import Merged, merge

LINES = st.lists(
    st.sampled_from(["a = 1\n", "b\n", "\n", "c d e\r\n", "é😀 x\n", "    if f(x):\n"]), max_size=14
)
TEXTS = st.tuples(LINES, st.sampled_from(["", "a", "end of it"])).map(lambda p: "".join(p[0]) + p[1])
TYPED = ["«1»", "«2»\n", "\n«3»", "«4» «5»"]


@st.composite
def typed_into(draw: st.DrawFn, base: str) -> str:
    """A text with marked pieces typed into it and perhaps a piece of it deleted."""
    cut = sorted((draw(st.integers(0, len(base))), draw(st.integers(0, len(base)))))
    text = base[: cut[0]] + base[cut[1] :] if draw(st.booleans()) else base
    for piece in TYPED:
        at = draw(st.integers(0, len(text)))
        text = text[:at] + piece + text[at:]
    return text


@given(TEXTS, TEXTS)
def test_one_change_alone_is_taken_as_it_is(base: str, other: str) -> None:
    assert merge(base, other, base) == Merged(other)
    assert merge(base, base, other) == Merged(other)
    assert merge(base, other, other) == Merged(other)


@given(st.data(), TEXTS, TEXTS)
def test_everything_typed_is_in_the_result(data: st.DataObject, base: str, agent: str) -> None:
    user = data.draw(typed_into(base))
    merged = merge(base, user, agent).text
    for sign in "«»12345":
        # the agent's text may hold figures of its own, so its signs are counted out
        assert merged.count(sign) >= user.count(sign) - base.count(sign)
    assert [sign for sign in merged if sign in "«»"] == [sign for sign in user if sign in "«»"]


@given(TEXTS, TEXTS, TEXTS)
def test_conflicts_keep_the_users_text_and_say_where(base: str, user: str, agent: str) -> None:
    merged = merge(base, user, agent)
    for conflict in merged.conflicts:
        assert merged.text[conflict.start : conflict.end] == conflict.user
        assert conflict.user != conflict.agent
        assert conflict.base in base
        assert conflict.agent in agent


@given(TEXTS, TEXTS, TEXTS)
def test_without_conflicts_nobody_comes_first(base: str, one: str, other: str) -> None:
    merged, swapped = merge(base, one, other), merge(base, other, one)
    assert bool(merged.conflicts) == bool(swapped.conflicts)
    if not merged.conflicts:
        assert merged == swapped


CODE = "import os\n\n\ndef one():\n    return 1\n\n\ndef two(a, b):\n    return a + b\n"


def test_changes_of_different_functions_are_both_made() -> None:
    user = CODE.replace("return 1", "return 11")
    agent = CODE.replace("a + b", "a * b").replace("import os\n", "import os\nimport re\n")
    merged = merge(CODE, user, agent)
    assert merged == Merged(agent.replace("return 1", "return 11"))


def test_changes_of_neighbouring_lines_are_both_made() -> None:
    user = CODE.replace("def two(a, b):", "def two(a, b):  # mine")
    assert merge(CODE, user, CODE.replace("a + b", "a - b")).text == user.replace("a + b", "a - b")


def test_different_words_of_one_line_are_both_changed() -> None:
    base = "total = price * amount + tax(country)\n"
    user, agent = base.replace("total", "grand_total"), base.replace("country", "country, year")
    assert merge(base, user, agent).text == "grand_total = price * amount + tax(country, year)\n"


def test_the_same_word_is_left_to_the_user_and_the_other_wish_is_kept() -> None:
    merged = merge("a = 1\nb = 2\nc = 3\n", "a = 1\nb = 20\nc = 3\n", "a = 1\nb = 3\nc = 4\n")
    assert merged.text == "a = 1\nb = 20\nc = 3\n"
    (conflict,) = merged.conflicts
    assert (conflict.base, conflict.user, conflict.agent) == (
        "b = 2\nc = 3\n",
        "b = 20\nc = 3\n",
        "b = 3\nc = 4\n",
    )
    assert conflict.line == 2


def test_a_line_written_anew_is_no_place_for_half_of_a_users_change() -> None:
    base = "return foo(x)\n"
    merged = merge(base, "return foo(y)\n", "value = compute(x, 1)\nlog(value)\nreturn value\n")
    assert merged.text == "return foo(y)\n"
    assert len(merged.conflicts) == 1


def test_two_additions_at_one_place_are_the_users_to_order() -> None:
    merged = merge("a\n", "a\nmine\n", "a\nits\n")
    assert merged.text == "a\nmine\n"
    assert merged.conflicts[0].agent.endswith("its\n")


def test_a_deleted_function_that_the_agent_changed_stays_deleted() -> None:
    user = CODE.replace("def one():\n    return 1\n", "")
    merged = merge(CODE, user, CODE.replace("return 1", "return 2"))
    assert merged.text == user
    assert len(merged.conflicts) == 1


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("last", ["", "no line break"])
def test_marks_and_endings_stay_as_they_are(ending: str, mark: str, last: str) -> None:
    base = mark + ending.join(["one", "two", "three", "four", last])
    user, agent = base.replace("one", "1 one"), base.replace("four", "fourth")
    assert merge(base, user, agent).text == user.replace("four", "fourth")


def test_lines_never_run_together_at_the_end_of_the_text() -> None:
    merged = merge("a\nb\n", "a\nb", "a\nb\nc\n")
    assert merged.text == "a\nb"
    assert len(merged.conflicts) == 1

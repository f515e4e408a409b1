"""Placing search/replace blocks: the ladder, what is refused, and what stays byte for byte."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.contracts.edits import PlaceHints
from codecompanion.contracts.errors import EditRefused
from codecompanion.orchestra.edits.lines import split_lines
from codecompanion.orchestra.edits.matching import Rung, locate, plan_splice, replace_once

SOURCE = "def add(a, b):\n    return a - b\n\n\ndef sub(a, b):\n    return a + b\n"


def test_an_exact_block_is_replaced_and_nothing_else_changes() -> None:
    assert replace_once(SOURCE, "    return a - b\n", "    return a + b  # mended\n") == SOURCE.replace(
        "a - b", "a + b  # mended"
    )


@pytest.mark.parametrize(
    ("search", "rung"),
    [
        ("def add(a, b):\n    return a - b\n", Rung.EXACT),
        ("def add(a, b):  \n    return a - b\t\n", Rung.TRAILING),
        ("  def add(a, b):\n      return a - b", Rung.INDENTATION),
        ("def add(a,\u00a0b):\n    return a \u2212 b\n", Rung.PUNCTUATION),
    ],
)
def test_each_rung_finds_the_place(search: str, rung: Rung) -> None:
    span = locate(SOURCE, search)
    assert (span.rung, span.first_line, span.last_line) == (rung, 1, 2)
    assert SOURCE[span.start : span.end] == "def add(a, b):\n    return a - b\n"


def test_typographic_quotes_in_the_file_match_plain_ones_and_stay_where_the_line_stays() -> None:
    text = "say(“hello…”)\nwait()\n"
    assert replace_once(text, 'say("hello...")\nwait()\n', 'say("hello...")\nsleep()\n') == (
        "say(“hello…”)\nsleep()\n"
    )


def test_composed_and_decomposed_letters_are_the_same() -> None:
    assert replace_once("cafe\u0301 = 1\n", "caf\u00e9 = 1\n", "tea = 1\n") == "tea = 1\n"


@pytest.mark.parametrize(
    ("text", "search", "replacement", "result"),
    [
        # the block lacks the indentation: the new lines get it, blank lines do not
        (
            "class A:\n    def f(self):\n        return 1\n",
            "def f(self):\n    return 1\n",
            "def f(self):\n    x = 2\n\n    return x\n",
            "class A:\n    def f(self):\n        x = 2\n\n        return x\n",
        ),
        # the block has too much of it
        ("x = 1\nif x:\n    y()\n", "    if x:\n        y()\n", "    if not x:\n        y()\n", None),
        # tabs are shifted like spaces
        ("if a:\n\tif b:\n\t\tc()\n", "if b:\n\tc()\n", "if b:\n\td()\n", "if a:\n\tif b:\n\t\td()\n"),
    ],
)
def test_a_common_indentation_shift_is_applied_to_the_replacement(
    text: str, search: str, replacement: str, result: str | None
) -> None:
    assert replace_once(text, search, replacement) == (result or "x = 1\nif not x:\n    y()\n")


def test_an_indentation_that_does_not_shift_as_one_is_refused_where_it_tells_nothing_of_the_new_lines() -> None:
    with pytest.raises(EditRefused, match="cannot be told"):
        replace_once("if a:\n    b()\n", "if a:\n      b()\n", "pass\n")


def test_a_replacement_that_cannot_be_shifted_back_is_refused() -> None:
    with pytest.raises(EditRefused, match=r"fit partly the one and partly the other"):
        replace_once("x = 1\ny = 2\n", "    x = 1\n    y = 2\n", "    x = 1\nz = 1\n")


def test_whole_lines_only_so_a_prefix_of_a_line_is_no_match() -> None:
    with pytest.raises(EditRefused, match=r"(?s)no place.*1\| total = 10"):
        replace_once("total = 10\n", "total = 1\n", "total = 2\n")


def test_an_ambiguous_block_is_refused_with_the_lines() -> None:
    with pytest.raises(EditRefused, match=r"2 places \(starting at lines 2, 4\)"):
        replace_once("a\nx\nb\nx\n", "x\n", "y\n")


def test_overlapping_places_are_ambiguous_too() -> None:
    with pytest.raises(EditRefused, match="2 places"):
        replace_once("x\nx\nx\n", "x\nx\n", "y\n")


def test_an_exact_place_wins_over_lenient_ones() -> None:
    assert replace_once("  x = 1\nx = 1\n", "x = 1\n", "x = 2\n") == "  x = 1\nx = 2\n"


def test_many_places_are_named_only_in_part() -> None:
    with pytest.raises(EditRefused, match="more than 10 places") as refusal:
        replace_once("x\n" * 500, "x\n", "y\n")
    assert len(str(refusal.value)) < 300


def test_a_miss_shows_the_nearest_lines_numbered() -> None:
    text = "".join(f"value_{n} = load({n})\n" for n in range(200))
    with pytest.raises(EditRefused) as refusal:
        replace_once(text, "value_150 = lod(150)\n", "value_150 = 1\n")
    assert "151| value_150 = load(150)" in str(refusal.value)
    assert len(str(refusal.value)) < 500


def test_a_miss_with_nothing_alike_says_so() -> None:
    with pytest.raises(EditRefused, match="Nothing in its 6 lines is like them"):
        replace_once(SOURCE, "zebra crossing\n", "x\n")


def test_the_feedback_is_bounded_for_huge_lines_and_blocks() -> None:
    text = "needle " + "x" * 100_000 + "\n" + "other needle\n" * 10
    with pytest.raises(EditRefused) as refusal:
        replace_once(text, "needle " + "y" * 100_000 + "\n" + "needle z\n" * 500, "x\n")
    assert len(str(refusal.value)) < 10_000


def test_a_miss_says_when_the_new_lines_are_there_already() -> None:
    with pytest.raises(EditRefused, match="already stand at lines 2-2"):
        replace_once(SOURCE, "    return a * b\n", "    return a - b\n")


@pytest.mark.parametrize(("search", "replacement"), [("a\n", "a\n"), ("a", "a\n"), ("a\n", "a\r\n"), ("", "")])
def test_a_block_that_changes_nothing_is_refused(search: str, replacement: str) -> None:
    with pytest.raises(EditRefused, match="changes nothing"):
        replace_once("a\n", search, replacement)


def test_a_block_that_changes_nothing_is_shown_the_lines_that_it_is_about() -> None:
    text = "".join(f"value_{n} = load({n})\n" for n in range(200))
    for search in ("value_150 = load(150)\n", "value_150 = lod(150)\n"):
        with pytest.raises(EditRefused) as refusal:
            replace_once(text, search, search)
        assert "put the lines as they shall be into the replace part." in str(refusal.value)
        assert "151| value_150 = load(150)" in str(refusal.value)
        assert len(str(refusal.value)) < 500


def test_a_block_whose_result_is_the_same_text_is_refused() -> None:
    with pytest.raises(EditRefused, match="already reads like this") as refusal:
        replace_once("  a\n", "a \n", "a\n")
    assert "1|   a" in str(refusal.value)


@pytest.mark.parametrize("text", ["", "\ufeff", "\n", " \r\n"])
def test_an_empty_search_fills_an_empty_file(text: str) -> None:
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    assert replace_once(text, "", "a\nb\n") == mark + "a\nb\n"


def test_an_empty_search_is_refused_for_a_file_with_text() -> None:
    with pytest.raises(EditRefused, match="empty or new file"):
        replace_once("a\n", "", "b\n")


def test_searching_an_empty_file_is_refused() -> None:
    with pytest.raises(EditRefused, match="The file is empty"):
        replace_once("", "a\n", "b\n")


@pytest.mark.parametrize(
    ("text", "search", "replacement", "result"),
    [
        ("a\r\nb\r\nc\r\n", "b\n", "x\ny\n", "a\r\nx\r\ny\r\nc\r\n"),
        ("a\r\nb\nc\rd\n", "b\nc\nd\n", "b\nx\ny\nd\n", "a\r\nb\nx\ry\rd\n"),
        ("a\r\nb\nc\r\n", "a\nb\nc\n", "1\n2\n3\n", "1\r\n2\n3\r\n"),
        ("a\rb\rc", "b", "x\ny", "a\rx\ry\rc"),
        ("\ufeffa\r\nb\r\n", "a\nb\n", "x\nb\n", "\ufeffx\r\nb\r\n"),
        ("\ufeffa\n", "\ufeffa\n", "\ufeffx\n", "\ufeffx\n"),
        # no newline at the end of the file stays so
        ("a\nb", "b\n", "x\ny\n", "a\nx\ny"),
        ("a\r\nb", "b\n", "b\nc\n", "a\r\nb\r\nc"),
        ("b", "b\n", "x\ny\n", "x\ny"),
        # whitespace at the end of kept lines stays; form feeds and separators are no line ends
        ("a  \nb\t\nc\n", "a\nb\nc\n", "a\nB\nc\n", "a  \nB\nc\n"),
        ("a\x0cb\u2028c\nd\n", "d\n", "e\n", "a\x0cb\u2028c\ne\n"),
        # an empty replacement removes whole lines
        ("a\nb\nc\n", "b\n", "", "a\nc\n"),
        ("a\nb\nc\n", "b", "", "a\nc\n"),
        ("a\nb\nc\n", "b\n", "\n", "a\n\nc\n"),
        ("a\nb", "b\n", "", "a\n"),
    ],
)
def test_endings_marks_and_untouched_bytes_are_kept(
    text: str, search: str, replacement: str, result: str
) -> None:
    assert replace_once(text, search, replacement) == result


def test_the_splice_is_the_smallest_in_whole_lines() -> None:
    text = "a\nb\nc\nd\n"
    splice = plan_splice(text, "a\nb\nc\nd\n", "a\nb\nX\nd\n")
    assert (splice.start, splice.end, splice.new_text) == (4, 6, "X\n")


LINES = st.lists(st.sampled_from(["", "a", "b", "  a", "\tb", "c d", "é", "x = 1"]), max_size=12)


@given(before=LINES, after=LINES, replacement=LINES, ending=st.sampled_from(["\n", "\r\n", "\r"]))
def test_a_unique_block_is_replaced_wherever_it_stands(
    before: list[str], after: list[str], replacement: list[str], ending: str
) -> None:
    def joined(lines: list[str]) -> str:
        return "".join(line + ending for line in lines)

    marker = ["unique one", "    unique two"]
    text = joined([*before, *marker, *after])
    assert replace_once(
        text, "\n".join(marker), "\n".join(replacement) + "\n" if replacement else ""
    ) == joined([*before, *replacement, *after])


@given(text=st.text(), search=st.text(), replacement=st.text())
def test_any_input_either_gives_another_text_or_is_refused(text: str, search: str, replacement: str) -> None:
    try:
        result = replace_once(text, search, replacement)
    except EditRefused as refusal:
        assert str(refusal)
    else:
        assert result != text


@given(
    text=st.text(alphabet="ab \n\r\t'\u2019"),
    search=st.text(alphabet="ab \n'"),
    replacement=st.text(alphabet="ab \n"),
)
def test_the_text_outside_the_place_is_untouched(text: str, search: str, replacement: str) -> None:
    try:
        span = locate(text, search)
        result = replace_once(text, search, replacement)
    except EditRefused:
        return
    assert result.startswith(text[: span.start])
    assert result.endswith(text[span.end :])


@given(st.text(alphabet="a\n\r\x0b\x0c\x1c\x85\u2028"))
def test_split_lines_loses_nothing_and_splits_where_editors_do(text: str) -> None:
    lines = split_lines(text)
    assert "".join(lines) == text
    assert len(lines) == len(text.replace("\r\n", "\n").replace("\r", "\n").split("\n")) - (
        text == "" or text[-1] in "\r\n"
    )


@pytest.mark.parametrize("text", ["\n", "a\n", "    value = compute(1, 'abc')\n"])
def test_a_megabyte_of_repetition_is_no_quadratic_trap(text: str) -> None:
    big = text * (1_000_000 // len(text))
    started = time.process_time()
    with pytest.raises(EditRefused):
        replace_once(big, text * 1000 + "end\n", "x\n")
    assert time.process_time() - started < 5


def test_blank_search_lines_are_no_place() -> None:
    with pytest.raises(EditRefused, match="blank, which tells no place"):
        replace_once("a\n\n\nb\n\nc\n", "\n\n", "x\n")


@pytest.mark.parametrize("search", ["  end\nend\n", "}\n", "else\n"])
def test_ends_alone_are_no_place_where_others_are_indented_otherwise(search: str) -> None:
    deeper = "".join(f"    {line}\n" for line in search.splitlines())
    with pytest.raises(EditRefused, match="match 2 places"):
        replace_once(f"first\n{search}second\n{deeper}", search, "x\n")


def test_removed_lines_without_indentation_tell_nothing_of_a_hunks_steps() -> None:
    text = "from a import b\nfrom c import (\n    d,\n    e,\n    f,\n)\n"
    search = "from a import b\nfrom c import (\n  d,\n  e,\n"
    replace = "from a import x\nfrom c import (\n  d,\n  e2,\n  e,\n"
    made = replace_once(text, search, replace, PlaceHints(source="patch"))
    assert made == "from a import x\nfrom c import (\n    d,\n    e2,\n    e,\n    f,\n)\n"

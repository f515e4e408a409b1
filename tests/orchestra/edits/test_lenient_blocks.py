"""What is forgiven in a block, what becomes of its new lines, and where two readings make a refusal."""

import pytest

from codecompanion.contracts.edits import PlaceHints, ReplaceBlock, WholeFile
from codecompanion.contracts.errors import EditRefused
from codecompanion.orchestra.edits.matching import Rung, placement, replace_once
from codecompanion.orchestra.edits.preview import resulting_text

TWICE = "def a():\n    x = 1\n    return x\n\n\ndef b():\n    x = 1\n    return x\n"


def hints(**said: object) -> PlaceHints:
    return PlaceHints.model_validate({"source": "diff", **said})


# --- equal places ---


@pytest.mark.parametrize(
    "said", [{"line": 7}, {"heading": "def b():"}, {"at_end": True}, {"anchors": ("def b():",)}]
)
def test_a_hint_chooses_among_equal_places(said: dict[str, object]) -> None:
    assert replace_once(TWICE, "    x = 1\n    return x\n", "    return 2\n", hints(**said)) == (
        "def a():\n    x = 1\n    return x\n\n\ndef b():\n    return 2\n"
    )


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"line": 5},
        {"line": 6},
        {"heading": "class C:"},
        {"line": 2, "heading": "def b():"},
        {"line": 2, "at_end": True},
    ],
)
def test_equal_places_that_no_hint_or_several_tell_apart_are_refused(said: dict[str, object]) -> None:
    with pytest.raises(EditRefused, match=r"2 places \(starting at lines 2, 7\)"):
        replace_once(TWICE, "    x = 1\n    return x\n", "    return 2\n", hints(**said))


def test_a_line_number_never_places_lines_that_do_not_match() -> None:
    with pytest.raises(EditRefused, match="no place"):
        replace_once(TWICE, "    y = 1\n", "    y = 2\n", hints(line=2))


def test_a_line_number_that_names_the_same_lines_less_indented_makes_two_readings() -> None:
    text = "x = 1\n\n\ndef f():\n    x = 1\n"
    with pytest.raises(EditRefused, match="2 places"):
        replace_once(text, "x = 1\n", "x = 2\n", hints(line=5))
    assert replace_once(text, "x = 1\n", "x = 2\n", hints(line=1)).startswith("x = 2\n")


CLASSES = """class A:
    def run(self):
        go()

    def stop(self):
        go()


class B:
    def run(self):
        go()
"""


@pytest.mark.parametrize(
    ("anchors", "line"),
    [
        (("class A:", "def run(self):"), 3),
        (("class A:", "def stop(self):"), 6),
        (("class B:",), 11),
        (("class B", "def run"), 11),
        (("def stop(self):",), 6),
    ],
)
def test_anchors_narrow_the_search(anchors: tuple[str, ...], line: int) -> None:
    assert (
        placement(CLASSES, "        go()\n", "        stay()\n", hints(anchors=anchors)).span.first_line == line
    )


@pytest.mark.parametrize(
    ("anchors", "said"),
    [
        (("class C:",), "no line reads like the anchor"),
        (("class B:", "def stop(self):"), "no line beneath the anchor"),
        (("def run(self):",), "2 places"),
        (("class A:",), "2 places"),
    ],
)
def test_anchors_that_are_missing_or_do_not_tell_are_refused(anchors: tuple[str, ...], said: str) -> None:
    with pytest.raises(EditRefused, match=said):
        placement(CLASSES, "        go()\n", "        stay()\n", hints(anchors=anchors))


def test_a_place_that_is_not_beneath_its_anchor_is_refused_though_it_is_the_only_one() -> None:
    text = "def a():\n    x()\n\n\ndef b():\n    y()\n" + "\n\n\ndef c():\n    z()\n"
    with pytest.raises(EditRefused, match="not beneath"):
        replace_once(text, "    z()\n", "    w()\n", hints(anchors=("def a():",)))


def test_a_blank_line_alone_does_not_tell_equal_places_apart() -> None:
    text = "first = compute()\n\n# b\n\nfirst = compute()\n"
    with pytest.raises(EditRefused, match="2 places"):
        replace_once(text, "\nfirst = compute()\n", "\nfirst = 1\n")
    assert replace_once("a()\n\n# b\n\na()\n", "\na()\n", "\nb()\n") == "a()\n\n# b\n\nb()\n"


# --- the new lines ---

DEEPER = " " * 12
DEEP = "class A:\n    def f(self):\n        a = 1\n        return a\n"


@pytest.mark.parametrize(
    ("search", "replace"),
    [
        ("a = 1\nreturn a\n", "b = 1\nif b:\n    return b\n"),
        (f"{DEEPER}a = 1\n{DEEPER}return a\n", f"{DEEPER}b = 1\n{DEEPER}if b:\n{DEEPER}    return b\n"),
        # only the search lines were written from memory
        ("    a = 1\n    return a\n", "        b = 1\n        if b:\n            return b\n"),
        ("\t\ta = 1\n\t\treturn a\n", "\t\tb = 1\n\t\tif b:\n\t\t\treturn b\n"),
        ("\t\ta = 1\n\t\treturn a\n", "        b = 1\n        if b:\n            return b\n"),
        ("  1|         a = 1\n  2|         return a\n", "        b = 1\n        if b:\n            return b\n"),
        ("\n        a = 1\n        return a\n\n", "\n        b = 1\n        if b:\n            return b\n\n"),
        ("        a = 1  \n        return a\t\n", "        b = 1\n        if b:  \n            return b\n"),
        ("        a  = 1\n        return a\n", "        b = 1\n        if b:\n            return b\n"),
    ],
)
def test_new_lines_get_the_indentation_of_their_place(search: str, replace: str) -> None:
    assert replace_once(DEEP, search, replace) == (
        "class A:\n    def f(self):\n        b = 1\n        if b:\n            return b\n"
    )


def test_another_width_of_indentation_is_scaled() -> None:
    text = "def f():\n    if a:\n        b()\n"
    assert replace_once(
        text, "def f():\n  if a:\n    b()\n", "def f():\n  if a:\n    for c in d:\n      b()\n"
    ) == ("def f():\n    if a:\n        for c in d:\n            b()\n")


def test_steps_that_may_be_of_another_width_are_refused() -> None:
    with pytest.raises(EditRefused, match="other steps"):
        replace_once(DEEP, "    a = 1\n", "    if c:\n      a = 1\n")


@pytest.mark.parametrize(
    ("text", "search", "replace", "result"),
    [
        ("x = 'a'\n", "x = \u2018a\u2019\n", "x = \u2018b\u2019\n", "x = 'b'\n"),
        ("x = 'a'\n", "x = \u2018a\u2019\n", "x = 'b'\n", "x = 'b'\n"),
        ("x = 'a'\n", 'x = "a"\n', "x = 'b'\n", "x = 'b'\n"),
        ("x = 'a'\ny = 'c'\n", 'x = "a"\ny = "c"\n', 'x = "b"\ny = "c"\n', "x = 'b'\ny = 'c'\n"),
        ("a \u2013 b\n", "a - b\n", "a - b\nc\n", "a \u2013 b\nc\n"),
        ("f(a,b)\n", "f(a, b)\n", "f(a,b)\ng()\n", "f(a,b)\ng()\n"),
    ],
)
def test_new_lines_get_the_quotes_of_their_place(text: str, search: str, replace: str, result: str) -> None:
    assert replace_once(text, search, replace) == result


@pytest.mark.parametrize(
    ("text", "search", "replace"),
    [
        ("x = 'a'\n", 'x = "a"\n', 'y = f("b")\n'),
        ("say(“a” “b”)\n", 'say("a" "b")\n', 'tell("c")\n'),
        ("f(a,b)\n", "f(a, b)\n", "f(a, b, c)\n"),
    ],
)
def test_quotes_and_spaces_that_may_be_meant_otherwise_are_refused(
    text: str, search: str, replace: str
) -> None:
    with pytest.raises(EditRefused, match="copy the search lines exactly"):
        replace_once(text, search, replace)


def test_a_hunk_whose_context_lost_its_sign_keeps_its_new_lines() -> None:
    text = "def f():\n    a()\n    b()\n"
    # read as a diff, "    a()" without its sign is "   a()"
    assert replace_once(text, "   a()\n   b()\n", "   a()\n    x()\n   b()\n", hints()) == (
        "def f():\n    a()\n    x()\n    b()\n"
    )


def test_a_hunk_whose_lines_all_lost_a_space_is_put_right_or_refused() -> None:
    text = "if a:\n    b()\n    c()\n"
    assert replace_once(text, "   b()\n   c()\n", "   b()\n   x()\n   c()\n", hints()) == (
        "if a:\n    b()\n    x()\n    c()\n"
    )
    assert replace_once(text, "   b()\n   c()\n", "   x()\n   c()\n", hints()) == "if a:\n    x()\n    c()\n"
    with pytest.raises(EditRefused, match="one space short"):
        replace_once("{\n a\n b\n}\n", "a\nb\n", "a\nx\nb\n", hints())


def test_the_rung_is_told() -> None:
    assert placement("x = 'a'\n", 'x = "a"\n', "y\n").span.rung is Rung.QUOTES
    assert placement("f(a,b)\n", "f(a, b)\n", "y\n").span.rung is Rung.SPACING


@pytest.mark.parametrize("final_newline", [True, False, None])
@pytest.mark.parametrize("text", ["a\nb", "a\nb\n", "a\r\nb\r\n", "a\r\nb"])
def test_a_diff_may_add_or_remove_the_last_newline(text: str, final_newline: bool | None) -> None:
    ending = "\r\n" if "\r" in text else "\n"
    has_one = text.endswith("\n") if final_newline is None else final_newline
    assert replace_once(text, "b\n", "c\n", hints(final_newline=final_newline)) == (
        f"a{ending}c{ending if has_one else ''}"
    )


def test_a_diff_may_change_nothing_but_the_last_newline() -> None:
    assert replace_once("a\nb", "b\n", "b\n", hints(final_newline=True, at_end=True)) == "a\nb\n"
    assert replace_once("a\nb\n", "b\n", "b\n", hints(final_newline=False, at_end=True)) == "a\nb"


# --- elisions ---

LONG = "def f():\n    a()\n    b()\n    c()\n    d()\n\n\ndef g():\n    e()\n"


@pytest.mark.parametrize(
    "marker", ["    # ... existing code ...", "    ...", "    # rest of the code unchanged ...", "    …"]
)
def test_an_elision_on_both_sides_stands_for_the_lines_that_stay(marker: str) -> None:
    block = ReplaceBlock(
        path="a.py", search=f"def f():\n{marker}\n    d()\n", replace=f"def f(x):\n{marker}\n    d(x)\n"
    )
    assert resulting_text(LONG, block) == LONG.replace("f()", "f(x)").replace("d()", "d(x)")


@pytest.mark.parametrize(
    ("search", "replace", "said"),
    [
        ("def f():\n    a()\n    b()\n", "def f():\n    # ... existing code ...\n    x()\n", "stands for code"),
        ("def f():\n    a()\n    b()\n", "def f():\n    ...\n    x()\n", "stands for code"),
        ("def f():\n    # ...\n    d()\n", "def f():\n    d()\n", "leave something out in 1 places"),
        ("def f():\n    # ...\n    e()\n", "def f():\n    # ...\n    x()\n", "no place"),
        ("def f():\n    # ...\n    zz()\n", "def f():\n    # ...\n    x()\n", "no place"),
        ("def f():\n    # ...\n", "def f():\n    # ...\n    x()\n", "without a line of the file"),
    ],
)
def test_elisions_that_would_drop_or_guess_are_refused(search: str, replace: str, said: str) -> None:
    with pytest.raises(EditRefused, match=said):
        resulting_text(LONG, ReplaceBlock(path="a.py", search=search, replace=replace))


def test_an_elision_that_fits_in_two_ways_is_refused() -> None:
    text = "def f():\n    a()\n    b()\n    c()\n    b()\n"
    with pytest.raises(EditRefused, match="2 places"):
        resulting_text(
            text,
            ReplaceBlock(
                path="a.py", search="    a()\n    ...\n    b()\n", replace="    a()\n    ...\n    x()\n"
            ),
        )


def test_dots_that_are_code_or_prose_are_kept() -> None:
    stub = ReplaceBlock(
        path="a.py", search="def g():\n    e()\n", replace="def h(): ...\n\n\nclass P:\n    ...\n"
    )
    assert resulting_text(LONG, stub).endswith("class P:\n    ...\n")
    assert resulting_text("a\nb\n", ReplaceBlock(path="a.md", search="a\n", replace="...\n")) == "...\nb\n"
    assert (
        resulting_text("x: ...\n    ...\n", ReplaceBlock(path="a.py", search="    ...\n", replace="    y\n"))
        == "x: ...\n    y\n"
    )


# --- what a file's own lines forbid ---


@pytest.mark.parametrize(
    ("path", "text", "search", "replace", "said"),
    [
        ("a.js", "a();\nb();\n", "a();\n", "a(“x”);\n", "curly quotes in code"),
        ("a.c", "f() {\n\ta();\n}\n", "f() {\n", "f() {\n    b();\n", "indented by spaces"),
        ("a.c", "f() {\n  a();\n}\n", "f() {\n", "f() {\n\tb();\n", "indented by tabs"),
        ("a.py", "x = 1\n", "x = 1\n", "\n", "empty"),
    ],
)
def test_new_lines_unlike_the_file_are_refused(
    path: str, text: str, search: str, replace: str, said: str
) -> None:
    with pytest.raises(EditRefused, match=said):
        resulting_text(text, ReplaceBlock(path=path, search=search, replace=replace))


def test_curly_quotes_that_break_python_become_straight_and_those_in_strings_stay() -> None:
    assert (
        resulting_text("x = 1\n", ReplaceBlock(path="a.py", search="x = 1\n", replace="x = “a”\n"))
        == 'x = "a"\n'
    )
    quoted = 'x = "“a”"\n'
    assert resulting_text("x = 1\n", ReplaceBlock(path="a.py", search="x = 1\n", replace=quoted)) == quoted


def test_a_new_file_does_not_overwrite_one_that_is_there() -> None:
    new = WholeFile(path="a.py", text="b\n", new=True)
    assert resulting_text(None, new) == resulting_text("", new) == "b\n"
    with pytest.raises(EditRefused, match="is there already"):
        resulting_text("a\n", new)


def test_a_whole_file_keeps_the_missing_newline_at_the_end() -> None:
    assert resulting_text("a\nb", WholeFile(path="a.py", text="a\nc\n")) == "a\nc"

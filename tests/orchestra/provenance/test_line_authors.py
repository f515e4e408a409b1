"""Who wrote each line, through typing, moves, formatters, later edits and files changed outside the editor."""

from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecompanion.contracts.edits import ReplaceBlock, WholeFile
from codecompanion.orchestra.edits.lines import split_lines

PATH = "shop.py"
FIRST = "import json\n\n\ndef total(items):\n    result = sum(items)\n    return result\n"


def whole(text: str) -> WholeFile:
    return WholeFile(path=PATH, text=text)


def block(search: str, replace: str) -> ReplaceBlock:
    return ReplaceBlock(path=PATH, search=search, replace=replace)


@pytest.mark.parametrize("is_open", [True, False])
def test_an_agents_lines_are_its_own_and_the_others_are_not(life: Any, is_open: bool) -> None:
    life.text = "# mine\nx = 1\n"
    if is_open:
        life.open()
    life.agent(whole("# mine\nimport json\nx = 1\n"), edit_id="e1")
    life.agent(block("import json\n", "import json\nimport sys\n"), edit_id="e2", run="run-2")
    assert life.authors() == [None, "e1", "e2", None]


def test_what_is_typed_among_an_agents_lines_is_the_persons(life: Any) -> None:
    life.text = ""
    life.open()
    life.agent(whole(FIRST), edit_id="e1")
    life.replace("    return result\n", "    print(result)\n    return result\n")
    life.replace("sum(items)", "sum(items) + 1")
    assert life.authors() == ["e1"] * 4 + ["person", "person", "e1"]


def test_a_line_keeps_its_author_when_it_is_moved(life: Any) -> None:
    life.text = "start = 1\n"
    life.open()
    life.agent(whole("start = 1\ndef total():\n    return 12345\n\nend = 2\n"), edit_id="e1")
    life.replace("def total():\n    return 12345\n", "")
    life.replace("end = 2\n", "end = 2\ndef total():\n    return 12345\n")
    assert life.authors() == [None, "e1", "e1", "e1", "e1"]


@pytest.mark.parametrize(
    ("before", "after", "authors"),
    [
        ("x = { 'a':1 }\n", 'x = {"a": 1}\n', ["e1"]),
        ("def f( a,b ):\n    return a\n", "def f(a, b):\n  return a\n", ["e1", "e1"]),
        ("f(alpha, beta)\n", "f(\n    alpha,\n    beta,\n)\n", ["e1"] * 4),
        ("f(\n    alpha,\n    beta,\n)\n", "f(alpha, beta)\n", ["e1"]),
        ("a = 1\r\nb = 2\r\n", "a = 1\nb = 2\n", ["e1", "e1"]),
        ("x = 1\n", "x = 2\n", ["person"]),
    ],
)
def test_a_formatter_leaves_lines_their_author_and_a_change_of_words_does_not(
    life: Any, before: str, after: str, authors: list[str]
) -> None:
    life.text = ""
    life.open()
    life.agent(whole(before), edit_id="e1")
    life.type(0, len(before), after)
    assert life.authors() == authors


def test_what_was_changed_outside_the_editor_is_known_again(life: Any) -> None:
    life.agent(whole(FIRST), edit_id="e1")
    life.text = "#!/usr/bin/env python\n" + FIRST.replace("result = ", "result =  ")
    assert life.authors() == [None] + ["e1"] * 6


def test_an_undo_in_the_editor_gives_lines_back_to_whoever_wrote_them(life: Any) -> None:
    life.text = ""
    life.open()
    life.agent(whole(FIRST), edit_id="e1")
    life.agent(block("    return result\n", "    return result * 2\n"), edit_id="e2", run="run-2")
    assert life.authors()[-1] == "e2"
    life.replace("    return result * 2\n", "    return result\n")
    assert life.authors() == ["e1"] * 6


def test_typing_before_an_edit_that_is_recorded_after_it_stays_the_persons(life: Any) -> None:
    """The recorder gathers what is typed, so the log may have it after the edit that was made on top of it."""
    life.text = "a = 1\nb = 2\n"
    life.open()
    shown = life.text
    typed = "a = 1\nmine = 3\nb = 2\n"
    life.text = typed
    life.agent(whole(typed + "agents = 4\n"), edit_id="e1")
    changed = next(n for n, one in enumerate(life.events) if one.body.event == "document_changed")
    (change,) = life.events[changed].body.changes
    first = change.model_copy(update={"start": 0, "end": len(shown), "text": typed})
    body = life.events[changed].body.model_copy(update={"changes": (first, change)})
    life.events[changed] = life.events[changed].model_copy(update={"body": body})
    history = life.history()
    assert history.authors_of(life.text) == [None, "person", None, "e1"]
    edit = history.landed["e1"]
    assert edit.certain
    assert (edit.before, edit.after) == (typed, typed + "agents = 4\n")


# -- whatever happens


@st.composite
def happenings(draw: st.DrawFn) -> list[tuple[str, int, int, int]]:
    kinds = st.sampled_from(["agent block", "agent whole", "type", "paste", "cut", "reindent"])
    small = st.integers(0, 9)
    return draw(st.lists(st.tuples(kinds, small, small, small), min_size=1, max_size=12))


@given(happenings(), st.booleans())
@settings(max_examples=50, deadline=None)
def test_every_line_has_one_author_and_none_that_a_person_typed_is_an_agents(
    life_of: Any, steps: list[tuple[str, int, int, int]], is_open: bool
) -> None:
    life = lived(life_of, steps, is_open=is_open)
    authors = life.authors()
    lines = split_lines(life.text)
    none_is_wrong(lines, authors)
    if is_open:
        untouched = [a for line, a in zip(lines, authors, strict=True) if line.startswith("agent ")]
        assert all(author not in (None, "person") for author in untouched)


@given(happenings(), st.integers(1, 60))
@settings(max_examples=100, deadline=None)
def test_when_typing_is_removed_from_the_log_lines_stay_right_or_are_unknown(
    life_of: Any, steps: list[tuple[str, int, int, int]], version: int
) -> None:
    life = lived(life_of, steps, is_open=True)
    lines, whole = split_lines(life.text), life.authors()
    heard = life.history()
    life.cut(version)
    authors = life.authors()
    none_is_wrong(lines, authors)
    known = [(one, two) for one, two in zip(authors, whole, strict=True) if one not in (None, "person")]
    assert all(one == two for one, two in known)
    # who heard the typing before goes on with what it knows
    heard.take_all(one for one in life.events if one.run_id == "~log")
    assert heard.authors_of(life.text) == whole


def test_what_agents_wrote_before_and_after_the_removed_typing_is_still_theirs(life: Any) -> None:
    life.text = "start = 1\n"
    life.open()
    life.agent(block("start = 1\n", "start = 1\nsecond = 2\n"), edit_id="e1")
    life.replace("second", "# typed\nsecond")
    life.cut(4)
    life.agent(whole(life.text + "third = 3\n"), edit_id="e2", run="run-2")
    life.replace("third", "# typed after\nthird")
    assert life.authors() == [None, None, "e1", "person", "e2"]


def test_a_whole_text_for_typing_that_is_gone_claims_none_of_it(life: Any) -> None:
    life.text = "start = 1\n"
    life.open()
    life.agent(block("start = 1\n", "start = 1\nsecond = 2\n"), edit_id="e1")
    life.replace("second", "typed_by_me = 1\nsecond")
    life.agent(whole(life.text + "third = 3\n"), edit_id="e2")
    life.cut(9)
    authors = life.authors()
    assert authors[1] is None
    assert authors[3] in (None, "e2")


def lived(life_of: Any, steps: list[tuple[str, int, int, int]], *, is_open: bool) -> Any:
    life = life_of("person 0 wrote this line\nperson 1 wrote this line\n")
    if is_open:
        life.open()
    names = count(2)
    for nth, (kind, one, two, three) in enumerate(steps):
        lines = split_lines(life.text)
        at = one % (len(lines) + 1)
        begin = sum(map(len, lines[:at]))
        if kind.startswith("agent"):
            new = [f"agent {nth} wrote line {n} of {next(names)}\n" for n in range(1 + two % 3)]
            end = min(at + three % 3, len(lines))
            after = "".join([*lines[:at], *new, *lines[end:]])
            search = "".join(lines[at:end])
            fits = kind == "agent block" and search and life.text.count(search) == 1
            edit = block(search, "".join(new)) if fits else whole(after)
            life.agent(edit, edit_id=f"e{nth}", run=f"run-{nth}")
        elif kind == "type":
            for sign in f"person {next(names)}\n":
                life.type(begin, begin, sign)
                begin += 1
        elif kind == "paste":
            life.type(begin, begin, f"person {next(names)} wrote this\nperson {next(names)} pasted that\n")
        elif kind == "cut" and lines:
            gone = "".join(lines[at : at + two % 3])
            life.type(begin, begin + len(gone), "")
            place = sum(map(len, split_lines(life.text)[: three % (len(lines) + 1)]))
            life.type(place, place, gone)
        elif kind == "reindent" and at < len(lines):
            life.type(begin, begin, "  ")
    return life


def none_is_wrong(lines: list[str], authors: list[str | None]) -> None:
    assert len(authors) == len(lines)
    for line, author in zip(lines, authors, strict=True):
        said = line.split()
        if said[:1] == ["person"]:
            assert author in (None, "person"), (line, author)
        elif said[:1] == ["agent"] and author not in (None, "person"):
            assert author == f"e{said[1]}", (line, author)

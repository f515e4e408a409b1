"""An edit planned on the newest text changes as little as possible, and never overwrites typing."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from codecompanion.contracts.edits import ReplaceBlock, WholeFile
from codecompanion.server.edits.plan import PlannedEdit, Refusal, line_splices, plan_edit

LINES = st.lists(st.sampled_from(["a\n", "b\n", "\n", "c\r\n", "d\r", "é😀\n"]), max_size=12)
TEXTS = st.tuples(LINES, st.sampled_from(["", "a", "end"])).map(lambda parts: "".join(parts[0]) + parts[1])


def planned(plan: PlannedEdit | Refusal) -> PlannedEdit:
    assert isinstance(plan, PlannedEdit)
    return plan


@given(TEXTS, TEXTS)
def test_splices_make_one_text_of_another_and_never_touch(before: str, after: str) -> None:
    splices = list(line_splices(before, after))
    text = before
    for splice in reversed(splices):
        text = splice.applied_to(text)
    assert text == after
    assert all(one.end < two.start for one, two in pairwise(splices))


def test_only_the_lines_that_differ_are_changed() -> None:
    before = "".join(f"line {n}\n" for n in range(100))
    after = before.replace("line 7\n", "seven\n").replace("line 90\n", "")
    assert [splice.new_text for splice in line_splices(before, after)] == ["seven\n", ""]


def test_a_text_of_many_equal_lines_is_planned_quickly() -> None:
    (splice,) = line_splices("start\n" + "x\n" * 20_000, "start\n" + "y\nx\n" * 10_000)
    assert splice.start == len("start\n")


def test_a_new_file_is_one_insertion() -> None:
    plan = planned(plan_edit(None, WholeFile(path="a.py", text="x = 1\n"), None))
    assert plan.before is None
    assert plan.after == "x = 1\n"
    assert not plan.changes_nothing


def test_a_block_finds_its_place_wherever_typing_has_moved_it() -> None:
    edit = ReplaceBlock(path="a.py", search="b = 2\n", replace="b = 3\n")
    plan = planned(plan_edit("# typed meanwhile\na = 1\nb = 2\n", edit, "a = 1\nb = 2\n"))
    assert plan.after == "# typed meanwhile\na = 1\nb = 3\n"
    assert [splice.new_text for splice in plan.splices] == ["b = 3\n"]


def test_a_block_whose_place_was_typed_over_is_refused() -> None:
    plan = plan_edit("a = 1\nb = 22\n", ReplaceBlock(path="a.py", search="b = 2\n", replace="b = 3\n"), None)
    assert isinstance(plan, Refusal)
    assert "no place" in plan.reason


def test_a_whole_file_never_overwrites_what_was_typed_since() -> None:
    edit = WholeFile(path="a.py", text="x = 2\n")
    refusal = plan_edit("x = 1\ntyped\n", edit, "x = 1\n")
    assert isinstance(refusal, Refusal)
    assert "search/replace" in refusal.reason
    assert planned(plan_edit("x = 1\n", edit, "x = 1\n")).after == "x = 2\n"


def test_a_whole_file_keeps_the_line_endings_of_the_old_one() -> None:
    plan = planned(plan_edit("a\r\nb\r\n", WholeFile(path="a", text="a\nc\n"), None))
    assert plan.after == "a\r\nc\r\n"


def test_an_edit_that_is_there_already_changes_nothing() -> None:
    assert planned(plan_edit("x\n", WholeFile(path="a", text="x\n"), None)).changes_nothing


def test_an_edit_shows_through_typing_around_it() -> None:
    plan = planned(plan_edit("a\nb\n", ReplaceBlock(path="a", search="b\n", replace="c\n"), None))
    assert plan.shows_in("typed\na\nc\n")
    assert not plan.shows_in("typed\na\nb\n")
    removal = planned(plan_edit("a\nb\n", ReplaceBlock(path="a", search="b\n", replace=""), None))
    assert removal.shows_in("typed\na\n")
    assert not removal.shows_in("typed\na\nb\n")

"""An edit planned on the newest text changes as little as possible, and never overwrites typing."""

import pytest

from codecompanion.contracts.edits import ReplaceBlock, WholeFile
from codecompanion.server.edits.plan import PlannedEdit, Refusal, plan_edit


def planned(plan: PlannedEdit | Refusal) -> PlannedEdit:
    assert isinstance(plan, PlannedEdit)
    return plan


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


def test_a_whole_file_is_merged_with_what_was_typed_since() -> None:
    edit = WholeFile(path="a.py", text="x = 2\ny = 1\n")
    plan = planned(plan_edit("x = 1\ny = 1\ntyped\n", edit, "x = 1\ny = 1\n"))
    assert plan.after == "x = 2\ny = 1\ntyped\n"
    assert plan.known == edit.text
    assert not plan.held


def test_what_was_typed_over_the_same_line_stays_and_the_edit_is_held() -> None:
    plan = planned(plan_edit("x = 3\n", WholeFile(path="a.py", text="x = 2\n"), "x = 1\n"))
    assert plan.after == "x = 3\n"
    assert plan.changes_nothing
    (part,) = plan.held
    assert (part.base, part.user, part.wanted, part.line) == ("x = 1\n", "x = 3\n", "x = 2\n", 1)


def test_a_block_whose_lines_were_typed_into_is_merged() -> None:
    edit = ReplaceBlock(path="a.py", search="a = 1\nb = 2\n", replace="a = 1\nb = 22\n")
    plan = planned(plan_edit("a = 11\nb = 2\n", edit, "a = 1\nb = 2\n"))
    assert plan.after == "a = 11\nb = 22\n"
    assert plan.known == "a = 1\nb = 22\n"


def test_a_file_removed_meanwhile_is_not_made_again() -> None:
    plan = plan_edit(None, WholeFile(path="a.py", text="x = 2\n"), "x = 1\n")
    assert isinstance(plan, Refusal)
    assert "removed meanwhile" in plan.reason


@pytest.mark.parametrize(("base", "now"), [("a\r\nb\r\n", "a\nb\nc\n"), ("a\nb\n", "\ufeffa\r\nb\r\nc\r\n")])
def test_a_text_shown_with_other_endings_is_the_same_text(base: str, now: str) -> None:
    plan = planned(plan_edit(now, WholeFile(path="a.py", text="a2\nb\n"), base))
    assert plan.after == now.replace("a", "a2")


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

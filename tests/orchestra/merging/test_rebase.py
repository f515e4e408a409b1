"""An edit made for one text of a file, brought onto the text the file has now."""

import pytest

from codecompanion.contracts.edits import ReplaceBlock, WholeFile
from codecompanion.contracts.errors import EditRefused
from codecompanion.orchestra.merging.known_texts import KnownTexts
from codecompanion.orchestra.merging.rebase import put_back, rebased
from codecompanion.orchestra.merging.three_way import merge_both
from codecompanion.orchestra.merging.words import distance

BASE = "a = 1\n\nb = 2\n"


def whole(text: str) -> WholeFile:
    return WholeFile(path="a.py", text=text)


def block(search: str, replace: str) -> ReplaceBlock:
    return ReplaceBlock(path="a.py", search=search, replace=replace)


def test_a_block_is_made_where_its_lines_stand_now() -> None:
    done = rebased("typed\n" + BASE, block("b = 2\n", "b = 3\n"), BASE)
    assert (done.text, done.known, done.conflicts) == ("typed\na = 1\n\nb = 3\n", "a = 1\n\nb = 3\n", ())


def test_a_block_of_someone_who_saw_more_than_the_base_is_taken_at_its_word() -> None:
    now = BASE + "c = 3\n"
    assert rebased(now, block("c = 3\n", "c = 4\n"), BASE).text == BASE + "c = 4\n"


def test_a_block_that_fits_neither_text_is_refused_by_the_newest() -> None:
    with pytest.raises(EditRefused, match="no place"):
        rebased("a = 5\n\nb = 2\n", block("q = 1\n", "q = 2\n"), BASE)


def test_what_the_author_knows_is_not_what_the_file_reads() -> None:
    done = rebased("a = 1\n\nb = 2\nmine\n", whole("a = 7\n\nb = 2\n"), BASE)
    assert done.text == "a = 7\n\nb = 2\nmine\n"
    again = rebased(done.text, whole("a = 7\n\nb = 8\n"), done.known)
    assert again.text == "a = 7\n\nb = 8\nmine\n"


def test_an_author_who_saw_the_typing_may_add_to_it() -> None:
    typed = BASE + "mine\n"
    assert rebased(typed, whole(typed + "its\n"), BASE).text == typed + "its\n"


def test_taking_back_leaves_what_was_typed_since() -> None:
    after = "a = 1\nnew\n\nb = 3\n"
    assert put_back(after, BASE, after).text == BASE
    rest = put_back("mine\na = 1\nnew\n\nb = 3\n", BASE, after)
    assert (rest.text, rest.conflicts) == ("mine\n" + BASE, ())
    stays = put_back("a = 1\nnew\n\nb = 33\n", BASE, after)
    assert stays.text == "a = 1\n\nb = 33\n"
    assert [one.user for one in stays.conflicts] == ["b = 33\n"]


def test_two_changes_of_a_person_both_stay() -> None:
    assert merge_both("a\n", "a one\n", "a two\n") == "a one\na two\n"
    assert merge_both("a\nb\n", "a 1\nb\n", "a\nb 2\n") == "a 1\nb 2\n"


def test_the_nearer_text_is_the_one_with_less_to_change() -> None:
    assert distance(BASE, BASE) == 0
    assert distance("a = 1\n", "a = 2\n") < distance("a = 1\n", "something else\n")


def test_what_an_agent_saw_first_counts_until_it_writes() -> None:
    known = KnownTexts()
    known.saw("a.py", "old\n")
    known.saw("a.py", "newer\n")
    assert known.of("a.py") == "old\n"
    known.wrote("a.py", "its own\n")
    assert known.of("a.py") == "its own\n"
    known.removed("a.py")
    assert known.of("a.py") is None

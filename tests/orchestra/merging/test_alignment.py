"""Line changes between two texts: exact, apart from each other, and quick on long texts."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from codecompanion.orchestra.merging.alignment import differences, line_changes

LINES = st.lists(st.sampled_from(["a\n", "b\n", "\n", "c\r\n", "d\r", "é😀\n"]), max_size=12)
TEXTS = st.tuples(LINES, st.sampled_from(["", "a", "end"])).map(lambda parts: "".join(parts[0]) + parts[1])


@given(TEXTS, TEXTS)
def test_changes_make_one_text_of_another_and_never_touch(before: str, after: str) -> None:
    changes = line_changes(before, after)
    text = before
    for splice in reversed(changes):
        text = splice.applied_to(text)
    assert text == after
    assert all(one.end < two.start for one, two in pairwise(changes))


def test_only_the_lines_that_differ_are_changed() -> None:
    before = "".join(f"line {n}\n" for n in range(100))
    after = before.replace("line 7\n", "seven\n").replace("line 90\n", "")
    assert [splice.new_text for splice in line_changes(before, after)] == ["seven\n", ""]


def test_changes_far_apart_in_a_long_text_are_told_apart() -> None:
    before = "".join(f"line {n}\n" for n in range(10_000))
    after = before.replace("line 70\n", "seventy\n").replace("line 9990\n", "")
    assert [splice.new_text for splice in line_changes(before, after)] == ["seventy\n", ""]


def test_moved_unique_lines_are_matched_in_order() -> None:
    old = [f"{n}\n" for n in range(400)]
    new = [*old[300:], *old[:300]]
    kept = sum(last - first for first, last, _, _ in differences(old, new))
    assert kept == 100


def test_a_text_of_many_equal_lines_is_one_change() -> None:
    (splice,) = line_changes("start\n" + "x\n" * 20_000, "start\n" + "y\nx\n" * 10_000)
    assert splice.start == len("start\n")

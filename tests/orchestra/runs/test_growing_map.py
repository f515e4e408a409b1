"""A growing map is a dictionary to whoever reads it, and no successor changes the one before."""

from hypothesis import given
from hypothesis import strategies as st

from codecompanion.orchestra.runs.growing_map import GrowingMap, MapDraft

puts = st.lists(st.tuples(st.integers(0, 60), st.integers()), max_size=150)


def grown(start: GrowingMap[int, int], entries: list[tuple[int, int]]) -> GrowingMap[int, int]:
    draft = MapDraft(start)
    for key, value in entries:
        draft.put(key, value)
    return draft.map


@given(st.lists(puts, max_size=6))
def test_it_reads_as_the_dictionary_it_stands_for(parts: list[list[tuple[int, int]]]) -> None:
    now: GrowingMap[int, int] = GrowingMap()
    known: dict[int, int] = {}
    for entries in parts:
        before, seen = now, dict(known)
        now = grown(now, entries)
        known.update(entries)
        assert (list(before.items()), len(before)) == (list(seen.items()), len(seen))
    assert now == known
    assert list(now) == list(now.keys()) == list(known)
    assert list(now.values()) == list(known.values())
    assert len(now) == len(known)
    assert all(key in now and now[key] == value for key, value in known.items())
    assert 61 not in now and now.get(61) is None
    assert repr(now) == f"GrowingMap({known!r})"


def test_two_successors_of_one_do_not_know_each_other() -> None:
    one = grown(GrowingMap(), [(number, number) for number in range(500)])
    left, right = grown(one, [(1, -1), (600, 0)]), grown(one, [(2, -2)])
    assert (one[1], left[1], right[1]) == (1, -1, 1)
    assert (len(one), len(left), len(right)) == (500, 501, 500)


def test_a_successor_copies_about_the_root_of_all() -> None:
    now: GrowingMap[int, int] = GrowingMap()
    copied = 0
    for number in range(10_000):
        copied += len(now._new)
        now = grown(now, [(number, number)])
    assert len(now) == 10_000
    assert copied < 10_000 * 100

"""Which whole lines one text must change to become another, in time that grows with the size of the change.

What the texts share at both ends is found by comparing slices, and a long rest is parted where a few lines from
its middle stand once in each text. What is left is matched by the lines that each text has once, so that
functions are matched with functions and not brace by brace (Bram Cohen's patience diff); only short stretches
between such lines are compared line by line. A long stretch without one is taken as one change: that is coarse
and never wrong.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from itertools import pairwise

from codecompanion.orchestra.edits.lines import split_lines
from codecompanion.orchestra.edits.matching import Splice

# old parts times new parts for which comparing each with each is affordable: a few milliseconds
MOST_COMPARED = 40_000
# how often unique lines are looked for again between unique lines
_DEEPEST = 6
# characters from which a stretch is parted, and the lines by which
_LONG = 4_000
_PARTING_LINES = 3
_PLACES = (4, 3, 5, 2, 6)
"""Where lines to part by are looked for, in eighths of the stretch."""

Block = tuple[int, int, int, int]
"""``old[first:last]`` becomes ``new[new_first:new_last]``."""


def line_changes(before: str, after: str) -> list[Splice]:
    """Return the changes in whole lines that make ``after`` of ``before``, in order, none touching another."""
    changes: list[Splice] = []
    for start, end, new_start, new_end in _stretches(before, after, (0, len(before), 0, len(after))):
        old, new = split_lines(before[start:end]), split_lines(after[new_start:new_end])
        changes += _spliced(differences(old, new), old, new, start)
    return changes


def one_change(before: str, after: str) -> Splice:
    """Return the smallest single change in whole lines that makes ``after`` of ``before``."""
    start, end, new_start, new_end = _without_shared_ends(before, after, (0, len(before), 0, len(after)))
    return Splice(start, end, after[new_start:new_end])


def differences(old: list[str], new: list[str]) -> Iterator[Block]:
    """Yield the blocks in which the two lists differ, in order, none touching another."""
    pending: Block | None = None
    for block in _blocks(old, new, (0, len(old), 0, len(new)), _DEEPEST):
        if pending is None:
            pending = block
        elif pending[1] == block[0] and pending[3] == block[2]:
            pending = (pending[0], block[1], pending[2], block[3])
        else:
            yield pending
            pending = block
    if pending is not None:
        yield pending


def _spliced(blocks: Iterator[Block], old: list[str], new: list[str], at: int) -> Iterator[Splice]:
    done = 0
    for first, last, new_first, new_last in blocks:
        at += sum(map(len, old[done:first]))
        end = at + sum(map(len, old[first:last]))
        yield Splice(at, end, "".join(new[new_first:new_last]))
        at, done = end, last


# -- by characters: what both texts share


def _stretches(before: str, after: str, within: Block) -> Iterator[Block]:
    """Yield the stretches of whole lines outside which the texts are the same, in order, none touching."""
    start, end, new_start, new_end = within = _without_shared_ends(before, after, within)
    if start == end and new_start == new_end:
        return
    parting = _parting(before, after, within) if min(end - start, new_end - new_start) > _LONG else None
    if parting is None:
        yield within
    else:
        at, new_at, length = parting
        yield from _stretches(before, after, (start, at, new_start, new_at))
        yield from _stretches(before, after, (at + length, end, new_at + length, new_end))


def _without_shared_ends(before: str, after: str, within: Block) -> Block:
    start, end, new_start, new_end = within
    most = min(end - start, new_end - new_start)
    # one slice and a look in place: two slices to compare cost six times as much
    same = _most(most, lambda low, high: after.startswith(before[start + low : start + high], new_start + low))
    head = before.rfind("\n", start, start + same) + 1 - start if same else 0
    start, new_start = start + max(head, 0), new_start + max(head, 0)
    most = min(end - start, new_end - new_start)
    same = _most(most, lambda low, high: after.startswith(before[end - high : end - low], new_end - high))
    if not (_starts_line(before, end - same, start) and _starts_line(after, new_end - same, new_start)):
        line = before.find("\n", end - same, end) + 1
        same = end - line if line else 0
    return start, end - same, new_start, new_end - same


def _most(most: int, same: Callable[[int, int], bool]) -> int:
    """Return the greatest number up to ``most`` below which all is the same, by halving."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if same(low, middle):
            low = middle
        else:
            high = middle - 1
    return low


def _starts_line(text: str, at: int, first: int) -> bool:
    return at == first or text[at - 1] == "\n"


def _parting(before: str, after: str, within: Block) -> tuple[int, int, int] | None:
    """Return where, in both texts, and how long some lines are that each has once, near the middle if possible.

    Lines that moved farther than the texts differ in length may be out of order: the slower way is for them.
    """
    start, end, new_start, new_end = within
    grown = (new_end - new_start) - (end - start)
    for eighths in _PLACES:
        at, until = _some_lines(before, start + (end - start) * eighths // 8, end)
        lines = before[at:until]
        if not lines or _only_place(before, lines, start, end) is None:
            continue
        new_at = _only_place(after, lines, new_start, new_end)
        if new_at is None or not _starts_line(after, new_at, new_start):
            continue
        moved = (new_at - new_start) - (at - start)
        if min(0, grown) - _LONG <= moved <= max(0, grown) + _LONG:
            return at, new_at, until - at
    return None


def _some_lines(text: str, near: int, end: int) -> tuple[int, int]:
    """Return the span of the first few whole lines after a place; empty when there are not as many."""
    start = until = text.find("\n", near, end) + 1
    for _ in range(_PARTING_LINES if start else 0):
        until = text.find("\n", until, end) + 1
        if not until:
            return start, start
    return start, until


def _only_place(text: str, part: str, start: int, end: int) -> int | None:
    at = text.find(part, start, end)
    return at if at >= 0 and text.find(part, at + 1, end) < 0 else None


# -- by lines: what lies between


def _blocks(old: list[str], new: list[str], within: Block, depth: int) -> Iterator[Block]:
    within = _trimmed(old, new, within)
    first, last, new_first, new_last = within
    if first == last and new_first == new_last:
        return
    if first == last or new_first == new_last:
        yield within
    elif (last - first) * (new_last - new_first) <= MOST_COMPARED:
        yield from _compared(old, new, within)
    elif depth and (anchors := _anchors(old, new, within)):
        for anchor, new_anchor in [*anchors, (last, new_last)]:
            if (anchor, new_anchor) != (first, new_first):
                yield from _blocks(old, new, (first, anchor, new_first, new_anchor), depth - 1)
            first, new_first = anchor + 1, new_anchor + 1
    else:
        yield within


def _trimmed(old: list[str], new: list[str], within: Block) -> Block:
    first, last, new_first, new_last = within
    while first < last and new_first < new_last and old[first] == new[new_first]:
        first, new_first = first + 1, new_first + 1
    while first < last and new_first < new_last and old[last - 1] == new[new_last - 1]:
        last, new_last = last - 1, new_last - 1
    return first, last, new_first, new_last


def _compared(old: list[str], new: list[str], within: Block) -> Iterator[Block]:
    first, last, new_first, new_last = within
    matcher = SequenceMatcher(None, old[first:last], new[new_first:new_last], autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag != "equal":
            yield first + i1, first + i2, new_first + j1, new_first + j2


def _anchors(old: list[str], new: list[str], within: Block) -> list[tuple[int, int]]:
    """Return the lines that both stretches have exactly once, as many as stand in the same order."""
    first, last, new_first, new_last = within
    once, new_once = _once(old, first, last), _once(new, new_first, new_last)
    pairs = [(at, new_once[line]) for line, at in once.items() if line in new_once]
    return _longest_rising(pairs)


def _once(lines: list[str], first: int, last: int) -> dict[str, int]:
    """Return where each line stands that occurs once, in order."""
    counts = Counter(lines[first:last])
    return {line: at for at, line in enumerate(lines[first:last], first) if counts[line] == 1}


def _longest_rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest part of ``pairs``, sorted by their first numbers, whose second numbers rise, too."""
    if all(one[1] < two[1] for one, two in pairwise(pairs)):
        return pairs
    ends: list[int] = []
    piles: list[int] = []
    earlier: list[int] = []
    for index, (_, value) in enumerate(pairs):
        pile = bisect_left(ends, value)
        earlier.append(piles[pile - 1] if pile else -1)
        ends[pile : pile + 1] = [value]
        piles[pile : pile + 1] = [index]
    chain: list[tuple[int, int]] = []
    index = piles[-1] if piles else -1
    while index >= 0:
        chain.append(pairs[index])
        index = earlier[index]
    return chain[::-1]

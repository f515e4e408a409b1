"""Lines that differ in their layout only: what a formatter did to them leaves them their authors."""

import re
from collections.abc import Iterator, Sequence

from codecompanion.orchestra.merging.alignment import differences

_SPACE = re.compile(r"\s+")
_LOOSE = re.compile(r"[\s(),;\\]+")
_QUOTES = str.maketrans({"'": '"', "`": '"'})

Pair = tuple[int, int]
"""An old line and the new line that says the same, both counted from 0."""


def same_but_for_layout(old: Sequence[str], new: Sequence[str]) -> Iterator[Pair]:
    """Yield which of the new lines say what one of the old lines said.

    Compared are the lines without their spaces, quotation marks made alike; where lines were broken or joined,
    also without the brackets and commas that this may add. Where a new line has parts of several old ones, the
    first of them counts.
    """
    bare_old, bare_new = [*map(_bare, old)], [*map(_bare, new)]
    done = new_done = 0
    for first, last, new_first, new_last in [
        *differences(bare_old, bare_new),
        (len(old), len(old), len(new), len(new)),
    ]:
        yield from zip(range(done, first), range(new_done, new_first), strict=True)
        yield from _broken_otherwise(old, new, range(first, last), range(new_first, new_last))
        done, new_done = last, new_last


def same_words(old: str, new: str) -> bool:
    """Whether two lines say the same, each as a whole."""
    return _bare(old) == _bare(new)


def _bare(line: str) -> str:
    return _SPACE.sub("", line).translate(_QUOTES).rstrip(",;")


def _broken_otherwise(old: Sequence[str], new: Sequence[str], olds: range, news: range) -> Iterator[Pair]:
    """Yield the pairs of a stretch whose lines were broken at other places."""
    if not olds or not news or len(olds) == len(news) == 1:
        return
    whose = [number for number in olds for _ in _loose(old[number])]
    if "".join(_loose(old[number]) for number in olds) != "".join(_loose(new[number]) for number in news):
        return
    at = 0
    for number in news:
        if whose:
            yield whose[min(at, len(whose) - 1)], number
        at += len(_loose(new[number]))


def _loose(line: str) -> str:
    return _LOOSE.sub("", line).translate(_QUOTES)

"""Which lines of a block's old part stand, unchanged, in its new part."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

# old lines times new lines for which a full alignment is affordable
_MOST_ALIGNED = 40_000


@dataclass(frozen=True, slots=True)
class Run:
    """``wanted[first:last]`` becomes ``new[new_first:new_last]``; ``kept`` when they are the same."""

    kept: bool
    first: int
    last: int
    new_first: int
    new_last: int


def aligned(wanted: list[str], new: list[str]) -> Iterator[Run]:
    """Yield the runs that cover both parts in order."""
    head = common_prefix(wanted, new)
    tail = common_prefix(wanted[head:][::-1], new[head:][::-1])
    left, right = wanted[head : len(wanted) - tail], new[head : len(new) - tail]
    yield Run(True, 0, head, 0, head)
    if len(left) * len(right) > _MOST_ALIGNED:
        yield Run(False, head, head + len(left), head, head + len(right))
    else:
        for tag, i1, i2, j1, j2 in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
            yield Run(tag == "equal", head + i1, head + i2, head + j1, head + j2)
    yield Run(True, len(wanted) - tail, len(wanted), len(new) - tail, len(new))


def common_prefix(left: list[str], right: list[str]) -> int:
    """Return how many elements at the start are the same."""
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count

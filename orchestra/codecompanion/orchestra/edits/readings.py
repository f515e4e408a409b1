"""What a block may mean besides its very lines: without blank ends, without line numbers of a listing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_NUMBERED = re.compile(r"\s{0,8}(\d{1,7})(\s?[|:│→]\s?|\t)(.*)")

# letters and digits of lines that seldom stand twice by chance
_TELLING = 12


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a block; ``line`` is where its listing's numbers say it stands."""

    wanted: list[str]
    new: list[str]
    line: int | None = None


def readings(wanted: list[str], new: list[str]) -> Iterator[Reading]:
    """Yield the ways to read a block, the most literal first; a later one only where the earlier miss."""
    yield Reading(wanted, new)
    yield from _without_blank_ends(wanted, new, None)
    plain = _without_numbers(wanted)
    if plain is not None:
        first, lines = plain
        yield Reading(lines, _unnumbered(new), first)
        yield from _without_blank_ends(lines, _unnumbered(new), first)


def is_telling(lines: list[str]) -> bool:
    """Whether the lines say enough not to stand twice by chance, as a lone ``return x`` does."""
    return sum(char.isalnum() for line in lines for char in line) >= _TELLING


def _without_blank_ends(wanted: list[str], new: list[str], line: int | None) -> Iterator[Reading]:
    """Leave out blank lines at both ends of the old lines, and as many of them at the ends of the new ones."""
    head, tail = _blank_start(wanted), _blank_start(wanted[::-1])
    if head + tail == 0 or head == len(wanted):
        return
    kept = wanted[head : len(wanted) - tail]
    new_head = min(head, _blank_start(new))
    rest = new[new_head:]
    new_tail = min(tail, _blank_start(rest[::-1]))
    yield Reading(kept, rest[: len(rest) - new_tail], None if line is None else line + head)


def _blank_start(lines: list[str]) -> int:
    count = 0
    for line in lines:
        if line.strip():
            break
        count += 1
    return count


def _without_numbers(lines: list[str]) -> tuple[int, list[str]] | None:
    """Return the first number and the lines without theirs, None unless they are numbered one by one."""
    plain: list[str] = []
    first = 0
    for index, line in enumerate(lines):
        match = _NUMBERED.fullmatch(line)
        if match is None and line.strip():
            return None
        if match is None:
            plain.append("")
            continue
        first = first or int(match[1]) - index
        if int(match[1]) != first + index:
            return None
        plain.append(match[3])
    return (first, plain) if plain and first > 0 else None


def _unnumbered(lines: list[str]) -> list[str]:
    return [match[3] if (match := _NUMBERED.fullmatch(line)) else line for line in lines]

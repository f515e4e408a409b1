"""The ladder: what is forgiven, rung by rung, when a block's lines are looked for in a text."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from codecompanion.orchestra.edits.indents import Indents

# candidates looked at on one rung, and matches told of
_MOST_CANDIDATES = 100
MOST_NAMED = 10

_ZERO_WIDTH = "\u200b\u2060\ufeff"
_SPACES = "\u00a0\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
FOLDS = (
    dict.fromkeys("\u2018\u2019\u201a\u201b\u2032", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
    | dict.fromkeys(_SPACES, " ")
    | dict.fromkeys(_ZERO_WIDTH, "")
    | {"\u2026": "..."}
)
"""Typographic characters and what a keyboard gives for them."""
CURLY = frozenset("\u2018\u2019\u201c\u201d")
_INNER_SPACE = re.compile(r"[ \t]+")
_SPACE_AT_PUNCTUATION = re.compile(r"(?<=[^\w\s]) | (?=[^\w\s])")


class Rung(StrEnum):
    """How much had to be forgiven for the block to match; each rung forgives what the ones above it do."""

    EXACT = "exact"
    TRAILING = "trailing whitespace"
    INDENTATION = "indentation"
    PUNCTUATION = "punctuation"
    QUOTES = "quotes"
    SPACING = "spacing"
    ELISION = "elision"


@dataclass(frozen=True, slots=True)
class Place:
    """A run of lines that matches: the index of its first line, their number, and how it is indented."""

    at: int
    count: int
    rung: Rung
    indents: Indents

    @property
    def end(self) -> int:
        """The index behind its last line."""
        return self.at + self.count


def places_by_rung(bare: list[str], wanted: list[str]) -> Iterator[list[Place]]:
    """Yield the places that match, one list for each rung that has any, the strictest first."""
    if not bare or not wanted:
        return
    telling = any(char.isalnum() for line in wanted for char in line)
    for step in _LADDER if telling else _LADDER[:3]:
        found = list(islice(_places(bare, wanted, step), MOST_NAMED + 1))
        if found:
            yield found


def occurrences(lines: list[str], wanted: list[str]) -> Iterator[int]:
    """Yield the indices at which the run of lines occurs; one string search, so linear whatever repeats."""
    haystack = "\n" + "\n".join(lines) + "\n"
    needle = "\n" + "\n".join(wanted) + "\n"
    index = counted = 0
    found = haystack.find(needle)
    for _ in range(_MOST_CANDIDATES):
        if found < 0:
            return
        index += haystack.count("\n", counted, found)
        counted = found
        yield index
        found = haystack.find(needle, found + 1)


def folded(line: str, rung: Rung) -> str:
    """Return what is compared of one line on a rung, without its indentation."""
    step = next((step for step in _LADDER if step.rung is rung), _LADDER[0])
    return step.compared([line])[0].strip()


_Key = Callable[[list[str]], list[str]]


def _as_they_are(lines: list[str]) -> list[str]:
    return lines


def _without_trailing_space(lines: list[str]) -> list[str]:
    return [line.rstrip() for line in lines]


def _without_indentation(lines: list[str]) -> list[str]:
    return [line.strip() for line in lines]


def _with_plain_punctuation(lines: list[str]) -> list[str]:
    text = "\n".join(lines)
    if text.isascii():
        return lines
    # one replace a character scans the whole text in C; `str.translate` takes ten times as long
    for char, plain in FOLDS.items():
        text = text.replace(char, plain)
    return unicodedata.normalize("NFC", text).split("\n")


def _with_one_quote(lines: list[str]) -> list[str]:
    return "\n".join(_with_plain_punctuation(lines)).replace('"', "'").split("\n")


def _with_least_spacing(lines: list[str]) -> list[str]:
    text = _INNER_SPACE.sub(" ", "\n".join(line.strip() for line in _with_one_quote(lines)))
    return _SPACE_AT_PUNCTUATION.sub("", text).split("\n")


def _same(indents: Indents) -> bool:
    return indents.shifts


def _any(indents: Indents) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class _Step:
    """What the text is taken for, how much of its lines is compared, and which other indentation passes."""

    rung: Rung
    taken_as: _Key
    key: _Key
    fits: Callable[[Indents], bool]

    def compared(self, lines: list[str]) -> list[str]:
        return self.key(self.taken_as(lines))


_LADDER = (
    _Step(Rung.EXACT, _as_they_are, _as_they_are, _same),
    _Step(Rung.TRAILING, _as_they_are, _without_trailing_space, _same),
    _Step(Rung.INDENTATION, _as_they_are, _without_indentation, _same),
    _Step(Rung.INDENTATION, _as_they_are, _without_indentation, _any),
    _Step(Rung.PUNCTUATION, _with_plain_punctuation, _without_indentation, _same),
    _Step(Rung.PUNCTUATION, _with_plain_punctuation, _without_indentation, _any),
    _Step(Rung.QUOTES, _with_one_quote, _without_indentation, _any),
    _Step(Rung.SPACING, _with_least_spacing, _without_indentation, _any),
)


def _places(bare: list[str], wanted: list[str], step: _Step) -> Iterator[Place]:
    for at in occurrences(step.compared(bare), step.compared(wanted)):
        indents = Indents.between(wanted, bare[at : at + len(wanted)])
        if indents is not None and step.fits(indents):
            yield Place(at, len(wanted), step.rung, indents)

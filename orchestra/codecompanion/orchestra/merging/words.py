"""Two changes of the same lines brought together word by word, where they plainly do not touch each other."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from codecompanion.orchestra.merging.alignment import MOST_COMPARED, differences, line_changes

_WORD = re.compile(r"\r\n|\w+|[^\S\r\n]+|.", re.DOTALL)


@dataclass(frozen=True, slots=True, order=True)
class _Change:
    """``words[first:last]`` becomes ``text``; ``side`` tells whose change it is."""

    first: int
    last: int
    text: str
    side: int


def merged_words(base: str, user: str, agent: str) -> str | None:
    """Return the lines with both changes, None where these overlap or cannot be told apart for certain.

    Certain is: each left at least half of the words as they were, and between any two changes of different
    sides stands a word or a sign that nobody changed. A change that both made counts once.
    """
    words = _WORD.findall(base)
    changes: list[_Change] = []
    for side, text in enumerate((user, agent)):
        made = _changes(words, text, side)
        if made is None:
            return None
        known = {(change.first, change.last, change.text) for change in changes}
        changes += [one for one in made if (one.first, one.last, one.text) not in known]
    changes.sort()
    if not all(_apart(words, one, two) for one, two in pairwise(changes)):
        return None
    return _written(words, changes)


def distance(one: str, other: str) -> int:
    """Return about how many characters must go or come to make one text of the other."""
    return sum(
        _word_distance(one[splice.start : splice.end], splice.new_text) for splice in line_changes(one, other)
    )


def _word_distance(one: str, other: str) -> int:
    words, new = _WORD.findall(one), _WORD.findall(other)
    if len(words) * len(new) > MOST_COMPARED:
        return len(one) + len(other)
    return sum(
        len("".join(words[first:last])) + len("".join(new[start:end]))
        for first, last, start, end in differences(words, new)
    )


def _changes(words: list[str], text: str, side: int) -> list[_Change] | None:
    """Return the changes that make ``text``, None when it has little to do with the words."""
    new = _WORD.findall(text)
    if len(words) * len(new) > MOST_COMPARED:
        return None
    blocks = list(differences(words, new))
    if 2 * sum(_said(words[first:last]) for first, last, _, _ in blocks) > _said(words):
        return None
    return [_Change(first, last, "".join(new[start:end]), side) for first, last, start, end in blocks]


def _apart(words: list[str], one: _Change, two: _Change) -> bool:
    if one.side == two.side:
        return True
    return one.last <= two.first and _said(words[one.last : two.first]) > 0


def _said(words: Sequence[str]) -> int:
    return sum(1 for word in words if not word.isspace())


def _written(words: list[str], changes: Sequence[_Change]) -> str:
    pieces: list[str] = []
    done = 0
    for change in changes:
        pieces += [*words[done : change.first], change.text]
        done = change.last
    return "".join([*pieces, *words[done:]])

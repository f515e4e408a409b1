"""What to show a model whose search block matches nothing: the lines it most likely meant."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import accumulate

from codecompanion.orchestra.edits.lines import numbered

_WORDS_TRIED = 12
_HITS_PER_WORD = 20
_WINDOWS_COMPARED = 8
_MOST_LINES_SHOWN = 30
_MOST_CHARACTERS_COMPARED = 200


def nearest_lines(lines: list[str], wanted: list[str]) -> str:
    """Return a paragraph that quotes the nearest lines with their numbers, bounded in time and length.

    Starts with a space or a newline, to be put behind the sentence that says nothing matched.
    """
    if not any(line.strip() for line in lines):
        return " The file is empty."
    start = _best_start(lines, wanted)
    if start is None:
        return f" Nothing in its {len(lines)} lines is like them; read the file again and copy from it."
    shown = lines[start : start + min(len(wanted) + 2, _MOST_LINES_SHOWN)]
    return (
        f"\nThe nearest lines are:\n{numbered(shown, start + 1)}\n"
        "Copy whole lines exactly as they stand in the file (without the numbers)."
    )


def _best_start(lines: list[str], wanted: list[str]) -> int | None:
    """Return the index of the window most like ``wanted``, None when no word of it occurs."""
    votes = Counter(_votes(lines, wanted))
    candidates = [start for start, _ in votes.most_common(_WINDOWS_COMPARED)]
    return max(candidates, key=lambda start: (_likeness(lines, wanted, start), -start), default=None)


def _votes(lines: list[str], wanted: list[str]) -> Iterator[int]:
    """Yield, for each place where a telling word of ``wanted`` stands, the window start that would fit it."""
    text = "\n".join(lines)
    ends = list(accumulate(len(line) + 1 for line in lines))
    for word, offset in _telling_words(wanted):
        found = text.find(word)
        for _ in range(_HITS_PER_WORD):
            if found < 0:
                break
            yield max(0, bisect_right(ends, found) - offset)
            found = text.find(word, found + len(word))


def _telling_words(wanted: list[str]) -> list[tuple[str, int]]:
    """Return the longest words with the index of their line: long words are rare, so they tell the place."""
    words = {
        word: index
        for index, line in enumerate(wanted[:200])
        for word in re.findall(r"\w{2,}", line[:_MOST_CHARACTERS_COMPARED])
    }
    return sorted(words.items(), key=lambda item: -len(item[0]))[:_WORDS_TRIED]


def _likeness(lines: list[str], wanted: list[str], start: int) -> float:
    window = lines[start : start + len(wanted)]
    pairs = zip(window, wanted[:_MOST_LINES_SHOWN], strict=False)
    return sum(_ratio(have.strip(), want.strip()) for have, want in pairs if want.strip())


def _ratio(have: str, want: str) -> float:
    if have == want:
        return 1.0
    matcher = SequenceMatcher(
        None, have[:_MOST_CHARACTERS_COMPARED], want[:_MOST_CHARACTERS_COMPARED], autojunk=False
    )
    return matcher.quick_ratio()

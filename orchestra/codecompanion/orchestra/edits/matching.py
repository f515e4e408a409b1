"""Where a search block stands in a text, and what the text is once it is replaced.

Blocks are whole lines; line endings are never compared. The ladder goes from exact to lenient (each rung
forgives all that the ones above it forgive) and the first rung with a match decides. A match must be the
only one on its rung: nothing is ever guessed. All steps are linear in the text.
"""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import islice

from codecompanion.contracts.errors import EditRefused
from codecompanion.orchestra.edits.lines import BOM, ending_of, numbered, split_lines, without_ending
from codecompanion.orchestra.edits.nearest import nearest_lines

# candidates looked at on one rung, matches named in a refusal, lines quoted in it
_MOST_CANDIDATES = 100
_MOST_NAMED = 10
_MOST_SHOWN = 30
# lines of search times lines of replacement for which a full alignment is affordable
_MOST_ALIGNED = 40_000

_ZERO_WIDTH = "\u200b\u2060\ufeff"
_SPACES = "\u00a0\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_FOLDS = (
    dict.fromkeys("\u2018\u2019\u201a\u201b\u2032", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
    | dict.fromkeys(_SPACES, " ")
    | dict.fromkeys(_ZERO_WIDTH, "")
    | {"\u2026": "..."}
)


class Rung(StrEnum):
    """How much had to be forgiven for the block to match."""

    EXACT = "exact"
    TRAILING = "trailing whitespace"
    INDENTATION = "indentation"
    PUNCTUATION = "punctuation"


@dataclass(frozen=True, slots=True)
class Span:
    """Whole lines of a text: ``text[start:end]``, which are lines ``first_line`` to ``last_line`` (from 1).

    ``added`` is the indentation the text has before every line of the block, ``removed`` what the block has
    too much; at least one of them is empty.
    """

    start: int
    end: int
    first_line: int
    last_line: int
    rung: Rung
    added: str = ""
    removed: str = ""


@dataclass(frozen=True, slots=True)
class Splice:
    """The smallest change in whole lines: ``text[start:end]`` becomes ``new_text``."""

    start: int
    end: int
    new_text: str

    def applied_to(self, text: str) -> str:
        """Return the text after the change."""
        return text[: self.start] + self.new_text + text[self.end :]


def replace_once(text: str, search: str, replacement: str) -> str:
    """Return ``text`` with the one place that matches ``search`` replaced.

    Line endings, a byte order mark and every line the two blocks have in common stay as they are in the text;
    new lines take their neighbours' ending and the place's indentation. An empty replacement removes the lines.
    An empty search stands for the whole of a text that is empty. Raises ``EditRefused``, whose words are meant
    for the model: nothing or several places match, or nothing would change.
    """
    return plan_splice(text, search, replacement).applied_to(text)


def plan_splice(text: str, search: str, replacement: str) -> Splice:
    """Return the smallest change that ``replace_once`` would make; raises ``EditRefused`` as it does."""
    wanted, new = _bare_lines(search), _bare_lines(replacement)
    if wanted == new:
        said = (
            "the block changes nothing: its search and replace lines are the same; "
            "put the lines as they shall be into the replace part."
        )
        raise EditRefused(f"{said}{_lines_meant(text, search)}")
    try:
        span = locate(text, search)
    except EditRefused as refusal:
        raise _with_hint_if_done(refusal, text, new) from None
    old = split_lines(text[span.start : span.end])
    lines = _woven(old, wanted, new, span, _ending_in_use(text)) if wanted else split_lines(replacement)
    splice = _trimmed(span.start, old, lines)
    if splice.start == splice.end and not splice.new_text:
        said = "the block changes nothing: the file already reads like this."
        raise EditRefused(f"{said}{_shown(text, span)}")
    return splice


def locate(text: str, search: str) -> Span:
    """Return the one place in ``text`` that matches ``search``; raises ``EditRefused`` for none or several."""
    mark = len(BOM) if text.startswith(BOM) else 0
    lines = split_lines(text[mark:])
    wanted = _bare_lines(search)
    if not wanted:
        return _whole_of_an_empty_text(text, mark, len(lines))
    bare = [without_ending(line) for line in lines]
    plain = text.isascii() and search.isascii()
    for rung, taken_as, key in _LADDER[:-1] if plain else _LADDER:
        places = list(islice(_places(taken_as(bare), taken_as(wanted), key), _MOST_NAMED + 1))
        if len(places) > 1:
            raise EditRefused(_ambiguous([at + 1 for at, _, _ in places]))
        if places:
            at, added, removed = places[0]
            start = mark + sum(map(len, lines[:at]))
            end = start + sum(map(len, lines[at : at + len(wanted)]))
            return Span(start, end, at + 1, at + len(wanted), rung, added, removed)
    raise EditRefused(f"no place in the file matches the search lines.{nearest_lines(bare, wanted)}")


def _lines_meant(text: str, search: str) -> str:
    """Return a sentence that quotes the lines a search block means, or those nearest to it."""
    try:
        return _shown(text, locate(text, search))
    except EditRefused as miss:
        return f" Besides, {miss}"


def _shown(text: str, span: Span) -> str:
    lines = _bare_lines(text)[span.first_line - 1 : span.last_line][:_MOST_SHOWN]
    return f"\nLines {span.first_line}-{span.last_line} of the file are:\n{numbered(lines, span.first_line)}"


def _bare_lines(block: str) -> list[str]:
    return [without_ending(line) for line in split_lines(block.removeprefix(BOM))]


def _whole_of_an_empty_text(text: str, mark: int, line_count: int) -> Span:
    if text[mark:].strip():
        raise EditRefused(
            "an empty search block fits only an empty or new file; "
            "search for the lines that the new ones belong next to"
        )
    return Span(mark, len(text), 1, max(line_count, 1), Rung.EXACT)


def _ambiguous(numbers: list[int]) -> str:
    count = f"more than {_MOST_NAMED}" if len(numbers) > _MOST_NAMED else str(len(numbers))
    shown = ", ".join(map(str, numbers[:_MOST_NAMED]))
    return (
        f"the search lines match {count} places (starting at lines {shown}); "
        "add lines from above or below until only one place matches"
    )


def _with_hint_if_done(refusal: EditRefused, text: str, new: list[str]) -> EditRefused:
    """Say so when the new lines are there already: the usual reason for a model to send a block twice."""
    places = list(islice(_occurrences(_bare_lines(text), new), 2)) if any(map(str.strip, new)) else []
    if len(places) != 1:
        return refusal
    at = places[0]
    return EditRefused(f"{refusal}\nThe new lines already stand at lines {at + 1}-{at + len(new)}.")


# --- the ladder ---


def _as_they_are(lines: list[str]) -> list[str]:
    return lines


def _without_trailing_space(lines: list[str]) -> list[str]:
    return [line.rstrip() for line in lines]


def _without_indentation(lines: list[str]) -> list[str]:
    return [line.strip() for line in lines]


def _with_plain_punctuation(lines: list[str]) -> list[str]:
    text = "\n".join(lines)
    # one replace a character scans the whole text in C; `str.translate` takes ten times as long
    for char, plain in _FOLDS.items():
        text = text.replace(char, plain)
    return unicodedata.normalize("NFC", text).split("\n")


_Key = Callable[[list[str]], list[str]]
# what the text is taken for, then how much of its lines is compared
_LADDER: tuple[tuple[Rung, _Key, _Key], ...] = (
    (Rung.EXACT, _as_they_are, _as_they_are),
    (Rung.TRAILING, _as_they_are, _without_trailing_space),
    (Rung.INDENTATION, _as_they_are, _without_indentation),
    (Rung.PUNCTUATION, _with_plain_punctuation, _without_indentation),
)


def _places(bare: list[str], wanted: list[str], key: _Key) -> Iterator[tuple[int, str, str]]:
    """Yield the index, added and removed indentation of each place that matches on one rung."""
    if not bare:
        return
    for at in _occurrences(key(bare), key(wanted)):
        shift = _common_shift(bare[at : at + len(wanted)], wanted)
        if shift is not None:
            yield at, *shift


def _occurrences(lines: list[str], wanted: list[str]) -> Iterator[int]:
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


def _common_shift(found: list[str], wanted: list[str]) -> tuple[str, str] | None:
    """Return the (added, removed) indentation that is the same for all lines, None when it differs."""
    shifts = {
        _shift_of(_indentation(have), _indentation(want))
        for have, want in zip(found, wanted, strict=True)
        if want.strip()
    }
    if len(shifts) > 1:
        return None
    return shifts.pop() if shifts else ("", "")


def _shift_of(have: str, want: str) -> tuple[str, str] | None:
    if have.endswith(want):
        return have[: len(have) - len(want)], ""
    if want.endswith(have):
        return "", want[: len(want) - len(have)]
    return None


def _indentation(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


# --- the replacement ---


def _woven(old: list[str], wanted: list[str], new: list[str], span: Span, ending: str) -> list[str]:
    """Return the lines that replace ``old``: its own where both blocks agree, else the block's new ones."""
    lines: list[str] = []
    for same, first, last, new_first, new_last in _aligned(wanted, new):
        if same:
            lines += [line if ending_of(line) else line + ending for line in old[first:last]]
            continue
        neighbours = old[first:last] or old[first - 1 : first] or old[:1]
        for index, line in enumerate(new[new_first:new_last]):
            neighbour = neighbours[min(index, len(neighbours) - 1)]
            lines.append(_reindented(line, span) + (ending_of(neighbour) or ending))
    if lines and not ending_of(old[-1]):
        lines[-1] = without_ending(lines[-1])
    return lines


def _aligned(wanted: list[str], new: list[str]) -> Iterator[tuple[bool, int, int, int, int]]:
    """Yield runs of (same?, first, last, new_first, new_last) that cover both blocks in order."""
    head = _common_prefix(wanted, new)
    tail = _common_prefix(wanted[head:][::-1], new[head:][::-1])
    left, right = wanted[head : len(wanted) - tail], new[head : len(new) - tail]
    yield True, 0, head, 0, head
    if len(left) * len(right) > _MOST_ALIGNED:
        yield False, head, head + len(left), head, head + len(right)
    else:
        for tag, i1, i2, j1, j2 in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
            yield tag == "equal", head + i1, head + i2, head + j1, head + j2
    yield True, len(wanted) - tail, len(wanted), len(new) - tail, len(new)


def _common_prefix(left: list[str], right: list[str]) -> int:
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count


def _reindented(line: str, span: Span) -> str:
    if not line.strip():
        return line
    if not line.startswith(span.removed):
        raise EditRefused(
            f"the search lines are indented {len(span.removed)} characters more than the file, "
            f"but the replace line {line.strip()[:80]!r} is not; copy the indentation from the file"
        )
    return span.added + line[len(span.removed) :]


def _ending_in_use(text: str) -> str:
    """Return the text's first line ending, LF when it has none."""
    first = next((ending_of(line) for line in split_lines(text[:100_000])), "")
    return first or "\n"


def _trimmed(start: int, old: list[str], new: list[str]) -> Splice:
    """Leave out the lines at both ends that stay as they are."""
    head = _common_prefix(old, new)
    old, new, start = old[head:], new[head:], start + sum(map(len, old[:head]))
    tail = _common_prefix(old[::-1], new[::-1])
    kept_old, kept_new = old[: len(old) - tail], new[: len(new) - tail]
    return Splice(start, start + sum(map(len, kept_old)), "".join(kept_new))

"""Where a search block stands in a text, and what the text is once it is replaced.

Blocks are whole lines; line endings are never compared. The ladder goes from exact to lenient (each rung
forgives all that the ones above it forgive) and the first rung with a match decides. A match must be the
only one on its rung, or the only one that the hints of a diff or patch choose: nothing is ever guessed. What
the old lines have otherwise than the file is put right in the new ones too.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from codecompanion.contracts.edits import PlaceHints
from codecompanion.contracts.errors import EditRefused
from codecompanion.orchestra.edits.alignment import aligned, common_prefix
from codecompanion.orchestra.edits.elided_blocks import Part, parts_of
from codecompanion.orchestra.edits.indents import unit_of
from codecompanion.orchestra.edits.ladder import Place, Rung, occurrences
from codecompanion.orchestra.edits.lines import (
    BOM,
    bare_lines,
    ending_of,
    numbered,
    split_lines,
    without_ending,
)
from codecompanion.orchestra.edits.manner import Matched, in_file_manner
from codecompanion.orchestra.edits.nearest import nearest_lines
from codecompanion.orchestra.edits.placing import the_place
from codecompanion.orchestra.edits.readings import is_telling, readings

# lines quoted in a refusal
_MOST_SHOWN = 30


@dataclass(frozen=True, slots=True)
class Span:
    """Whole lines of a text: ``text[start:end]``, which are lines ``first_line`` to ``last_line`` (from 1)."""

    start: int
    end: int
    first_line: int
    last_line: int
    rung: Rung


@dataclass(frozen=True, slots=True)
class Splice:
    """The smallest change in whole lines: ``text[start:end]`` becomes ``new_text``."""

    start: int
    end: int
    new_text: str

    def applied_to(self, text: str) -> str:
        """Return the text after the change."""
        return text[: self.start] + self.new_text + text[self.end :]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a block was found and the change it comes to."""

    span: Span
    splice: Splice


def replace_once(text: str, search: str, replacement: str, hints: PlaceHints | None = None) -> str:
    """Return ``text`` with the one place that matches ``search`` replaced.

    Line endings, a byte order mark and every line the two blocks have in common stay as they are in the text;
    new lines take their neighbours' ending and the place's indentation. An empty replacement removes the lines.
    An empty search stands for the whole of a text that is empty. Raises ``EditRefused``, whose words are meant
    for the model: nothing or several places match, or nothing would change.
    """
    return plan_splice(text, search, replacement, hints).applied_to(text)


def plan_splice(text: str, search: str, replacement: str, hints: PlaceHints | None = None) -> Splice:
    """Return the smallest change that ``replace_once`` would make; raises ``EditRefused`` as it does."""
    return placement(text, search, replacement, hints).splice


def locate(text: str, search: str, hints: PlaceHints | None = None) -> Span:
    """Return the one place in ``text`` that matches ``search``; raises ``EditRefused`` for none or several."""
    return _Text(text).find(_bare_lines(search), [], hints)[0]


def placement(text: str, search: str, replacement: str, hints: PlaceHints | None = None) -> Placement:
    """Return the place and the change; raises ``EditRefused`` as ``replace_once`` does."""
    wanted, new = _bare_lines(search), _bare_lines(replacement)
    if wanted == new and (hints is None or hints.final_newline is None):
        said = (
            "the block changes nothing: its search and replace lines are the same; "
            "put the lines as they shall be into the replace part."
        )
        raise EditRefused(f"{said}{_lines_meant(text, search)}")
    if wanted and not any(map(str.strip, wanted)) and not (hints and (hints.line or hints.anchors)):
        raise EditRefused("the search lines are blank, which tells no place; add the lines above or below them")
    held = _Text(text)
    try:
        span, parts = held.find(wanted, new, hints)
    except EditRefused as refusal:
        raise _with_hint_if_done(refusal, text, new) from None
    old = split_lines(text[span.start : span.end])
    try:
        lines = held.woven(parts, hints) if wanted else split_lines(replacement)
    except EditRefused as refusal:
        raise EditRefused(f"{refusal}.{_shown(text, span)}") from None
    splice = _trimmed(span.start, old, lines)
    if span.end == len(text) and hints and hints.final_newline is not None:
        splice = _with_final_newline(splice, text, wished=hints.final_newline)
    if splice.applied_to(text) == text:
        said = "the block changes nothing: the file already reads like this."
        raise EditRefused(f"{said}{_shown(text, span)}")
    return Placement(span, splice)


class _Text:
    """A text as lines, in which a block is found."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.mark = len(BOM) if text.startswith(BOM) else 0
        self.bare = bare_lines(text[self.mark :] if self.mark else text)
        self._starts: dict[int, int] = {}

    @cached_property
    def unit(self) -> int:
        """How many columns one step of indentation takes."""
        return unit_of(self.bare)

    @cached_property
    def _lines(self) -> list[str]:
        """The lines with their endings, for a text that has more than one kind of them."""
        return split_lines(self.text[self.mark :])

    def start_of(self, index: int) -> int:
        """Return where the line of this index, or the end of the last one, is in the text."""
        if index not in self._starts:
            if "\r" in self.text:
                start = sum(map(len, self._lines[:index]))
            else:
                start = sum(map(len, self.bare[:index])) + index
            self._starts[index] = min(self.mark + start, len(self.text))
        return self._starts[index]

    def lines_of(self, first: int, last: int) -> list[str]:
        """Return the lines from one index up to another one, with their endings."""
        return split_lines(self.text[self.start_of(first) : self.start_of(last)])

    @property
    def ending(self) -> str:
        """How the first line ends."""
        return next((ending_of(line) for line in self.lines_of(0, 1) if ending_of(line)), "\n")

    def find(self, wanted: list[str], new: list[str], hints: PlaceHints | None) -> tuple[Span, list[Part]]:
        """Return the lines that match, and the parts of the block with their places, in order."""
        if not wanted:
            return self._whole_of_an_empty_text(), []
        ways = list(readings(wanted, new))
        for number, reading in enumerate(ways):
            place = the_place(self.bare, reading.wanted, _hinted(hints, reading.line))
            if place is not None:
                if number == 0 and len(ways) > 1 and is_telling(ways[1].wanted):
                    # a blank line at its end alone must not tell one of two equal places from the other
                    the_place(self.bare, ways[1].wanted, hints)
                return self._span(place, place), [Part(reading.wanted, reading.new, place)]
        parts = parts_of(self.bare, wanted, new)
        if parts:
            return self._span(parts[0].place, parts[-1].place, Rung.ELISION), parts
        raise EditRefused(f"no place in the file matches the search lines.{nearest_lines(self.bare, wanted)}")

    def _span(self, first: Place, last: Place, rung: Rung | None = None) -> Span:
        return Span(
            self.start_of(first.at), self.start_of(last.end), first.at + 1, last.end, rung or first.rung
        )

    def _whole_of_an_empty_text(self) -> Span:
        if any(line.strip() for line in self.bare):
            raise EditRefused(
                "an empty search block fits only an empty or new file; "
                "search for the lines that the new ones belong next to"
            )
        return Span(self.mark, len(self.text), 1, max(len(self.bare), 1), Rung.EXACT)

    def woven(self, parts: list[Part], hints: PlaceHints | None) -> list[str]:
        """Return the lines that stand there afterwards, from the first part's place to the last one's."""
        lines: list[str] = []
        at = parts[0].place.at
        for part in parts:
            place = part.place
            found = self.bare[place.at : place.end]
            unit = 0 if place.rung is Rung.EXACT else self.unit
            matched = in_file_manner(Matched(part.wanted, found, part.new, place, hints is not None, unit))
            lines += self.lines_of(at, place.at)
            lines += _woven(self.lines_of(place.at, place.end), matched.wanted, matched.new, self.ending)
            at = place.end
        return lines


def _hinted(hints: PlaceHints | None, line: int | None) -> PlaceHints | None:
    """Return the hints with the line that a listing's numbers name."""
    if line is None:
        return hints
    return (hints or PlaceHints(source="diff")).model_copy(update={"line": line})


def _woven(old: list[str], wanted: list[str], new: list[str], ending: str) -> list[str]:
    """Return the lines that replace ``old``: its own where both parts agree, else the block's new ones."""
    lines: list[str] = []
    for run in aligned(wanted, new):
        there = old[run.first : run.last]
        if run.kept:
            lines += [line if ending_of(line) else line + ending for line in there]
            continue
        neighbours = there or old[run.first - 1 : run.first] or old[:1]
        for index, line in enumerate(new[run.new_first : run.new_last]):
            neighbour = neighbours[min(index, len(neighbours) - 1)]
            lines.append(line + (ending_of(neighbour) or ending))
    if lines and not ending_of(old[-1]):
        lines[-1] = without_ending(lines[-1])
    return lines


def _trimmed(start: int, old: list[str], new: list[str]) -> Splice:
    """Leave out the lines at both ends that stay as they are."""
    head = common_prefix(old, new)
    old, new, start = old[head:], new[head:], start + sum(map(len, old[:head]))
    tail = common_prefix(old[::-1], new[::-1])
    kept_old, kept_new = old[: len(old) - tail], new[: len(new) - tail]
    return Splice(start, start + sum(map(len, kept_old)), "".join(kept_new))


def _with_final_newline(splice: Splice, text: str, *, wished: bool) -> Splice:
    """Add or leave out the newline at the text's end, as a diff says of its last line."""
    result = splice.applied_to(text)
    bare = without_ending(result)
    ending = next((ending_of(line) for line in split_lines(text) if ending_of(line)), "\n")
    lines = split_lines(bare + ending) if wished and bare == result else split_lines(result if wished else bare)
    return _trimmed(0, split_lines(text), lines)


# --- refusals ---


def _bare_lines(block: str) -> list[str]:
    return bare_lines(block.removeprefix(BOM))


def _lines_meant(text: str, search: str) -> str:
    """Return a sentence that quotes the lines a search block means, or those nearest to it."""
    try:
        return _shown(text, locate(text, search))
    except EditRefused as miss:
        return f" Besides, {miss}"


def _shown(text: str, span: Span) -> str:
    lines = _bare_lines(text)[span.first_line - 1 : span.last_line][:_MOST_SHOWN]
    return f"\nLines {span.first_line}-{span.last_line} of the file are:\n{numbered(lines, span.first_line)}"


def _with_hint_if_done(refusal: EditRefused, text: str, new: list[str]) -> EditRefused:
    """Say so when the new lines are there already: the usual reason for a model to send a block twice."""
    places = list(islice(occurrences(_bare_lines(text), new), 2)) if any(map(str.strip, new)) else []
    if len(places) != 1:
        return refusal
    at = places[0]
    return EditRefused(f"{refusal}\nThe new lines already stand at lines {at + 1}-{at + len(new)}.")

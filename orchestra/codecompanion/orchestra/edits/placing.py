"""Which of the places that match a block is meant, by what a diff or patch says beside its lines."""

import re
from collections.abc import Iterator

from codecompanion.contracts.edits import PlaceHints
from codecompanion.contracts.errors import EditRefused
from codecompanion.orchestra.edits.indents import indentation, width
from codecompanion.orchestra.edits.ladder import MOST_NAMED, Place, places_by_rung
from codecompanion.orchestra.edits.nearest import nearest_lines

# lines beyond the end of an anchor's scope at which a place that is the only one may still begin
_SLACK = 3
_NO_WORD = re.compile(r"[\W_]+")
_ENDS = frozenset(
    {"", "end", "else", "endif", "fi", "done", "esac", "pass", "return", "break", "continue", "try", "finally"}
)
_CLOSERS = (")", "]", "}", "{", "end", "else", "elif", "except", "finally")


def the_place(bare: list[str], wanted: list[str], hints: PlaceHints | None) -> Place | None:
    """Return the one place that matches, None when nothing does.

    The first rung with a match decides. Raises ``EditRefused`` when several match there and nothing tells them
    apart, or when an anchor is not found or no match lies beneath it.
    """
    scopes = _scopes(bare, hints.anchors) if hints and hints.anchors else None
    outside: list[Place] = []
    for places in places_by_rung(bare, wanted):
        within = [one for one in places if scopes is None or _lies_in(one, scopes)]
        if len(within) == 1:
            _refuse_other_reading(bare, wanted, within[0], hints)
            return within[0]
        if within:
            return _settled(bare, within, hints)
        outside = outside or places
    if scopes and len(outside) == 1 and _lies_in(outside[0], [(top, end + _SLACK) for top, end in scopes]):
        return outside[0]
    if outside and hints:
        raise EditRefused(
            f"the search lines match at line {outside[0].at + 1}, but that is not beneath "
            f"{hints.anchors[-1]!r}; name the line that stands above the place"
        )
    return None


def _refuse_other_reading(bare: list[str], wanted: list[str], place: Place, hints: PlaceHints | None) -> None:
    """Refuse a place that may only look the same because the block lost its indentation, or says nothing.

    That is so where a laxer rung has a place at the very line that a diff names, and for a block of nothing
    but ends, such as ``}`` and ``end``, where it has any other place.
    """
    wordless = all(_word(line) in _ENDS for line in wanted)
    line = hints.line if hints and hints.line != place.at + 1 else None
    if line is None and not wordless:
        return
    others = [one.at for places in places_by_rung(bare, wanted) for one in places if one.at != place.at]
    if others and (wordless or (line is not None and line - 1 in others)):
        raise several(sorted({place.at + 1, *(at + 1 for at in others)}))


def _word(line: str) -> str:
    return _NO_WORD.sub("", line).lower()


def several(places: list[int]) -> EditRefused:
    """Return the refusal that names the lines (from 1) at which equal matches begin."""
    count = f"more than {MOST_NAMED}" if len(places) > MOST_NAMED else str(len(places))
    shown = ", ".join(map(str, places[:MOST_NAMED]))
    return EditRefused(
        f"the search lines match {count} places (starting at lines {shown}); "
        "add lines from above or below until only one place matches"
    )


def _settled(bare: list[str], places: list[Place], hints: PlaceHints | None) -> Place:
    """Return the place that the weak hints choose: each that knows of exactly one must choose the same."""
    chosen = {one.at: one for one in _choices(bare, places, hints)} if hints else {}
    if len(chosen) == 1:
        return next(iter(chosen.values()))
    raise several([one.at + 1 for one in places])


def _choices(bare: list[str], places: list[Place], hints: PlaceHints) -> Iterator[Place]:
    if hints.line is not None:
        yield from _only([one for one in places if one.at + 1 == hints.line])
    if hints.at_end:
        last = max((index for index, line in enumerate(bare) if line.strip()), default=-1)
        yield from _only([one for one in places if one.end > last])
    if hints.heading:
        tops = [top for top, line in enumerate(bare) if _reads(line, hints.heading)]
        yield from _only([one for one in places if any(_lies_in(one, [_scope(bare, top)]) for top in tops)])


def _only(places: list[Place]) -> list[Place]:
    return places if len(places) == 1 else []


def _lies_in(place: Place, scopes: list[tuple[int, int]]) -> bool:
    return any(place.end > start and place.at < end for start, end in scopes)


def _scopes(bare: list[str], anchors: tuple[str, ...]) -> list[tuple[int, int]]:
    """Return the runs of lines beneath the innermost anchor, each anchor looked for beneath the one before."""
    scopes = [(0, len(bare))]
    for anchor in anchors:
        found = [
            (at, min(end, _scope(bare, at)[1]))
            for start, end in scopes
            for at in _anchored(bare, start, end, anchor)
        ]
        if not found:
            raise EditRefused(
                f"no line reads like the anchor {anchor!r}.{nearest_lines(bare, [anchor])}"
                if len(anchors) == 1 or anchor == anchors[0]
                else f"no line beneath the anchor {anchors[0]!r} reads like {anchor!r}"
            )
        scopes = found
    return scopes


def _anchored(bare: list[str], start: int, end: int, anchor: str) -> list[int]:
    """Return the lines that read like the anchor, or else those that begin with it."""
    for places in places_by_rung(bare[start:end], [anchor.strip()]):
        return [start + one.at for one in places]
    return [at for at in range(start, end) if _reads(bare[at], anchor)]


def _reads(line: str, heading: str) -> bool:
    """Whether the line begins with the words of a heading, which git and models cut short."""
    line, heading = line.strip(), heading.strip().rstrip(".… ")
    rest = line[len(heading) :]
    return bool(heading) and line.startswith(heading) and not (heading[-1:].isalnum() and rest[:1].isalnum())


def _scope(bare: list[str], top: int) -> tuple[int, int]:
    """Return the lines a line opens: up to the next one that is no deeper; to the end where it opens none."""
    depth = width(indentation(bare[top]))
    opens = False
    for at in range(top + 1, len(bare)):
        line = bare[at]
        if not line.strip() or line.lstrip().startswith(_CLOSERS):
            continue
        if width(indentation(line)) > depth:
            opens = True
            continue
        return (top, at) if opens else (top, len(bare))
    return top, len(bare)

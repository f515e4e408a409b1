"""Blocks in which lines like ``# ... existing code ...`` stand for lines that stay as they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from codecompanion.contracts.errors import EditRefused
from codecompanion.orchestra.edits.elisions import is_elision
from codecompanion.orchestra.edits.indents import indentation, width
from codecompanion.orchestra.edits.ladder import Place, places_by_rung
from codecompanion.orchestra.edits.placing import several


@dataclass(frozen=True, slots=True)
class Part:
    """Lines of a block that stand together, what they become, and where they were found."""

    wanted: list[str]
    new: list[str]
    place: Place


def parts_of(bare: list[str], wanted: list[str], new: list[str]) -> list[Part]:
    """Return the parts of an elided block with their places; empty when it is none, or nothing matches it.

    Both sides must be elided at the same points, and the parts, in order, must fit in one way only: what is
    left out lies as deep as the line that stands for it, or deeper. Raises ``EditRefused`` otherwise.
    """
    olds, markers = _split(wanted)
    news, new_markers = _split(new)
    if not markers:
        return []
    if len(markers) != len(new_markers):
        raise EditRefused(
            f"the search lines leave something out in {len(markers)} places ({markers[0].strip()!r}), the "
            f"replace lines in {len(new_markers)}; write both out, or leave out the same lines in both"
        )
    pairs = list(zip(olds, news, strict=True))
    if any(new and not old for old, new in pairs):
        raise EditRefused(
            f"new lines stand next to {markers[0].strip()!r} without a line of the file beside them; "
            "show a line of the file there"
        )
    shown = [index for index, (old, _) in enumerate(pairs) if old]
    ways = list(islice(_ways(bare, [olds[index] for index in shown], markers, shown), 2))
    if len(ways) > 1:
        raise several([places[0].at + 1 for places in ways])
    if not ways:
        return []
    return [Part(*pairs[index], place) for index, place in zip(shown, ways[0], strict=True)]


def _split(lines: list[str]) -> tuple[list[list[str]], list[str]]:
    """Return the runs of lines between elisions, without blank ends beside them, and the elisions."""
    runs: list[list[str]] = [[]]
    markers: list[str] = []
    for line in lines:
        if is_elision(line):
            markers.append(line)
            runs.append([])
        else:
            runs[-1].append(line)
    return [run if any(line.strip() for line in run) else [] for run in runs], markers


def _ways(
    bare: list[str], olds: list[list[str]], markers: list[str], shown: list[int]
) -> Iterator[list[Place]]:
    """Yield the ways to place all runs in order, each run on its own strictest rung."""
    found = [next(iter(places_by_rung(bare, old)), []) for old in olds]
    chains: list[list[Place]] = [[place] for place in found[0]] if found else []
    for number, places in enumerate(found[1:], 1):
        marker = markers[shown[number] - 1]
        chains = [
            [*chain, place]
            for chain in chains
            for place in places
            if place.at >= chain[-1].end and _left_out(bare[chain[-1].end : place.at], marker, chain[-1])
        ][:100]
    yield from chains


def _left_out(lines: list[str], marker: str, above: Place) -> bool:
    """Whether these lines may be what the marker stands for: none is shallower than it."""
    depth = width(_placed(indentation(marker), above))
    return all(width(indentation(line)) >= depth for line in lines if line.strip())


def _placed(indent: str, above: Place) -> str:
    try:
        return indentation(above.indents.placed(indent + "x"))
    except EditRefused:
        return indent

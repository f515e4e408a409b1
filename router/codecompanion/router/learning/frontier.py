"""How good the best mixture of choices is at every cost: the area under a cost-quality hull.

As AIQ in RouterBench (Hu and others 2024): the hull of all points, mixing two choices by chance included, and
its mean height over a range of costs. Doing nothing costs nothing and scores nothing.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple


class Point(NamedTuple):
    """The cost and the score of one way of choosing."""

    dollars: float
    score: float


def hull(points: Iterable[Point]) -> list[Point]:
    """Return the corners of the upper hull, the cheapest first, as far as it rises."""
    corners: list[Point] = []
    for point in sorted({Point(0.0, 0.0), *points}, key=lambda one: (one.dollars, one.score)):
        if corners and point.score <= corners[-1].score:
            continue
        while len(corners) >= 2 and _below(corners[-2], corners[-1], point):
            corners.pop()
        corners.append(point)
    return corners


def area(points: Iterable[Point], low: float, high: float) -> float:
    """Return the mean height of the hull between two costs; beyond its last corner it stays level."""
    corners = hull(points)
    corners.append(Point(max(high, corners[-1].dollars), corners[-1].score))
    if high <= low:
        return _height(corners, low)
    stops = sorted({low, high, *(one.dollars for one in corners if low < one.dollars < high)})
    heights = [(_height(corners, left) + _height(corners, right)) / 2 for left, right in pairwise(stops)]
    widths = [right - left for left, right in pairwise(stops)]
    return sum(height * width for height, width in zip(heights, widths, strict=True)) / (high - low)


def _below(left: Point, middle: Point, right: Point) -> bool:
    """Whether the middle point lies on or below the line between the others."""
    rise = (right.score - left.score) * (middle.dollars - left.dollars)
    return (middle.score - left.score) * (right.dollars - left.dollars) <= rise


def _height(corners: Sequence[Point], dollars: float) -> float:
    for left, right in pairwise(corners):
        if left.dollars <= dollars <= right.dollars:
            width = right.dollars - left.dollars
            share = (dollars - left.dollars) / width if width else 1.0
            return left.score + share * (right.score - left.score)
    return corners[-1].score

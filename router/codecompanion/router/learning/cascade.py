"""Cheap first: where tests judge the work, and others mend what they find, the strongest need not begin.

What a model's first try is worth then is what it is worth by itself, plus, for the times it fails, what the
best of the others is worth at mending. A cheap model that succeeds often enough wins by what it saves.
"""

from collections.abc import Sequence
from typing import Final

_MENDED: Final = 0.8
"""How much of its usual worth a model brings where another has failed: such tasks are the harder ones."""


def with_mending(worths: Sequence[float], qualities: Sequence[float]) -> list[float]:
    """Return what each model's first try is worth; ``worths`` are qualities less what cost and time weigh."""
    best, second = _two_best(worths)
    found = []
    for worth, quality in zip(worths, qualities, strict=True):
        other = second if worth == best else best
        failing = 1.0 - min(1.0, max(0.0, quality))
        found.append(worth + failing * _MENDED * max(0.0, other))
    return found


def _two_best(worths: Sequence[float]) -> tuple[float, float]:
    first, *rest = sorted(worths, reverse=True)
    return first, rest[0] if rest else 0.0

"""How a block is indented against the place it matches, and how its new lines must be indented there."""

from collections import Counter
from dataclasses import dataclass

from codecompanion.contracts.errors import EditRefused


def indentation(line: str) -> str:
    """Return the whitespace a line begins with."""
    return line[: len(line) - len(line.lstrip())]


def width(indent: str, tab: int = 8) -> int:
    """Return how far an indentation reaches, in columns."""
    return len(indent.expandtabs(tab))


@dataclass(frozen=True, slots=True)
class Indents:
    """Pairs (the block's indentation, the text's) of all lines with text, the shallowest first.

    One of the block's always stands for one of the text's, and a deeper one never for a shallower one.
    """

    pairs: tuple[tuple[str, str], ...] = ()

    @classmethod
    def between(cls, wanted: list[str], found: list[str]) -> "Indents | None":
        """Return how the lines of a block are indented in the text, None when there is no rule in it."""
        pairs = {
            (indentation(want), indentation(have))
            for want, have in zip(wanted, found, strict=True)
            if want.strip()
        }
        ordered = tuple(sorted(pairs, key=lambda pair: (width(pair[0]), width(pair[1]), pair)))
        if len({want for want, _ in ordered}) < len(ordered):
            return None
        depths = [width(have) for _, have in ordered]
        return cls(ordered) if depths == sorted(depths) else None

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return all(want == have for want, have in self.pairs)

    @property
    def shifts(self) -> bool:
        """Whether all lines differ by the same characters."""
        return len({_shift(want, have) for want, have in self.pairs}) <= 1 and None not in {
            _shift(want, have) for want, have in self.pairs
        }

    def placed(self, line: str) -> str:
        """Return a line of the block as the text indents it; raises ``EditRefused`` when that is unknown."""
        if self.same or not line.strip():
            return line
        indent = indentation(line)
        found = dict(self.pairs).get(indent)
        if found is None:
            found = self._shifted(indent) if self.shifts else self._scaled(indent)
        if found is None:
            raise EditRefused(
                f"the search lines are indented unlike the file, and how the replace line "
                f"{line.strip()[:80]!r} is meant to be indented cannot be told; copy the file's indentation"
            )
        return found + line[len(indent) :]

    def is_clear_for(self, lines: list[str], unit: int) -> bool:
        """Whether new lines can be indented in one way only: by the same shift, not by steps of another width.

        ``unit`` is how much deeper one step is in the file. Lines one step deeper show that the block has the
        file's steps.
        """
        known = {want for want, _ in self.pairs}
        strange = [indentation(line) for line in lines if line.strip() and indentation(line) not in known]
        if self.same or not self.shifts or not strange or not self.pairs:
            return True
        steps = [width(indent) - width(self.pairs[-1][0]) for indent in strange]
        if unit in {abs(step) for step in steps}:
            return True
        return all(self._scaled(indent) in {None, self._shifted(indent)} for indent in strange)

    def _shifted(self, indent: str) -> str | None:
        shift = _shift(*self.pairs[0])
        if shift is None or not indent.startswith(shift[1]):
            return None
        return shift[0] + indent[len(shift[1]) :]

    def _scaled(self, indent: str) -> str | None:
        """Return the indentation where all are the same number of steps, of another width or character."""
        deep = [(want, have) for want, have in self.pairs if want or have]
        if any(not want or not have for want, have in deep) or not deep:
            return None
        steps = {(len(want) / len(have), want[0], have[0]) for want, have in deep}
        if len(steps) != 1 or any(set(want) | set(have) != {want[0], have[0]} for want, have in deep):
            return None
        ratio, want_char, have_char = steps.pop()
        length = len(indent) / ratio
        if set(indent) - {want_char} or length != int(length):
            return None
        return have_char * int(length)


def _shift(want: str, have: str) -> tuple[str, str] | None:
    """Return what is (added before, removed from) the block's indentation to make the text's."""
    if have.endswith(want):
        return have[: len(have) - len(want)], ""
    if want.endswith(have):
        return "", want[: len(want) - len(have)]
    return None


def unit_of(lines: list[str]) -> int:
    """Return by how many columns a line is mostly deeper than the one above it, 0 where none is."""
    steps: Counter[int] = Counter()
    last = 0
    for line in lines:
        if line.strip():
            depth = width(indentation(line))
            steps[depth - last] += depth > last
            last = depth
    return max(steps, key=lambda step: (steps[step], -step), default=0)

"""Columns of a line in the units a client counts by, and in code points."""

from enum import StrEnum
from typing import NamedTuple


class PositionEncoding(StrEnum):
    """What ``character`` counts."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


class Position(NamedTuple):
    """A place as the client says it: line from 0, ``character`` in units of its encoding."""

    line: int
    character: int

    def to_wire(self) -> dict[str, int]:
        """Return the LSP ``Position``."""
        return {"line": self.line, "character": self.character}


def index_of(line: str, character: int, encoding: PositionEncoding) -> int:
    """Return the code point index of ``character`` in ``line``.

    Clamped to the line; a place within a character (half a surrogate pair) is moved to its start.
    """
    character = max(character, 0)
    if encoding is PositionEncoding.UTF32 or line.isascii():
        return min(character, len(line))
    if encoding is PositionEncoding.UTF8:
        units = line.encode("utf-8", "surrogatepass")
        character = min(character, len(units))
        while character < len(units) and units[character] & 0xC0 == 0x80:
            character -= 1
        return len(units[:character].decode("utf-8", "surrogatepass"))
    units = line.encode("utf-16-le", "surrogatepass")
    character = min(character, len(units) // 2)
    if _splits_pair(units, character):
        character -= 1
    return len(units[: character * 2].decode("utf-16-le", "surrogatepass"))


def units_before(line: str, index: int, encoding: PositionEncoding) -> int:
    """Return how many units of ``encoding`` the first ``index`` code points of ``line`` take."""
    before = line[:index]
    if encoding is PositionEncoding.UTF32 or before.isascii():
        return len(before)
    if encoding is PositionEncoding.UTF8:
        return len(before.encode("utf-8", "surrogatepass"))
    return len(before.encode("utf-16-le", "surrogatepass")) // 2


def _splits_pair(units: bytes, character: int) -> bool:
    at = character * 2
    if not 0 < at < len(units):
        return False
    return units[at - 1] & 0xFC == 0xD8 and units[at + 1] & 0xFC == 0xDC

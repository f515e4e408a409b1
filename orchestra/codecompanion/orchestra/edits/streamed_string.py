"""Decodes one JSON string while it streams, by the rules of ``tolerant_json``.

Forgiven, as there: single or typographic quotes, raw newlines, unknown escapes (kept as they stand).
"""

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

CLOSING_QUOTES: Final = {'"': '"', "'": "'", "\u201c": "\u201d"}
_PLAIN: Final = {close: re.compile(rf"[^\\{close}]*") for close in CLOSING_QUOTES.values()}
_ESCAPES: Final = {
    **{char: char for char in "\"\\/'\u201c\u201d\n"},
    **{"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"},
}
_CODE_UNIT = re.compile(r"\\u([0-9a-fA-F]{4})")
_PART_OF_CODE_UNIT = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?\Z")


class _Escape(NamedTuple):
    """What an escape stands for and how many characters it takes; ``length`` 0 when more must come first."""

    text: str
    length: int


_UNFINISHED = _Escape("", 0)


@dataclass(slots=True)
class StreamedString:
    r"""The string behind an opening quote; ``closing`` is the quote that ends it.

    ``broken`` says that it holds a ``\u`` without its four digits, which no reader of JSON takes: from there
    on nothing is told.
    """

    closing: str
    closed: bool = field(default=False, init=False)
    broken: bool = field(default=False, init=False)
    _held: str = field(default="", init=False)

    def feed(self, chunk: str) -> tuple[str, str]:
        """Return the text the chunk adds, and what lies behind the closing quote, if that has come.

        The same text comes out whatever the chunks: an escape is held back until it is whole, and so is half
        a surrogate pair.
        """
        source, self._held = self._held + chunk, ""
        plain, text, at = _PLAIN[self.closing], list[str](), 0
        while not self.broken:
            run = plain.match(source, at)
            assert run is not None, "the expression matches nothing as well"
            text.append(run[0])
            at = run.end()
            if at == len(source):
                return "".join(text), ""
            if source[at] == self.closing:
                self.closed = True
                return "".join(text), source[at + 1 :]
            escape = _escape(source, at)
            if escape is None:
                self.broken = True
            elif escape.length == 0:
                self._held = source[at:]
                return "".join(text), ""
            else:
                text.append(escape.text)
                at += escape.length
        return "".join(text), ""


def _escape(source: str, at: int) -> _Escape | None:
    """Return the escape that begins at the backslash ``at``, None when it is none."""
    char = source[at + 1 : at + 2]
    if not char:
        return _UNFINISHED
    if char == "u":
        return _code_unit(source, at)
    return _Escape(_ESCAPES.get(char, "\\" + char), 2)


def _code_unit(source: str, at: int) -> _Escape | None:
    first = _CODE_UNIT.match(source, at)
    if first is None:
        return _UNFINISHED if _PART_OF_CODE_UNIT.match(source, at) else None
    high = int(first[1], 16)
    if not 0xD800 <= high < 0xDC00:
        return _Escape(chr(high), 6)
    if first.end() == len(source) or _PART_OF_CODE_UNIT.match(source, first.end()):
        return _UNFINISHED
    second = _CODE_UNIT.match(source, first.end())
    low = int(second[1], 16) if second else 0
    if not 0xDC00 <= low < 0xE000:
        return _Escape(chr(high), 6)
    return _Escape(chr(0x10000 + (high - 0xD800 << 10) + (low - 0xDC00)), 12)

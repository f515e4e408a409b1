"""Cuts a byte stream into message bodies, and finds the way back after a broken frame.

Pure: no input or output happens here. What is tolerated: header names in any case, bare line feeds, blank
lines between frames, further headers. What is reported: anything else, once for each run of bad bytes.

The way back is the next ``Content-Length: <digits>`` line. Such a line cannot stand inside a well-formed
body, because JSON strings hold no raw line break; so a header found within a body proves that the announced
length was too long, and the body is cut there.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

MAX_BODY = 64 * 1024 * 1024
MAX_HEADER = 8 * 1024
_LONGEST_LENGTH_LINE = 64

_HEADER_END = re.compile(rb"\r?\n\r?\n")
_HEADER_LINE = re.compile(rb"([!#-'*+.0-9A-Z^-z|~-]+)[ \t]*:[ \t]*(.*?)[ \t]*\r?", re.DOTALL)
_LENGTH_LINE = re.compile(rb"content-length[ \t]*:[ \t]*\d{1,20}[ \t]*\r?\n", re.IGNORECASE)
_UTF8 = re.compile(rb"charset[ \t]*=[ \t]*\"?utf-?8(?![\w-])", re.IGNORECASE)


class BadFrame(NamedTuple):
    """Bytes that are no message; ``oversized`` when the frame was well formed but over the limit."""

    reason: str
    oversized: bool = False


class FrameParser:
    """Feed it bytes as they come; it yields bodies and one ``BadFrame`` for each run of bad bytes.

    Memory stays within ``max_body`` plus one chunk: a longer body is refused at its header and skipped.
    """

    def __init__(self, max_body: int = MAX_BODY) -> None:
        self._max_body = max_body
        self._buffer = bytearray()
        self._length: int | None = None
        self._scanned = 0
        self._lost = False

    def feed(self, data: bytes) -> Iterator[bytes | BadFrame]:
        """Yield what the stream up to and including ``data`` completes."""
        self._buffer += data
        while (item := self._next()) is not None:
            yield item

    def _next(self) -> bytes | BadFrame | None:
        if self._lost and not self._find_way_back():
            return None
        if self._length is None:
            bad = self._read_header()
            if bad is not None:
                return bad
        return None if self._length is None else self._read_body(self._length)

    def _find_way_back(self) -> bool:
        match = _LENGTH_LINE.search(self._buffer)
        if match is None:
            del self._buffer[:-_LONGEST_LENGTH_LINE]
            return False
        del self._buffer[: match.start()]
        self._lost = False
        return True

    def _read_header(self) -> BadFrame | None:
        if self._buffer.startswith((b"\r", b"\n")):
            self._buffer = self._buffer.lstrip(b"\r\n")
        end = _HEADER_END.search(self._buffer, 0, MAX_HEADER)
        if end is None:
            return self._lose("a header without an end") if len(self._buffer) >= MAX_HEADER else None
        length = _content_length(bytes(self._buffer[: end.start()]))
        if isinstance(length, str):
            return self._lose(length)
        del self._buffer[: end.end()]
        if length > self._max_body:
            self._lost = True
            return BadFrame(f"a message of {length} bytes; the limit is {self._max_body}", oversized=True)
        self._length, self._scanned = length, 0
        return None

    def _lose(self, reason: str) -> BadFrame:
        del self._buffer[:1]
        self._lost = True
        return BadFrame(reason)

    def _read_body(self, length: int) -> bytes | None:
        available = min(length, len(self._buffer))
        cut = self._header_within(available)
        if cut is None:
            if available < length:
                self._scanned = max(0, available - _LONGEST_LENGTH_LINE)
                return None
            cut = length
        body = bytes(self._buffer[:cut])
        del self._buffer[:cut]
        self._length = None
        return body

    def _header_within(self, available: int) -> int | None:
        # Two plain searches first: the pattern is some hundred times slower and hardly ever matches. A header
        # may begin within the announced body and end after it, hence the look beyond `available`.
        end = available + _LONGEST_LENGTH_LINE
        if all(self._buffer.find(word, self._scanned, end) < 0 for word in (b"ength", b"ENGTH")):
            return None
        match = _LENGTH_LINE.search(self._buffer, self._scanned, end)
        return match.start() if match is not None and match.start() < available else None


def _content_length(header: bytes) -> int | str:
    """Return the length a header block announces, or why it announces none."""
    lengths: set[bytes] = set()
    for line in header.split(b"\n"):
        match = _HEADER_LINE.fullmatch(line)
        if match is None:
            return f"a header line that is none: {line[:60]!r}"
        name, value = match[1].lower(), match[2]
        if name == b"content-length":
            lengths.add(value)
        elif name == b"content-type" and b"charset" in value.lower() and not _UTF8.search(value):
            return f"Content-Type {value[:60]!r}; only utf-8 is understood"
    if len(lengths) != 1:
        return "no Content-Length" if not lengths else f"contradicting lengths {sorted(lengths)!r}"
    digits = lengths.pop()
    if not digits.isdigit() or len(digits) > 20:
        return f"Content-Length {digits[:60]!r}; it must be a count of bytes"
    return int(digits)


def encode_frame(body: bytes) -> bytes:
    """Return ``body`` with the header that announces its length."""
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)

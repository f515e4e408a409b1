"""The open documents, exactly as the editor holds them.

Documents are immutable: background work keeps the one it started with. Lines end at ``\\n``, ``\\r\\n`` and
``\\r`` and nowhere else. Nothing is ever read from disk here; a document that is not open is not known.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from itertools import accumulate
from typing import Any

from pygls.exceptions import JsonRpcInvalidParams

from codecompanion.contracts.hashes import sha256_of
from codecompanion.server.wire.positions import Position, PositionEncoding, index_of, units_before
from codecompanion.server.wire.uris import canonical_uri

_SURROGATE = re.compile("[\ud800-\udfff]")
_RUN = 256


def split_lines(text: str) -> list[str]:
    """Return the lines of ``text`` with their ends; the last one has no end and may be empty."""
    lines = StringIO(text, newline="").readlines()
    if not lines or lines[-1].endswith(("\n", "\r")):
        lines.append("")
    return lines


@dataclass(frozen=True)
class OpenDocument:
    """One state of an open document. ``version`` is the client's: often 0 at first, None if it sends none."""

    uri: str
    language_id: str
    version: int | None
    lines: tuple[str, ...]
    encoding: PositionEncoding = PositionEncoding.UTF16

    @cached_property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.lines)

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the text in UTF-8, in hexadecimal digits."""
        return sha256_of(self.text)

    @cached_property
    def _ends(self) -> list[int]:
        """Where each run of ``_RUN`` lines ends in ``text``, in code points: one number a line takes longer."""
        runs = range(0, len(self.lines), _RUN)
        return list(accumulate(sum(map(len, self.lines[first : first + _RUN])) for first in runs))

    @property
    def end(self) -> Position:
        """The place after the last character."""
        return Position(len(self.lines) - 1, units_before(self.lines[-1], len(self.lines[-1]), self.encoding))

    def text_between(self, start: Position, end: Position) -> str:
        """Return the text of a range; ``end`` is exclusive, both are clamped to the document."""
        (first, start_index), (last, end_index) = sorted((self._locate(*start), self._locate(*end)))
        if first == last:
            return self.lines[first][start_index:end_index]
        middle = self.lines[first + 1 : last]
        return "".join((self.lines[first][start_index:], *middle, self.lines[last][:end_index]))

    def position_of(self, offset: int) -> Position:
        """Return the place of the code point at ``offset`` in ``text``, clamped to the document."""
        place = max(offset, 0)
        run = bisect_right(self._ends, place)
        if run == len(self._ends):
            return self.end
        ends = list(accumulate(map(len, self.lines[run * _RUN : (run + 1) * _RUN])))
        index = place - (self._ends[run] - ends[-1])
        nth = bisect_right(ends, index)
        number = run * _RUN + nth
        line = self.lines[number]
        index = min(index - (ends[nth] - len(line)), len(_content(line)))
        return Position(number, units_before(line, index, self.encoding))

    def offset_of(self, place: Position) -> int:
        """Return where a place is in ``text``, in code points, clamped to the document."""
        line, index = self._locate(*place)
        return sum(map(len, self.lines[:line])) + index

    def edited(self, changes: Sequence[Mapping[str, Any]], version: int | None) -> "OpenDocument":
        """Return the document after a ``didChange``; each change starts from the result of the one before."""
        lines = list(self.lines)
        for change in changes:
            text, where = change.get("text"), change.get("range")
            if not isinstance(text, str):
                raise JsonRpcInvalidParams(f"A change needs its text, not {text!r}")
            if where is None:
                lines = split_lines(text)
            else:
                start, end = sorted(_locate(lines, *place, self.encoding) for place in _places(where))
                _replace(lines, start, end, text)
        return OpenDocument(self.uri, self.language_id, version, tuple(lines), self.encoding)

    def _locate(self, line: int, character: int) -> tuple[int, int]:
        return _locate(self.lines, line, character, self.encoding)


class Documents(Mapping[str, OpenDocument]):
    """The documents the client has open now, found by any spelling of their URI."""

    def __init__(self) -> None:
        self.encoding = PositionEncoding.UTF16
        self._open: dict[str, OpenDocument] = {}

    def __getitem__(self, uri: str) -> OpenDocument:
        return self._open[canonical_uri(uri)]

    def __iter__(self) -> Iterator[str]:
        return (document.uri for document in self._open.values())

    def __len__(self) -> int:
        return len(self._open)

    def opened(self, params: Any) -> None:
        """Take in a ``textDocument/didOpen``."""
        item = _text_document(params)
        text, language = item.get("text"), item.get("languageId")
        if not isinstance(text, str):
            raise JsonRpcInvalidParams(f"An opened document needs its text, not {text!r}")
        self._open[canonical_uri(item["uri"])] = OpenDocument(
            uri=item["uri"],
            language_id=language if isinstance(language, str) else "",
            version=_version(item),
            lines=tuple(split_lines(text)),
            encoding=self.encoding,
        )

    def changed(self, params: Any) -> None:
        """Take in a ``textDocument/didChange``: all of its changes, or none."""
        item = _text_document(params)
        changes = params.get("contentChanges")
        if not isinstance(changes, list) or not all(isinstance(change, dict) for change in changes):
            raise JsonRpcInvalidParams(f"contentChanges is a list of changes, not {changes!r}")
        key = canonical_uri(item["uri"])
        if (document := self._open.get(key)) is None:
            raise JsonRpcInvalidParams(f"{item['uri']} is not open")
        self._open[key] = document.edited(changes, _version(item))

    def closed(self, params: Any) -> None:
        """Take in a ``textDocument/didClose``."""
        self._open.pop(canonical_uri(_text_document(params)["uri"]), None)


def numbered(params: Any) -> Any:
    """Return ``params`` with version 0 where the client sent none, which the typed form does not allow."""
    if not isinstance(params, dict) or not isinstance(item := params.get("textDocument"), dict):
        return params
    return params if item.get("version") is not None else {**params, "textDocument": {**item, "version": 0}}


def _text_document(params: Any) -> dict[str, Any]:
    item = params.get("textDocument") if isinstance(params, dict) else None
    if not isinstance(item, dict) or not isinstance(item.get("uri"), str):
        raise JsonRpcInvalidParams(f"A textDocument with its uri is needed, not {item!r}"[:300])
    return item


def _version(item: Mapping[str, Any]) -> int | None:
    version = item.get("version")
    return int(version) if isinstance(version, int | float) else None


def _places(where: Any) -> tuple[tuple[int, int], tuple[int, int]]:
    try:
        start, end = where["start"], where["end"]
        return (int(start["line"]), int(start["character"])), (int(end["line"]), int(end["character"]))
    except (KeyError, TypeError, ValueError, OverflowError) as problem:
        raise JsonRpcInvalidParams(f"A range has a start and an end, not {where!r}"[:300]) from problem


def _content(line: str) -> str:
    return line.rstrip("\r\n")


def _locate(lines: Sequence[str], line: int, character: int, encoding: PositionEncoding) -> tuple[int, int]:
    """Return line and code point index of a place, clamped to the document."""
    if line < 0:
        return 0, 0
    if line >= len(lines):
        return len(lines) - 1, len(lines[-1])
    return line, index_of(_content(lines[line]), character, encoding)


def _replace(lines: list[str], start: tuple[int, int], end: tuple[int, int], text: str) -> None:
    """Replace a range in place. Neighbouring lines join in where ``\\r`` and ``\\n`` come together."""
    first, last = start[0], end[0]
    joined = _join_pairs(lines[first][: start[1]] + text + lines[last][end[1] :])
    if first > 0 and joined.startswith("\n") and lines[first - 1].endswith("\r"):
        first -= 1
        joined = lines[first] + joined
    if last + 1 < len(lines) and joined.endswith("\r") and lines[last + 1].startswith("\n"):
        last += 1
        joined += lines[last]
    fresh = split_lines(joined)
    if last + 1 < len(lines):
        fresh.pop()
    lines[first : last + 1] = fresh


def _join_pairs(text: str) -> str:
    """Return ``text`` with surrogate halves that an edit brought together made one character."""
    if text.isascii() or _SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")

"""Finds the requests people write into their files: comments and plain lines that begin with `orchestra:`.

Pure and quick: only lines that hold the word are looked at closely. A request goes on in the comment lines
below it that are indented further than the word; in a block comment, to the end of the block or a blank line.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from codecompanion.server.requests.comment_syntax import CommentSyntax, syntax_of

MOST_LINES = 40
"""Lines one request may take; longer material belongs into a file that the request names."""

# `orchestra::x`, `orchestra:8080` and `orchestra:=` are code
_WORD = re.compile(r"(?<![\w@.$-])orchestra[ \t]?:(?![:=/\d])[ \t]*", re.IGNORECASE)
# what may stand before the word on a line within a block or in prose: bullets, quotes, headings
_BULLET = re.compile(r"\s*(?:[-*+>#|]+|\d+[.)])?\s*")
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
_QUOTES = "\"'`"


@dataclass(frozen=True, slots=True)
class RequestComment:
    """One request: its words, its lines from 0, and the columns (code points) where it starts and ends."""

    text: str
    first_line: int
    last_line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Opening:
    """Where a request's words begin; ``lead`` repeats on the lines below, ``closing`` ends a block."""

    line: int
    word: int
    words: int
    lead: str = ""
    closing: str = ""


def find_requests(lines: Sequence[str], language_id: str, path: str) -> list[RequestComment]:
    """Return the document's requests from top to bottom; one without words is none."""
    syntax = syntax_of(language_id, path)
    around = _Surroundings(lines, syntax)
    found: list[RequestComment] = []
    for number, line in enumerate(lines):
        if "orchestra" not in line.lower() or (found and number <= found[-1].last_line):
            continue
        opening = _opening(line, number, syntax, around)
        request = _read(lines, opening) if opening else None
        if request is not None:
            found.append(request)
    return found


def request_touching(
    requests: Sequence[RequestComment], first_line: int, last_line: int
) -> RequestComment | None:
    """Return the first request that has one of the lines."""
    touching = (r for r in requests if r.first_line <= last_line and r.last_line >= first_line)
    return next(touching, None)


def _opening(line: str, number: int, syntax: CommentSyntax, around: "_Surroundings") -> _Opening | None:
    for match in _WORD.finditer(line):
        before = line[: match.start()]
        sign = _signs(syntax).search(before)
        if sign is not None and not _in_string(line, sign.start(1)):
            closing = _closing_of(sign[1], syntax)
            return _Opening(number, match.start(), match.end(), "" if closing else sign[1], closing)
        if _BULLET.fullmatch(before):
            closing = around.closing_at(number)
            if closing or (syntax.prose and not around.fenced_at(number)):
                return _Opening(number, match.start(), match.end(), closing=closing)
    return None


@cache
def _signs(syntax: CommentSyntax) -> re.Pattern[str]:
    """Return the pattern of a comment's beginning right before the word, blocks first, longer signs first."""
    openings = [opening for opening, _ in syntax.block]
    signs = [*openings, *sorted(syntax.line, key=len, reverse=True)]
    # `///`, `//!`, `##`, `;;;`, `/**` and `-- |` are comments too
    dressed = [rf"{re.escape(sign)}[{re.escape(sign[-1])}*!|:]*" for sign in signs] or [r"(?!)"]
    return re.compile(rf"(?:^|[\s;,{{}}()\[\]])({'|'.join(dressed)})[ \t]*[|*]?[ \t]*$", re.IGNORECASE)


def _closing_of(sign: str, syntax: CommentSyntax) -> str:
    return next((closing for opening, closing in syntax.block if sign.startswith(opening)), "")


def _in_string(line: str, at: int) -> bool:
    """Whether the place is between quotes that are closed after it."""
    inside, escaped = "", False
    for char in line[:at]:
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif inside:
            inside = "" if char == inside else inside
        elif char in _QUOTES:
            inside = char
    return bool(inside) and inside in line[at:]


class _Surroundings:
    """What is open where a line starts: a block comment, a code block of Markdown. Lines are asked in order."""

    def __init__(self, lines: Sequence[str], syntax: CommentSyntax) -> None:
        self._lines = lines
        self._blocks = dict.fromkeys(syntax.block, False)
        self._prose = syntax.prose
        self._fenced = False
        self._read = 0

    def closing_at(self, number: int) -> str:
        """Return the closing sign of the block comment around the line, or nothing."""
        self._read_to(number)
        return next((closing for (_, closing), is_open in self._blocks.items() if is_open), "")

    def fenced_at(self, number: int) -> bool:
        """Whether the line is in a code block of Markdown, where a request is only being shown."""
        self._read_to(number)
        return self._fenced

    def _read_to(self, number: int) -> None:
        part = "".join(self._lines[self._read : number])
        self._read = number
        if self._prose:
            self._fenced ^= len(_FENCE.findall(part)) % 2 == 1
        for opening, closing in self._blocks:
            if opening == closing:
                self._blocks[opening, closing] ^= part.count(opening) % 2 == 1
            elif opening in part or closing in part:
                self._blocks[opening, closing] = part.rfind(opening) > part.rfind(closing)


def _read(lines: Sequence[str], opening: _Opening) -> RequestComment | None:
    words, closed = _before_closing(lines[opening.line][opening.words :], opening.closing)
    parts = [words] if closed else [words, *_further_lines(lines, opening)]
    said = " ".join(" ".join(parts).split())
    if not said:
        return None
    last = opening.line + len(parts) - 1
    return RequestComment(said, opening.line, last, opening.word, len(lines[last].rstrip()))


def _further_lines(lines: Sequence[str], opening: _Opening) -> Iterator[str]:
    """Yield the words of each line below that belongs to the request."""
    for line in lines[opening.line + 1 : opening.line + MOST_LINES]:
        text, closed = _before_closing(line.rstrip(), opening.closing)
        bare = text.lstrip()
        if not bare.startswith(opening.lead) or _WORD.search(text):
            return
        words = bare.removeprefix(opening.lead).strip()
        if opening.closing:
            words = words.lstrip("*").strip()
        elif len(text) - len(words) <= opening.word:
            return
        if not words:
            return
        yield words
        if closed:
            return


def _before_closing(text: str, closing: str) -> tuple[str, bool]:
    """Return the text before the closing sign, and whether the sign is there."""
    if not closing or closing not in text:
        return text, False
    return text.partition(closing)[0].rstrip("*- \t"), True

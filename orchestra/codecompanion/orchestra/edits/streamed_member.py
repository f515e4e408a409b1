"""Decodes one string member of a JSON object while the object streams.

It forgives what ``tolerant_json`` forgives. Where a text turns out not to be an object as that module reads
them, nothing more is told: what such a text is, is for the reader of the whole text to say.
"""

import re
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from typing import Final, Literal

from codecompanion.orchestra.edits.streamed_string import CLOSING_QUOTES, StreamedString
from codecompanion.orchestra.edits.tolerant_json import OBJECT_START

Path = tuple[str | None, ...]
"""The names that lead from the object to a value in it; None is a place in a list."""

_TOKEN = re.compile(
    r"""
    (?P<blank>\s+ | //[^\n]*\n | \#[^\n]*\n | /\*.*?\*/)
    | (?P<mark>["'\u201c{}\[\]:,])
    | (?P<word>[^\s"'\u201c{}\[\]:,/\#]+)
    """,
    re.VERBOSE | re.DOTALL,
)
_BEFORE_COLON = re.compile(r"\{\s*(?:\w{1,100}\s*)?")
_PART_OF_START = re.compile(r"\{\s*(?:/|\w{1,100}\s*)?\Z")
_NAME = re.compile(r"[A-Za-z_]\w*")
_CLOSERS: Final = {"{": "}", "[": "]"}
_LONGEST_WORD: Final = 400
_DEEPEST: Final = 200
_DEEPEST_NOTED: Final = 2
# what is cut off the front of the text again and again must not be long
_MOST_AT_ONCE: Final = 4096


class _NotAnObject(Exception):
    """What looked like an object has a form no reader of JSON takes."""


@dataclass(slots=True)
class _Level:
    """An open object or list: what must come next, the member being read, and the names of those before it."""

    opener: str
    expects: Literal["name", "colon", "value", "comma"]
    name: str | None = None
    earlier: set[str] = field(default_factory=set)

    def begin_member(self, name: str) -> None:
        if self.name is not None:
            self.earlier.add(self.name)
        self.name, self.expects = name, "colon"

    def may_close(self) -> bool:
        return self.expects in ("comma", "name" if self.opener == "{" else "value")


class StreamedMember:
    """Reads the first JSON object in a text for the one string that ``wanted`` says yes to.

    ``wanted`` is asked, for every string value before that one, with its path and the names of the members
    before it in the same object. ``opened`` maps the paths of the objects near the top to where they begin in
    the text. Braces in prose before the object, such as ``{}`` or ``{name}``, are passed over.
    """

    def __init__(self, wanted: Callable[[Path, Set[str]], bool]) -> None:
        self._wanted = wanted
        self._levels: list[_Level] = []
        self._string: StreamedString | None = None
        self._name: list[str] = []
        self._pending = ""
        self._at = 0
        self._over = False
        self._holds_something = False
        self._went_astray = False
        self.opened: dict[Path, int] = {}
        self.begun = False

    @property
    def closed(self) -> bool:
        """Whether the wanted string has come to its end."""
        return self.begun and self._string is not None and self._string.closed

    @property
    def is_sound(self) -> bool:
        """Whether the text so far holds no part of an object that is cut off or that nobody could read."""
        return not self._went_astray and (self._over or not self._levels)

    def feed(self, chunk: str) -> str:
        """Return what the chunk adds to the wanted string; '' before it, behind it and without it."""
        told: list[str] = []
        for start in range(0, len(chunk), _MOST_AT_ONCE):
            if self._over:
                break
            self._pending += chunk[start : start + _MOST_AT_ONCE]
            while self._pending and not self._over and self._read_on(told):
                pass
        return "".join(told)

    def _read_on(self, told: list[str]) -> bool:
        """Read one token, if it is whole; returns False when more text must come first."""
        try:
            return self._read_token(told)
        except _NotAnObject:
            self._leave()
            return True

    def _read_token(self, told: list[str]) -> bool:
        """As ``_read_on``; raises ``_NotAnObject``."""
        if self._string is not None:
            return self._read_string(self._string, told)
        if not self._levels:
            return self._seek()
        token = _TOKEN.match(self._pending)
        if token is None:
            return self._wait_for_comment()
        if token.lastgroup == "word" and token.end() == len(self._pending) and token.end() <= _LONGEST_WORD:
            return False
        if token.lastgroup == "mark":
            self._take_mark(token[0], self._levels[-1])
        elif token.lastgroup == "word":
            self._take_word(token[0], self._levels[-1])
        self._pass(token.end())
        return True

    def _pass(self, count: int) -> None:
        self._pending = self._pending[count:]
        self._at += count

    # --- outside of the object ---

    def _seek(self) -> bool:
        brace = self._pending.find("{")
        self._pass(brace if brace >= 0 else len(self._pending))
        if brace < 0:
            return False
        gap = _BEFORE_COLON.match(self._pending)
        if gap is not None and gap.end() > _LONGEST_WORD:
            self._over = self._went_astray = True
            return False
        if _PART_OF_START.match(self._pending):
            return False
        if OBJECT_START.match(self._pending):
            self._open("{")
        self._pass(1)
        return True

    def _leave(self) -> None:
        """Take what was read as no object."""
        self._levels.clear()
        self._string = None
        self._name.clear()
        self._end_object()
        self._went_astray = self._over
        self._pass(1)

    # --- inside of it ---

    def _wait_for_comment(self) -> bool:
        """Hold back the beginning of a comment; its text is dropped, for it may be long."""
        comment = self._pending
        if comment[0] == "#":
            kept = "#"
        elif comment[:2] in ("/", "//"):
            kept = comment[:2]
        elif comment[:2] == "/*":
            kept = "/**" if len(comment) > 2 and comment[-1] == "*" else "/*"
        else:
            raise _NotAnObject
        self._at += len(comment) - len(kept)
        self._pending = kept
        return False

    def _take_mark(self, mark: str, level: _Level) -> None:
        if mark in CLOSING_QUOTES:
            self._begin_string(CLOSING_QUOTES[mark], level)
        elif mark in _CLOSERS:
            _demand(level.expects == "value" and len(self._levels) < _DEEPEST)
            self._holds_something = True
            self._open(mark)
        elif mark == ":":
            _demand(level.expects == "colon")
            level.expects = "value"
        elif mark == ",":
            _demand(level.expects == "comma")
            level.expects = "name" if level.opener == "{" else "value"
        else:
            _demand(mark == _CLOSERS[level.opener] and level.may_close())
            self._close()

    def _take_word(self, word: str, level: _Level) -> None:
        if level.expects == "name":
            _demand(_NAME.fullmatch(word) is not None)
            level.begin_member(word)
        else:
            _demand(level.expects == "value")
            level.expects = "comma"

    def _open(self, opener: str) -> None:
        path = self._path()
        if opener == "{" and len(path) <= _DEEPEST_NOTED:
            self.opened.setdefault(path, self._at)
        self._levels.append(_Level(opener, "name" if opener == "{" else "value"))

    def _close(self) -> None:
        self._levels.pop()
        if self._levels:
            self._levels[-1].expects = "comma"
        else:
            self._end_object()

    def _end_object(self) -> None:
        """Stop behind a real object; go on behind braces that held next to nothing."""
        self._over = self._holds_something
        if not self._over:
            self.opened.clear()

    def _path(self) -> Path:
        return tuple(level.name for level in self._levels)

    # --- strings ---

    def _begin_string(self, closing: str, level: _Level) -> None:
        _demand(level.expects in ("name", "value"))
        self._holds_something = True
        self._string = StreamedString(closing)
        self.begun = level.expects == "value" and self._wanted(self._path(), level.earlier)

    def _read_string(self, string: StreamedString, told: list[str]) -> bool:
        text, rest = string.feed(self._pending)
        self._pass(len(self._pending) - len(rest))
        if self.begun:
            told.append(text)
            self._over = string.closed or string.broken
        elif self._levels[-1].expects == "name":
            self._name.append(text)
        if string.broken:
            raise _NotAnObject
        if string.closed and not self.begun:
            self._end_string(self._levels[-1])
        return string.closed

    def _end_string(self, level: _Level) -> None:
        self._string = None
        if level.expects == "name":
            level.begin_member("".join(self._name))
            self._name.clear()
        else:
            level.expects = "comma"


def _demand(sound: bool) -> None:
    if not sound:
        raise _NotAnObject

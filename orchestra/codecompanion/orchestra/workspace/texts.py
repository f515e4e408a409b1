"""Bytes of a file as text and back, so that an edit leaves the marks and endings it found."""

from dataclasses import dataclass
from typing import Final

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.orchestra.edits.lines import ending_of, split_lines, without_ending

BIGGEST_TEXT: Final = 1_000_000
"""Bytes; a bigger file is not read as text."""

_MARK = b"\xef\xbb\xbf"
_OTHER_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


@dataclass(frozen=True, slots=True)
class DecodedText:
    """A file's text without its byte order mark; ``marked`` says whether it had one."""

    text: str
    marked: bool

    def encoded(self, text: str) -> bytes:
        """Return the bytes of a new text in this file's manner; raises ``WorkspaceError`` if it has none."""
        try:
            return (_MARK if self.marked else b"") + text.encode()
        except UnicodeEncodeError as error:
            raise WorkspaceError(
                f"the text holds half a character at position {error.start} (a lone surrogate); send it again"
            ) from None


NEW_TEXT: Final = DecodedText("", marked=False)


def decode(data: bytes, path: str) -> DecodedText:
    """Return the UTF-8 text of ``data``, line endings untouched; raises ``WorkspaceError`` if it is none."""
    for mark, encoding in _OTHER_MARKS.items():
        if data.startswith(mark):
            raise WorkspaceError(f"{path!r} is {encoding} text; save it as UTF-8 first")
    if b"\0" in data:
        raise WorkspaceError(f"{path!r} is not a text file (it holds zero bytes); only text can be read")
    marked = data.startswith(_MARK)
    try:
        return DecodedText(data[len(_MARK) if marked else 0 :].decode(), marked)
    except UnicodeDecodeError as error:
        at = error.start + (len(_MARK) if marked else 0)
        raise WorkspaceError(
            f"{path!r} is not a UTF-8 text file (byte {data[at]:#04x} at position {at}); save it as UTF-8 first"
        ) from None


def with_endings_of(old: str, new: str) -> str:
    """Return ``new`` with the line endings of ``old``.

    Lines both texts share at their start and end keep their own ending; those between take the one that
    ``old`` uses most. An ``old`` without line endings changes nothing.
    """
    if "\r" not in old and "\r" not in new:
        return new
    old_lines, new_lines = split_lines(old), split_lines(new)
    usual = _usual_ending(old_lines)
    if not usual:
        return new
    head = _shared(old_lines, new_lines)
    tail = _shared(old_lines[head:][::-1], new_lines[head:][::-1])
    middle = new_lines[head : len(new_lines) - tail]
    changed = [without_ending(line) + (usual if ending_of(line) else "") for line in middle]
    return "".join(old_lines[:head] + changed + old_lines[len(old_lines) - tail :])


def _usual_ending(lines: list[str]) -> str:
    endings = [ending for ending in map(ending_of, lines) if ending]
    return max(sorted(set(endings)), key=endings.count, default="")


def _shared(left: list[str], right: list[str]) -> int:
    """Return how many lines at the start are the same but for the kind of their ending."""
    count = 0
    for one, other in zip(left, right, strict=False):
        ended_alike = bool(ending_of(one)) == bool(ending_of(other))
        if without_ending(one) != without_ending(other) or not ended_alike:
            break
        count += 1
    return count

"""What a program printed, as text that is safe to show: bounded, without control sequences."""

import re
from typing import Final

from codecompanion.orchestra.workspace.secret_files import without_keys

TAIL_BYTES: Final = 16_000
CUT_NOTE: Final = "… (earlier output left out)\n"

_ESCAPES = re.compile(
    "\x1b\\[[0-?]*[ -/]*[@-~]"  # colours, cursor movement
    "|\x1b[\\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\\\)?"  # titles, links, device strings
    "|\x1b[ -/]*[0-~]?"  # anything else that starts with escape
)
# all control characters but tab and newline; marks that reorder or hide text
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)


class Tail:
    """Keeps the last ``limit`` bytes of what is added to it, and counts them all."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept = bytearray()
        self.total = 0

    def add(self, data: bytes) -> None:
        """Take note of more output."""
        self.total += len(data)
        self._kept += data
        if len(self._kept) > 2 * self._limit:
            del self._kept[: -self._limit]

    def bytes(self) -> bytes:
        """Return the last ``limit`` bytes, or all if there are fewer."""
        return bytes(self._kept[-self._limit :])


def plain_text(data: bytes) -> str:
    """Return output as text: bad UTF-8 replaced, lines ended by LF, no control or invisible characters.

    Private keys in it are hidden: agents are shown the output.
    """
    text = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    return without_keys(_UNWANTED.sub("", _ESCAPES.sub("", text)))


def bounded_tail(text: str, limit: int = TAIL_BYTES) -> str:
    """Return whole lines from the end of ``text``, at most ``limit`` bytes, saying so if any are left out."""
    data = text.encode()
    if len(data) <= limit:
        return text
    kept = data[len(CUT_NOTE.encode()) - limit :].decode("utf-8", "ignore")
    _, newline, whole_lines = kept.partition("\n")
    return CUT_NOTE + (whole_lines if newline else kept)


def bounded_head(text: str, limit: int) -> str:
    """Return the start of ``text``, at most ``limit`` characters, an ellipsis standing for the rest."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"

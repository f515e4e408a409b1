"""Taking secrets and control characters out of text that leaves the process."""

import re
from collections.abc import Iterable

from codecompanion.server.settings.secret import HIDDEN, Secret

SHORTEST_KNOWN = 8
"""Shorter key values are placeholders such as "none" that local servers ask for: hiding them garbles text."""

_KEY_SHAPES = re.compile(
    r"""
      (?<![A-Za-z0-9])sk-[A-Za-z0-9_\-]{16,}          # OpenAI, Anthropic and many that follow them
    | (?<![A-Za-z0-9])AIza[A-Za-z0-9_\-]{30,}         # Google
    | (?<![A-Za-z0-9])AQ\.[A-Za-z0-9_\-]{20,}         # Google, newer
    | (?<![A-Za-z0-9])gh[opsur]_[A-Za-z0-9]{30,}      # GitHub
    | (?<![A-Za-z0-9])github_pat_[A-Za-z0-9_]{30,}
    | (?<![A-Za-z0-9])AKIA[A-Z0-9]{16}                # AWS
    | (?<=://)[^\s/@]{1,300}(?=@)                     # user and password of a URL
    """,
    re.VERBOSE,
)
_AFTER_A_LABEL = re.compile(
    r"""
    ( \bbearer\s+
    | [?&](?:api[_-]?key|key|access[_-]?token|token|secret)=
    | \b(?:x-api-key|x-goog-api-key|api-key)["']?\s{0,4}[:=]\s{0,4}["']?
    )
    [A-Za-z0-9._~+/=%\-]{8,}
    """,
    re.VERBOSE | re.IGNORECASE,
)
_ESCAPE_SEQUENCES = re.compile(
    r"""
      (?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]                            # colours and cursor moves
    | (?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]{0,2000}(?:\x07|\x1b\\|\x9c)   # titles, links
    | \x1b[ -/]*[0-~]                                             # the short ones
    """,
    re.VERBOSE,
)
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)


def plain(text: str) -> str:
    """Return ``text`` without terminal control sequences and characters that hide or reorder text.

    Tab and newline stay, and so do the joiners and marks (U+200C to U+200F) that many scripts need.
    """
    return _INVISIBLE.sub("", _ESCAPE_SEQUENCES.sub("", text))


def one_line(text: str, longest: int = 200) -> str:
    """Return ``text`` as a single plain line of at most ``longest`` characters."""
    line = " ".join(plain(text[: longest * 4]).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


class Redactor:
    """Hides known secret values and key-shaped text; the known ones are added as settings are read.

    One instance serves a whole process. It holds `Secret` objects, so it can be neither shown nor pickled.
    """

    def __init__(self, known: Iterable[Secret] = ()) -> None:
        self._known: frozenset[Secret] = frozenset()
        self.learn(known)

    def learn(self, secrets: Iterable[Secret]) -> None:
        """Remember secrets for good: an old key in a late message is still a key."""
        self._known |= {secret for secret in secrets if len(secret.reveal()) >= SHORTEST_KNOWN}

    def __call__(self, text: str) -> str:
        """Return ``text`` with every secret replaced by ``[hidden]``."""
        # the longest first: a key that begins with another one would else leave its end behind
        for value in sorted((secret.reveal() for secret in self._known), key=len, reverse=True):
            text = text.replace(value, HIDDEN)
        return _AFTER_A_LABEL.sub(rf"\1{HIDDEN}", _KEY_SHAPES.sub(HIDDEN, text))

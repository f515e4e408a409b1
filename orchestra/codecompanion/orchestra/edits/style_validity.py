"""Whether CSS keeps its blocks, strings and comments apart: all that a browser does not get over.

A browser skips rules and declarations it does not know, so only what lets one swallow the next is a fault. The
tokens are those of CSS Syntax Level 3.
"""

import re

STYLES = frozenset({".css"})
"""The suffixes of files that can be checked."""

_TOKENS = re.compile(
    r"""(?P<comment>/\*(?:[^*]|\*(?!/))*\*/)
    |(?P<string>"(?:[^"\\\n]|\\(?:\r\n|.))*+"|'(?:[^'\\\n]|\\(?:\r\n|.))*+')
    |(?P<url>\burl\(\s*(?!["'\s])(?:[^()"'\\\s]|\\.)*+\s*\))
    |(?P<escape>\\.)
    |(?P<open>[({\[])|(?P<close>[)}\]])
    |(?P<broken>/\*|["'])""",
    re.DOTALL | re.VERBOSE | re.IGNORECASE,
)
_CLOSED_BY = {"(": ")", "{": "}", "[": "]"}
_BROKEN = {"/*": "the comment that begins here has no end", '"': "the string that begins here has no end"}


def style_fault(text: str) -> tuple[int, str] | None:
    """Return the line (from 1) and a sentence about the first fault, None for a sound style sheet."""
    open_ones: list[tuple[str, int]] = []
    for token in _TOKENS.finditer(text):
        sign = token[0]
        if token.lastgroup == "open":
            open_ones.append((sign, token.start()))
        elif token.lastgroup == "close":
            if not open_ones or _CLOSED_BY[open_ones[-1][0]] != sign:
                return _at(text, token.start(), f"{sign!r} closes nothing")
            open_ones.pop()
        elif token.lastgroup == "broken":
            return _at(text, token.start(), _BROKEN.get(sign, _BROKEN['"']))
    if open_ones:
        sign, at = open_ones[-1]
        return _at(text, at, f"{sign!r} is never closed")
    return None


def _at(text: str, at: int, fault: str) -> tuple[int, str]:
    return text.count("\n", 0, at) + 1, f"not valid CSS: {fault}"

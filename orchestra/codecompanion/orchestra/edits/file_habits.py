"""What a file's own lines tell of how new ones are written: with which quotes, tabs or spaces, and steps."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath

from codecompanion.orchestra.edits.indents import indentation, width
from codecompanion.orchestra.edits.ladder import FOLDS

_CURLY = "\u2018\u2019\u201c\u201d"
_HAS_CURLY = re.compile(f"[{_CURLY}]")
_STRAIGHT = str.maketrans({char: FOLDS[char] for char in _CURLY})
# what may hold any character: strings on one line, and comments up to its end
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|(?:#|//|--|/\*|<!--|^\s*\*).*")
_CODE = re.compile(
    r"\.([cm]?jsx?|tsx?|lua|go|rs|java|kt|[ch]|cc|[ch]pp|cs|rb|php|sh|swift|scala|s?css|sql|r|pl|zig|dart|vim|el|exs?"
    r"|hs|json|toml)",
    re.IGNORECASE,
)


def with_straight_quotes(text: str, kept: set[str]) -> str:
    """Return a text with straight quotes in all lines but the ``kept`` ones."""
    return "".join(
        line if line.rstrip("\r\n") in kept else line.translate(_STRAIGHT)
        for line in text.splitlines(keepends=True)
    )


def curly_code(path: str, lines: list[str]) -> str:
    """Return the first line of code that has curly quotes for quotes, '' for none and for what is no code."""
    if not _CODE.fullmatch(PurePosixPath(path).suffix):
        return ""
    return next(
        (line for line in lines if _HAS_CURLY.search(line) and _HAS_CURLY.search(_QUOTED.sub("", line))), ""
    )


def has_curly(text: str) -> bool:
    """Whether there is any curly quote in the text."""
    return not text.isascii() and bool(_HAS_CURLY.search(text))


def indented_otherwise(text: str, new: list[str]) -> str:
    """Return the first new line indented by tabs where the text has only spaces, or by spaces where tabs."""
    tabs = "\t" in text and (text.startswith("\t") or "\n\t" in text)
    spaces = text.startswith("  ") or "\n  " in text
    if tabs == spaces:
        return ""
    return next((line for line in new if line.strip() and line.startswith("  " if tabs else "\t")), "")


def stepped_otherwise(text: str, changed: list[str], new: list[str]) -> str:
    """Return the first new line that opens a block in a step the text never uses; '' for none.

    ``changed`` are the new lines with the kept ones between and above them. Only a text whose blocks are
    nearly all of one step, five of them at least, tells.
    """
    opening = [(step, line) for step, line in _steps(changed) if line in new]
    if not opening:
        return ""
    steps = Counter(step for step, _ in _steps(text.splitlines()))
    count = max(steps.values(), default=0)
    if count < 5 or count < 0.95 * steps.total():
        return ""
    return next((line for step, line in opening if step not in steps), "")


def _steps(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Yield by how many columns each line is deeper than the line above it that opens a block."""
    above = ""
    for line in lines:
        if above.endswith((":", "{")) and line.strip():
            step = width(indentation(line)) - width(indentation(above))
            if step > 0:
                yield step, line
        above = line.rstrip() or above

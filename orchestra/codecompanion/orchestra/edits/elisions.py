"""Lines that stand for code which was left out: ``...``, ``# ... existing code ...``, "rest unchanged"."""

import re
from pathlib import PurePosixPath

_COMMENT = r"(?:\#|//|/\*|<!--|--|;|%|\{/\*|\{\#)"
# a comment that stands for code: "... rest of the code", "remaining methods unchanged"
_REMARK = re.compile(
    rf"""\s*{_COMMENT}[\s\[(]*
    (?: (?:\.\.\.|…)\s*\(?(?:the\s)?(?:rest|remaining|existing|unchanged|previous|other|same|more|omitted)\b.*
      | (?:the\s)?(?:(?:rest|remainder)\sof\s(?:the|this|your)|remaining|existing|unchanged|previous)
        \s(?:file|code|class|function|method|module|implementation|import|test|content|bod)(?:y|e?s)?\b
        .{{0,60}}(?:\.\.\.|…|\bunchanged\b|\bthe\ssame\b|\bas\sbefore\b|\bgo(?:es)?\shere\b).*
      | (?:\.\.\.|…)\s*(?:\*/|-->|\*/\}})?\s*
      | (?:code|lines|content)?\s*(?:omitted|unchanged|truncated)\s*(?:\.\.\.|…)?\s*(?:\*/|-->)?\s*
      | [^.…]{{0,60}}(?:\.\.\.|…)\s*(?:unchanged|omitted|as\sbefore|same).{{0,40}}
    )""",
    re.IGNORECASE | re.VERBOSE,
)
# a comment that may stand for code or just speak of it
_SPEAKING = re.compile(
    rf"""\s*{_COMMENT}
    (?=.*\b(?:codes?|files?|class(?:es)?|functions?|methods?|modules?|implementations?|imports?|tests?|contents?
        |everything|anything|logic|body|bodies|lines?|parts?|definitions?|helpers?)\b)
    (?=.*\b(?:unchanged|(?:the|stays?|remains?)\s(?:same|as)|as\s(?:before|is)|omitted|untouched|unmodified|truncated
        |skipped|existing|(?:rest|remainder)\sof|remaining)\b)
    .{{0,100}}""",
    re.IGNORECASE | re.VERBOSE,
)
_BARE = re.compile(r"\s*(?:\.\.\.|…)\s*")
_WORDED = re.compile(
    r"\s*(?:\.\.\.|…)\s*(?:\(?(?:the )?(?:rest|remaining|existing|unchanged|previous|other|same|omitted)\b.*)",
    re.IGNORECASE,
)
_LONGEST = 200
PROSE = frozenset({".md", ".markdown", ".rst", ".txt", ".adoc", ".tex", ""})
"""The suffixes of texts that are no code."""


def is_elision(line: str) -> bool:
    """Whether a line of a block may stand for lines that were left out."""
    return len(line) < _LONGEST and bool(_BARE.fullmatch(line) or _is_remark(line))


def speaks_of_code(line: str) -> bool:
    """Whether a line may stand for code that was left out, though it may as well just speak of code."""
    return len(line) < _LONGEST and bool(_SPEAKING.fullmatch(line))


def stands_for_code(lines: list[str], at: int, path: str) -> bool:
    """Whether the line at this index, written into a file, would stand for code that was left out.

    A bare ``...`` is code in Python where it is all there is of a body, and prose in a text.
    """
    line = lines[at]
    if len(line) >= _LONGEST:
        return False
    if not _BARE.fullmatch(line):
        return _is_remark(line)
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in {".py", ".pyi"} and "…" not in line:
        return not _is_a_whole_body(lines, at)
    return suffix not in PROSE | {".yaml", ".yml"}


def _is_remark(line: str) -> bool:
    return bool(_REMARK.fullmatch(line) or _WORDED.fullmatch(line))


def _is_a_whole_body(lines: list[str], at: int) -> bool:
    depth = _depth(lines[at])
    before = next((line for line in reversed(lines[:at]) if line.strip()), "")
    after = next((line for line in lines[at + 1 :] if line.strip()), "")
    opened = before.rstrip().endswith((":", '"""', "'''")) or before.lstrip().startswith("@")
    return opened and (not after or _depth(after) < depth)


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())

"""What single lines of a unified diff or a V4A patch mean. Pure functions of one line without its ending."""

import re
from dataclasses import dataclass

_HUNK = re.compile(r"@@+ *-(\d+)(?:,(\d+))? +\+(\d+)(?:,(\d+))? *@@+ ?(.*)")
_BARE_HUNK = re.compile(r"@@(?![@\w])[ .\d,+-]*(?:@@)?[ \t]*(.*)")
_GIT = re.compile(r'diff --git "?a/(.+?)"? "?b/(.+?)"?')
_PATCH_LINE = re.compile(
    r"\*{3} *(begin patch|end patch|end of file|update file:|add file:|delete file:|move to:)(.*)",
    re.IGNORECASE,
)
_EXTENDED = re.compile(
    r"(index [0-9a-f]+\.\.|old mode |new mode |new file mode |deleted file mode |similarity index |"
    r"dissimilarity index |rename (from|to) |copy (from|to) |Binary files |GIT binary patch|Index: |={67})"
)
_OCTAL = re.compile(r'\\([0-7]{3}|["\\abfnrtv])')
_ESCAPED = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_FENCES = frozenset({"diff", "udiff", "patch"})
NOTHING = "/dev/null"
"""The path a diff gives to the missing side of a new or deleted file."""


@dataclass(frozen=True, slots=True)
class HunkHeader:
    """The line that opens a hunk; numbers and counts are None where it does not say them."""

    old_start: int | None = None
    old_count: int | None = None
    new_start: int | None = None
    new_count: int | None = None
    heading: str = ""


def hunk_header(line: str) -> HunkHeader | None:
    """Return what a ``@@`` line of a diff says, None for any other line."""
    if match := _HUNK.fullmatch(line.rstrip()):
        old, old_count, new, new_count, heading = match.groups()
        return HunkHeader(int(old), int(old_count or 1), int(new), int(new_count or 1), heading.strip())
    if match := _BARE_HUNK.fullmatch(line.rstrip()):
        return HunkHeader(heading=match[1].removesuffix("@@").strip())
    return None


def anchor(line: str) -> str | None:
    """Return the context a ``@@`` line of a patch names, '' when it names none, None for any other line."""
    if not line.startswith("@@"):
        return None
    return line[2:].strip().removesuffix("@@").strip()


def git_paths(line: str) -> tuple[str, str] | None:
    """Return both paths of a ``diff --git`` line."""
    match = _GIT.fullmatch(line.rstrip())
    return (_unquoted(match[1]), _unquoted(match[2])) if match else None


def side(line: str, marker: str) -> str:
    """Return the path after ``--- `` or ``+++ `` (without what follows a tab), '' for any other line."""
    if not line.startswith(marker + " "):
        return ""
    path = line[4:].partition("\t")[0].strip()
    return _unquoted(path[1:-1]) if len(path) > 1 and path[0] == path[-1] == '"' else path


def is_extended_header(line: str) -> bool:
    """Whether the line is one of git's about modes, renames and hashes."""
    return bool(_EXTENDED.match(line))


def patch_line(line: str) -> tuple[str, str] | None:
    """Return the word and the path of a ``*** …`` line of a V4A patch, None for any other line."""
    match = _PATCH_LINE.fullmatch(line.strip()) if line.startswith("***") else None
    if match is None:
        return None
    word = match[1].lower().removesuffix(":")
    rest = match[2].strip().strip("*`").strip()
    return (word, rest) if bool(rest) == match[1].endswith(":") else None


def begins_diff(line: str, *, named: bool) -> bool:
    """Whether a line surely begins a diff or a patch; a hunk without numbers does only for a ``named`` file."""
    if git_paths(line) is not None or side(line, "---")[:2] in {"a/", "b/"}:
        return True
    header = hunk_header(line)
    if header is not None:
        return header.old_start is not None or named
    word = patch_line(line)
    return word is not None and word[0] in {"begin patch", "update file", "add file", "delete file"}


def holds_diff(info: str, path: str = "") -> bool:
    """Whether a fence with these words holds a diff of the file, not the text of a file that is a diff."""
    return info.split(" ", maxsplit=1)[0].lower() in _FENCES and not is_diff_file(path)


def is_diff_file(path: str) -> bool:
    """Whether the file's own text is a diff."""
    return path.endswith((".diff", ".patch"))


def plain_sides(old: str, new: str) -> tuple[str, str]:
    """Return both paths without git's ``a/`` and ``b/``, which stand before both or before neither."""
    prefixed = [path for path in (old, new) if path and path != NOTHING]
    if all(path[:2] in {"a/", "b/", "i/", "w/"} for path in prefixed):
        return _unprefixed(old), _unprefixed(new)
    return old, new


def _unprefixed(path: str) -> str:
    return path if path == NOTHING else path[2:]


def _unquoted(path: str) -> str:
    """Undo git's quoting of bytes beyond ASCII."""
    if "\\" not in path:
        return path
    raw = _OCTAL.sub(lambda match: chr(_code(match[1])), path)
    try:
        return raw.encode("latin-1").decode()
    except UnicodeError:
        return path


def _code(escape: str) -> int:
    return int(escape, 8) if len(escape) == 3 else _ESCAPED.get(escape, ord(escape))

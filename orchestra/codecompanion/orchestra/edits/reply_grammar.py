"""What single lines of a model's reply mean: fences, names of files, markers of search/replace blocks.

Pure functions of one line without its line ending. They are lenient where models vary (bold, backticks,
headings, miscounted markers) and strict where leniency would take prose for a file.
"""

import re
from dataclasses import dataclass

_FENCE = re.compile(r"( {0,3})(`{3,}|~{3,})([^`]*)")
_LABEL = re.compile(r"[\s*_`#>\-\d.)]{0,12}file(?:name|path)?[*_`]{0,3}:(.+)", re.IGNORECASE)
_REMARK = re.compile(r"\s\([^()/.]{0,40}\)$")
_HEADING = re.compile(r"#{1,6}\s+(.+)")
_SEARCH = re.compile(r"(<{5,9}) ?search", re.IGNORECASE)
_REPLACE = re.compile(r"(>{5,9}) ?replace", re.IGNORECASE)
_DIVIDER = re.compile(r"={5,9}")
_PATH = re.compile(r"[^\s`*<>|\"?:,;()=]{1,300}")
_EXTENSION = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,11}")
_PLAIN_NAMES = frozenset({"Makefile", "Dockerfile", "Procfile", "Justfile", "Gemfile", "Rakefile", "LICENSE"})
# a line longer than this names no file; it also keeps the expressions above from long lines
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Fence:
    """An opening fence line: its indentation, its run of backticks or tildes, and what follows them."""

    indent: str
    run: str
    info: str

    def is_closed_by(self, line: str) -> bool:
        """Whether the line is this fence's closing line: exactly the same run, nothing else."""
        return line.startswith(self.indent + self.run) and line.rstrip() == self.indent + self.run

    def has_nested(self, line: str) -> bool:
        """Whether the line opens a fence of the same run inside this one, as with a README's code samples."""
        opening = self.indent + self.run
        return line.startswith(opening) and line[len(opening) : len(opening) + 1].isalpha()

    def closing_line(self) -> str:
        """Return the line that closes this fence."""
        return self.indent + self.run


def fence_in(line: str) -> Fence | None:
    """Return the fence a line opens, None when it opens none; up to three spaces may stand before it."""
    match = _FENCE.fullmatch(line.rstrip()) if len(line) <= _LONGEST else None
    return Fence(match[1], match[2], match[3].strip()) if match else None


def labelled_path(line: str) -> str:
    """Return the path in ``FILE: path`` (bold, backticks, bullets, headings, "(new)" tolerated), else ''."""
    match = _LABEL.fullmatch(line.strip()) if len(line) <= _LONGEST else None
    return _REMARK.sub("", match[1].rstrip(" \t*")).strip(" \t*`'\"") if match else ""


def bare_path(line: str) -> str:
    """Return the path of a line that is nothing but one, or a heading of nothing but one, else ''."""
    if len(line) > _LONGEST:
        return ""
    heading = _HEADING.fullmatch(line.strip())
    name = (heading[1] if heading else line).strip(" \t*`").removesuffix(":").strip("*`")
    return name if _PATH.fullmatch(name) and _looks_like_a_file(name) else ""


def _looks_like_a_file(name: str) -> bool:
    last = name.replace("\\", "/").rpartition("/")[2]
    extension = last[last.rfind(".") :] if "." in last else ""
    has_folder = len(last) < len(name) and not name.startswith("/")
    return bool(last) and (has_folder or last in _PLAIN_NAMES or bool(_EXTENSION.fullmatch(extension)))


def search_marker(line: str) -> int:
    """Return how many characters a ``<<<<<<< SEARCH`` line has in its run, 0 for any other line."""
    return _run(_SEARCH, line)


def replace_marker(line: str) -> int:
    """Return how many characters a ``>>>>>>> REPLACE`` line has in its run, 0 for any other line."""
    return _run(_REPLACE, line)


def divider(line: str) -> int:
    """Return how many characters a line of nothing but ``=`` has, 0 for any other line or count."""
    return len(line.rstrip()) if _DIVIDER.fullmatch(line.rstrip()) else 0


def _run(marker: re.Pattern[str], line: str) -> int:
    match = marker.fullmatch(line.rstrip()) if len(line) <= _LONGEST else None
    return len(match[1]) if match else 0

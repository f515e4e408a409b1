"""Which paths a project keeps out: nested .gitignore files, .git/info/exclude and .aiignore.

pathspec turns each pattern into a regular expression; here they are joined so that one match decides a path.
A folder that is ignored is never entered, so only a path's own name has to be judged, as git does it: the
last matching pattern of the deepest file decides.
"""

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.orchestra.workspace.safe_files import read_file

GITIGNORE: Final = ".gitignore"
AIIGNORE: Final = ".aiignore"
_BIGGEST_IGNORE_FILE = 500_000
# more wildcards in one pattern would let a hostile file make a single match take minutes
_MOST_WILDCARDS = 4
_ANY_FOLDERS = "^(?:.+/)?"
# pathspec does not know POSIX's names for characters, git does
_CHARACTER_CLASSES = {
    "[:alpha:]": "a-zA-Z",
    "[:digit:]": "0-9",
    "[:alnum:]": "a-zA-Z0-9",
    "[:upper:]": "A-Z",
    "[:lower:]": "a-z",
    "[:xdigit:]": "0-9A-Fa-f",
    "[:space:]": " \t",
    "[:blank:]": " \t",
}
_SET_OF_BRACKETS = re.compile(r"(\\.)|(\[\^?)\[")
_IGNORES_CASE = re.IGNORECASE if sys.platform in ("win32", "darwin") else re.NOFLAG


@dataclass(frozen=True, slots=True)
class _Matcher:
    """Regular expressions in one alternation, last line first; ``verdicts`` are (line, ignored) a group."""

    pattern: re.Pattern[str]
    verdicts: tuple[tuple[int, bool], ...]

    @classmethod
    def of(cls, lines: list[tuple[int, str, bool]]) -> Self | None:
        """Join (line number, regular expression, ignored) triples; None when there are none."""
        if not lines:
            return None
        latest_first = lines[::-1]
        pattern = re.compile("|".join(f"({regex})" for _, regex, _ in latest_first), _IGNORES_CASE | re.DOTALL)
        return cls(pattern, tuple((number, ignored) for number, _, ignored in latest_first))

    def verdict(self, subject: str) -> tuple[int, bool] | None:
        """Return the line that decides about ``subject`` and whether it ignores; None when none matches."""
        match = self.pattern.fullmatch(subject)
        return self.verdicts[(match.lastindex or 1) - 1] if match else None


@dataclass(frozen=True, slots=True)
class IgnoreFile:
    """The patterns of one file: those for a name at any depth, and those anchored to the file's folder."""

    by_name: _Matcher | None
    by_path: _Matcher | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read gitignore syntax; lines git would not understand are left out."""
        names: list[tuple[int, str, bool]] = []
        paths: list[tuple[int, str, bool]] = []
        for number, line in enumerate(text.removeprefix("\ufeff").split("\n")):
            regex, ignored = _translated(line.removesuffix("\r"))
            if not regex:
                continue
            if regex.startswith(_ANY_FOLDERS) and _names_one_entry(line):
                names.append((number, _linear(regex.removeprefix(_ANY_FOLDERS)), ignored))
            elif line.count("*") <= 2 * _MOST_WILDCARDS:
                paths.append((number, regex, ignored))
        return cls(_Matcher.of(names), _Matcher.of(paths))

    def verdict(self, path: str, name: str) -> bool | None:
        """Whether ``path`` (relative to the file's folder; folders end in ``/``) is ignored; None: not said."""
        by_name = self.by_name.verdict(name) if self.by_name else None
        by_path = self.by_path.verdict(path) if self.by_path else None
        found = [verdict for verdict in (by_name, by_path) if verdict]
        return max(found)[1] if found else None


def _names_one_entry(line: str) -> bool:
    """Whether a pattern that holds at any depth speaks of a name alone, not of a folder and what is in it."""
    body = line.strip().removeprefix("!").removesuffix("/")
    while body.startswith("**/"):
        body = body.removeprefix("**/")
    return "/" not in body


def _translated(line: str) -> tuple[str, bool]:
    """Return (regular expression for the entry itself, ignored); an empty expression for no pattern."""
    from pathspec.patterns.gitignore import GitIgnorePatternError  # noqa: PLC0415  (a late, heavy import)
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern  # noqa: PLC0415

    try:
        regex, include = GitIgnoreSpecPattern.pattern_to_regex(_plain_sets(line))
    except GitIgnorePatternError:
        return "", False
    if not regex:
        return "", False
    regex = _without_nested_sets(regex.replace("(?P<ps_d>/)", "/"))
    # pathspec's short forms for "everything" and "every folder" say only that there is such a character
    whole = {".": "^(?:.+/)?[^/]+/?", "/": "^(?:.+/)?[^/]+/"}.get(regex)
    return whole or regex + _depths_below(line), bool(include)


def _depths_below(line: str) -> str:
    """Return what a final ``/**`` adds: the expression ends with its folder, and all inside it is meant."""
    if line.rstrip().endswith("/**"):
        return ".+"
    return ".+/" if line.rstrip().endswith("/**/") else ""


def _plain_sets(line: str) -> str:
    for name, characters in _CHARACTER_CLASSES.items():
        line = line.replace(name, characters)
    return line


def _without_nested_sets(regex: str) -> str:
    """Escape a bracket that opens a set of characters: unescaped it may mean something else one day."""
    return _SET_OF_BRACKETS.sub(lambda match: match[1] or f"{match[2]}\\[", regex)


def _linear(regex: str) -> str:
    """Make an expression for one name match in linear time: what follows a ``*`` stays where it first fits."""
    star = "[^/]*"
    first, *pieces = regex.split(star)
    if len(pieces) < 2:
        return regex
    return first + "".join(f"(?>{star}?{piece})" for piece in pieces[:-1]) + star + pieces[-1]


@dataclass(frozen=True, slots=True)
class _Layer:
    """One ignore file in force: it judges ``base`` + the path without its first ``skip`` characters."""

    rules: IgnoreFile
    skip: int = 0
    base: str = ""

    def verdict(self, path: str, name: str) -> bool | None:
        return self.rules.verdict(self.base + path[self.skip :], name)


@dataclass(frozen=True, slots=True)
class Rules:
    """All ignore files in force in one folder, outermost first; .aiignore can only take more away."""

    git: tuple[_Layer, ...] = ()
    ai: tuple[_Layer, ...] = ()

    def ignored(self, path: str, name: str, *, folder: bool) -> bool:
        """Whether the entry ``path`` (relative to the workspace) of a folder under these rules is ignored."""
        if folder:
            path, name = path + "/", name + "/"
        return _decide(self.git, path, name) or _decide(self.ai, path, name)

    def kept_from_agents(self, path: str, name: str) -> bool:
        """Whether an .aiignore file, and not only git's rules, keeps the file out."""
        return _decide(self.ai, path, name)

    def beneath(self, root: Path, folder: str, names: Iterable[str]) -> "Rules":
        """Return the rules inside ``folder``: these and its own ignore files, if ``names`` holds any."""
        skip = len(folder) + 1 if folder else 0
        prefix = f"{folder}/" if folder else ""
        git, ai = self.git, self.ai
        if GITIGNORE in names:
            git = (*git, _Layer(_parsed(root, prefix + GITIGNORE), skip))
        if AIIGNORE in names:
            ai = (*ai, _Layer(_parsed(root, prefix + AIIGNORE), skip))
        return self if git is self.git and ai is self.ai else Rules(git, ai)


def _decide(layers: tuple[_Layer, ...], path: str, name: str) -> bool:
    for layer in reversed(layers):
        verdict = layer.verdict(path, name)
        if verdict is not None:
            return verdict
    return False


def rules_above(root: Path) -> Rules:
    """Return the rules the folder inherits: its repository's exclude file and the .gitignore files above it.

    A folder that its repository ignores inherits nothing: who opens it wants it seen (a home folder kept in
    git with ``*`` ignored must not hide every project in it).
    """
    repository = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), None)
    if repository is None:
        return Rules()
    inside = root.relative_to(repository).parts
    files = [(0, _parsed(repository, ".git/info/exclude"))]
    for depth, name in enumerate(inside):
        files.append((depth, _parsed(repository.joinpath(*inside[:depth]), GITIGNORE)))
        here = Rules(tuple(_inherited(file, inside[above:depth]) for above, file in files))
        if here.ignored(name, name, folder=True):
            return Rules()
    return Rules(tuple(_inherited(file, inside[above:]) for above, file in files))


def _inherited(rules: IgnoreFile, down: tuple[str, ...]) -> _Layer:
    return _Layer(rules, base="".join(f"{name}/" for name in down))


def _parsed(root: Path, relative: str) -> IgnoreFile:
    try:
        data = read_file(root, relative, _BIGGEST_IGNORE_FILE)
    except WorkspaceError:
        # absent, a link, or no sane ignore file: git would not read it either
        return IgnoreFile(None, None)
    return IgnoreFile.parse(data.decode("utf-8", "surrogateescape"))

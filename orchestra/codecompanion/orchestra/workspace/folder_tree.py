"""The workspace's files, listed folder by folder; only folders that changed since are read again."""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from codecompanion.orchestra.workspace.ignore_rules import AIIGNORE, GITIGNORE, Rules, rules_above
from codecompanion.orchestra.workspace.paths import printable
from codecompanion.orchestra.workspace.safe_files import TEMPORARY_PREFIX

NEVER_ENTERED: Final = frozenset(
    {".git", ".hg", ".svn", ".orchestra", "__pycache__", ".tox", ".nox"}
    | {".mypy_cache", ".pytest_cache", ".ruff_cache"}
)
_MOST_ENTRIES = 500_000
# a folder changed this shortly before it was read may change again within one tick of its time stamp
_TRUSTED_AFTER_NS = 2_500_000_000

_Stamps = tuple[tuple[int, int, int] | None, ...]


@dataclass(frozen=True, slots=True)
class FolderListing:
    """One folder: ``path`` is ``""`` for the root; names are sorted, ignored ones left out.

    ``links`` are symbolic links, not followed. ``dependencies`` are folders of installed packages (virtual
    environments, ``node_modules``) and links to such, ignored or not; they are in no other field.
    ``git_ignored`` are the files that git's rules alone keep out, not .aiignore.
    """

    path: str
    rules: Rules
    files: tuple[str, ...]
    links: tuple[str, ...]
    folders: tuple[str, ...]
    dependencies: tuple[str, ...]
    git_ignored: tuple[str, ...]

    def child(self, name: str) -> str:
        """Return the relative path of an entry."""
        return f"{self.path}/{name}" if self.path else name


@dataclass(frozen=True, slots=True)
class _Known:
    """A listing, with all it was made from: what must be unchanged for it to be good still."""

    inherited: Rules
    changed_ns: int
    read_ns: int
    ignore_files: _Stamps
    listing: FolderListing


class FolderTree:
    """Walks a folder breadth first, so that a listing cut short keeps what lies near the top.

    Safe to use from several threads. ``now_ns`` must be the clock that stamps the files.
    """

    def __init__(self, root: Path, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._root = root
        self._now_ns = now_ns
        self._known: dict[str, _Known] = {}
        self._above: Rules | None = None
        self._lock = threading.Lock()

    def walk(self) -> Iterator[FolderListing]:
        """Yield every folder's listing, parents before children; folders that vanish meanwhile are left out."""
        waiting: deque[tuple[str, Rules]] = deque([("", self._rules_above())])
        while waiting:
            listing = self._listing(*waiting.popleft())
            if listing is None:
                continue
            yield listing
            waiting.extend((listing.child(name), listing.rules) for name in listing.folders)

    def look_again(self, path: str) -> FolderListing | None:
        """Return a folder's listing as it is now; None when it is gone or was never walked into."""
        with self._lock:
            known = self._known.get(path)
        return self._listing(path, known.inherited) if known else None

    def ignored(self, path: str) -> bool:
        """Whether the rules, or the folders that are never entered, keep the relative path out."""
        rules, here = self._rules_above(), ""
        *folders, name = path.split("/")
        for folder in folders:
            listing = self._listing(here, rules)
            rules = listing.rules if listing else rules
            here = f"{here}/{folder}" if here else folder
            if never_entered(folder) or (listing and folder in listing.dependencies):
                return True
            if rules.ignored(here, folder, folder=True):
                return True
        listing = self._listing(here, rules)
        return (listing.rules if listing else rules).ignored(path, name, folder=False)

    def _rules_above(self) -> Rules:
        if self._above is None:
            self._above = rules_above(self._root)
        return self._above

    def _listing(self, path: str, inherited: Rules) -> FolderListing | None:
        """Return the folder as it is now, read again only if need be; None when it cannot be read."""
        absolute = str(self._root / path) if path else str(self._root)
        with self._lock:
            try:
                return self._refreshed(path, absolute, inherited).listing
            except OSError:
                self._known.pop(path, None)
                return None

    def _refreshed(self, path: str, absolute: str, inherited: Rules) -> _Known:
        changed_ns = os.lstat(absolute).st_mtime_ns
        ignore_files = (_stamp(f"{absolute}/{GITIGNORE}"), _stamp(f"{absolute}/{AIIGNORE}"))
        known = self._known.get(path)
        same_rules = bool(known and known.inherited is inherited and known.ignore_files == ignore_files)
        if known and same_rules and changed_ns == known.changed_ns < known.read_ns - _TRUSTED_AFTER_NS:
            return known
        read_ns = self._now_ns()
        entries = _scan(absolute)
        # the same object as before tells the folders beneath that their rules did not change
        rules = (
            known.listing.rules if known and same_rules else inherited.beneath(self._root, path, entries.files)
        )
        listing = _kept(path, rules, entries)
        self._known[path] = _Known(inherited, changed_ns, read_ns, ignore_files, listing)
        return self._known[path]


def never_entered(name: str) -> bool:
    """Whether a folder of this name is left out everywhere, whatever the ignore files say."""
    folded = name.casefold()
    return folded in NEVER_ENTERED or folded == "node_modules"


def _stamp(path: str) -> tuple[int, int, int] | None:
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


@dataclass(frozen=True, slots=True)
class _Entries:
    files: list[str]
    links: list[str]
    folders: list[str]
    dependencies: list[str]


def _scan(absolute: str) -> _Entries:
    found = _Entries([], [], [], [])
    with os.scandir(absolute) as entries:
        for entry in islice(entries, _MOST_ENTRIES):
            if not printable(entry.name):
                continue
            if entry.is_symlink():
                # a working tree or a fork may use what is installed in another folder
                installed = _holds_packages(os.path.realpath(entry.path))
                (found.dependencies if installed else found.links).append(entry.name)
            elif entry.is_dir(follow_symlinks=False):
                (found.dependencies if _holds_packages(entry.path) else found.folders).append(entry.name)
            elif entry.is_file(follow_symlinks=False):
                found.files.append(entry.name)
    return found


def _holds_packages(folder: str) -> bool:
    """Whether a path is a folder of installed packages by what it is, not by the name of a link to it."""
    named = folder.endswith("/node_modules") and Path(folder).is_dir()
    return named or _stamp(f"{folder}/pyvenv.cfg") is not None


def _kept(path: str, rules: Rules, entries: _Entries) -> FolderListing:
    prefix = f"{path}/" if path else ""

    def keep(name: str, *, folder: bool = False) -> bool:
        return not rules.ignored(prefix + name, name, folder=folder)

    files = sorted(filter(_wanted, entries.files))
    kept = frozenset(filter(keep, files))
    return FolderListing(
        path=path,
        rules=rules,
        files=tuple(name for name in files if name in kept),
        links=tuple(sorted(name for name in entries.links if _wanted(name) and keep(name))),
        folders=tuple(
            sorted(name for name in entries.folders if not never_entered(name) and keep(name, folder=True))
        ),
        dependencies=tuple(sorted(entries.dependencies)),
        git_ignored=tuple(
            name for name in files if name not in kept and not rules.kept_from_agents(prefix + name, name)
        ),
    )


def _wanted(name: str) -> bool:
    return not never_entered(name) and not name.startswith(TEMPORARY_PREFIX)

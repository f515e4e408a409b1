"""A copy of the workspace in which commands may run and write: disk, unsaved buffers and pending edits."""

import hashlib
import os
import threading
import weakref
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.orchestra.edits.lines import BOM
from codecompanion.orchestra.workspace.change_watch import ChangeWatch
from codecompanion.orchestra.workspace.generated import generated_files
from codecompanion.orchestra.workspace.paths import real_relative_path
from codecompanion.orchestra.workspace.safe_files import Folder, opened_folder, read_file, readable_errors
from codecompanion.orchestra.workspace.shadow_entries import Copied, Stamp, Wanted
from codecompanion.orchestra.workspace.shadow_home import ShadowHome, remove_tree
from codecompanion.orchestra.workspace.shadow_source import ShadowSource
from codecompanion.orchestra.workspace.shadow_writing import NEVER_CURRENT, write_entry
from codecompanion.orchestra.workspace.texts import BIGGEST_TEXT, DecodedText

MOST_FILES: Final = 200_000
MOST_BYTES: Final = 2_000_000_000


class SyncReport(NamedTuple):
    """How many files one ``sync`` wrote, took away and found as they were."""

    written: int
    removed: int
    kept: int


class ShadowCopy:
    """A copy of the folder ``root`` in the temporary folder, brought up to date by ``sync``.

    Nothing is shared with the workspace: no hard links, and no link leads out, except that folders of
    installed packages (``dependencies``) are linked when ``link_dependencies`` is set. What .aiignore keeps out
    is not copied, nor are folders that .gitignore keeps out; of single files it does, those tests may need are
    (``generated_files``), unless they hold a secret. ``scratch`` lies beside the copy, for reports and
    temporary files. Closing removes it all; so does the end of the process, and after a crash the next
    ``remove_leftovers``.
    """

    def __init__(
        self,
        root: str | Path,
        *,
        parent: Path | None = None,
        link_dependencies: bool = True,
        most_files: int = MOST_FILES,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self.root = Path(root).resolve()
        self._source = ShadowSource(self.root, link_dependencies=link_dependencies, most_files=most_files)
        self._home = ShadowHome(parent)
        self._remove = weakref.finalize(self, self._home.close)
        self.path = self._home.path / "copy" / (self.root.name or "workspace")
        self.scratch = self._home.path / "scratch"
        self.path.mkdir(parents=True)
        self.scratch.mkdir()
        self._watch = ChangeWatch(self.path)
        self._most_bytes = most_bytes
        self._copied: dict[str, Copied] = {}
        self._wanted_before: dict[str, Wanted] = {}
        self._folders: set[str] = set()
        # made from a file that may change again unnoticed, so to be looked at each time
        self._unsure: set[str] = set()
        self._generated: frozenset[str] = frozenset()
        self._lock = threading.Lock()

    def sync(
        self, overlay: Mapping[str, str], also: Iterable[str] = (), without: Collection[str] = ()
    ) -> SyncReport:
        """Make the copy equal to the workspace with ``overlay`` (path → text) on top of it.

        Only what differs is written, what tests left behind is removed, and what they changed is restored.
        ``also`` names files to copy whatever the ignore rules say, ``without`` files to leave out. Raises
        ``WorkspaceError`` when the workspace is too big to copy or cannot be read.
        """
        with self._lock, readable_errors(str(self.root)):
            wanted = self._wanted(overlay, also)
            for path in without:
                wanted.pop(real_relative_path(self.root, path), None)
            some = self._cleared_where_touched(wanted)
            found = self._cleared(wanted) if some is None else some
            looked_at = wanted.keys() if some is None else some.keys() & wanted.keys()
            changed = [path for path in looked_at if not self._is_current(path, wanted[path], found)]
            for folder, paths in groupby(sorted(changed, key=_parent), key=_parent):
                self._write_folder(folder, list(paths), wanted, found)
            gone = self._copied.keys() - wanted.keys()
            for path in gone:
                del self._copied[path]
            self._unsure -= gone
            self._wanted_before = wanted
            self._watch_copy(changed)
            return SyncReport(len(changed), len(gone), len(wanted) - len(changed))

    @property
    def dependencies(self) -> tuple[str, ...]:
        """The folders of installed packages, as of the last ``sync``."""
        return self._source.dependencies

    def files(self) -> list[str]:
        """Return the relative paths of the project's files in the copy as of the last ``sync``, sorted.

        Generated files are not among them, though they can be run and read.
        """
        return sorted(self._copied.keys() - self._generated)

    def text(self, path: str, limit: int = BIGGEST_TEXT) -> str:
        """Return a file of the copy for looking at: undecodable bytes replaced, empty if it cannot be read."""
        try:
            return read_file(self.path, path, limit).decode("utf-8-sig", "replace")
        except WorkspaceError:
            return ""

    def close(self) -> None:
        """Remove the copy; doing so twice is fine."""
        self._remove()

    def _wanted(self, overlay: Mapping[str, str], also: Iterable[str]) -> dict[str, Wanted]:
        wanted = self._source.look()
        regular = self._source.regular
        wanted.update((path, item) for path in also if path not in wanted and (item := regular(path)))
        size = self._bounded_size(wanted)
        generated = self._generated_beside(wanted, self._most_bytes - size)
        self._generated = frozenset(generated).difference(
            real_relative_path(self.root, path) for path in overlay
        )
        wanted.update(generated)
        for path, text in overlay.items():
            real = real_relative_path(self.root, path)
            wanted[real] = self._overlaid(real, text, wanted.get(real))
            for folder in _folders_above(real):
                wanted.pop(folder, None)
        return wanted

    def _generated_beside(self, wanted: Mapping[str, Wanted], room: int) -> dict[str, Wanted]:
        ignored = (path for path in self._source.git_ignored if path not in wanted)
        found = generated_files(self.root, ignored, room)
        return {path: Wanted.copied(status) for path, status in found}

    def _overlaid(self, path: str, text: str, below: Wanted | None) -> Wanted:
        on_disk = below.source if below else None
        data = DecodedText("", marked=on_disk is not None and self._is_marked(path)).encoded(text)
        mode = on_disk.mode if on_disk else 0
        return Wanted((hashlib.sha256(data).digest(), mode), source=on_disk, data=data)

    def _is_marked(self, path: str) -> bool:
        try:
            return read_file(self.root, path, self._most_bytes).startswith(BOM.encode())
        except WorkspaceError:
            return False

    def _bounded_size(self, wanted: Mapping[str, Wanted]) -> int:
        size = sum(item.source.size for item in wanted.values() if item.source)
        if size > self._most_bytes:
            raise WorkspaceError(
                f"the workspace's files take {size / 1e9:.1f} GB, but at most {self._most_bytes / 1e9:.1f} GB "
                "are copied for a test run; name big files that tests do not need in .gitignore or .aiignore"
            )
        return size

    def _cleared_where_touched(self, wanted: Mapping[str, Wanted]) -> dict[str, Stamp | None] | None:
        """Do what ``_cleared`` does for all that may differ from the last time; None when that is not known.

        The answer has every path that is to be looked at, None for one that is not there.
        """
        # what goes wrong on the way leaves nothing known, so that the next time looks at everything
        before, self._wanted_before = self._wanted_before, {}
        touched = self._watch.touched()
        if touched is None or not before or not self._folders.isdisjoint(touched):
            return None
        differing = {path for path, item in wanted.items() if not _same(item, before.get(path))}
        gone = before.keys() - wanted.keys()
        if not self._folders.isdisjoint(differing) or (gone and _leaves_a_folder_empty(gone, wanted)):
            return None
        found: dict[str, Stamp | None] = {}
        for path in (touched | differing | gone | self._unsure).difference(self._source.dependencies):
            if path not in wanted:
                self._take_away(path)
            found[path] = self._stamp(path)
        return found

    def _stamp(self, path: str) -> Stamp | None:
        try:
            return Stamp.of(os.lstat(self.path / path))
        except (FileNotFoundError, NotADirectoryError):
            return None

    def _take_away(self, path: str) -> None:
        """Remove from the copy what does not belong there."""
        place = self.path / path
        if place.is_dir() and not place.is_symlink():
            remove_tree(place)
        else:
            place.unlink(missing_ok=True)

    def _watch_copy(self, changed: Iterable[str]) -> None:
        """Watch each folder of the copy; what is written there from now on is looked at the next time."""
        self._folders.update(folder for path in changed for folder in _folders_above(path))
        for folder in ("", *self._folders):
            self._watch.watch(folder)

    def _cleared(self, wanted: Mapping[str, Wanted]) -> dict[str, Stamp | None]:
        """Remove from the copy what does not belong there; return the stamps of what is left."""
        folders = self._folders = {folder for path in wanted for folder in _folders_above(path)}
        kept_empty = frozenset(self.dependencies)
        found: dict[str, Stamp | None] = {}
        waiting = [""]
        while waiting:
            here = waiting.pop()
            # a test may have taken away the permission to look into it
            (self.path / here).chmod(0o755)
            with os.scandir(self.path / here) as entries:
                for entry in entries:
                    path = f"{here}/{entry.name}" if here else entry.name
                    if not entry.is_dir(follow_symlinks=False):
                        if path in wanted:
                            found[path] = Stamp.of(entry.stat(follow_symlinks=False))
                        else:
                            Path(entry.path).unlink()
                    elif path in folders:
                        waiting.append(path)
                    elif path not in kept_empty or path in wanted:
                        remove_tree(Path(entry.path))
        return found

    def _is_current(self, path: str, wanted: Wanted, found: Mapping[str, Stamp | None]) -> bool:
        copied = self._copied.get(path)
        return copied is not None and copied.sign == wanted.sign and copied.stamp == found.get(path)

    def _write_folder(
        self, folder: str, paths: list[str], wanted: Mapping[str, Wanted], found: Mapping[str, Stamp | None]
    ) -> None:
        with ExitStack() as opened:
            target = opened.enter_context(opened_folder(self.path, folder, make=True))
            source: Folder | None = None
            if any(wanted[path].is_copied for path in paths):
                with suppress(FileNotFoundError):
                    source = opened.enter_context(opened_folder(self.root, folder))
            for path in paths:
                self._copied.pop(path, None)
                self._unsure.discard(path)
                name = path.rpartition("/")[2]
                if found.get(path) is not None:
                    target.discard(name)
                secrets_stay = path in self._generated
                sign = write_entry(
                    target, name, wanted[path], source, self._most_bytes, secrets_stay=secrets_stay
                )
                if sign is not None and (status := target.status(name)):
                    self._copied[path] = Copied(sign, Stamp.of(status))
                    if sign is NEVER_CURRENT:
                        self._unsure.add(path)


def _same(one: Wanted, other: Wanted | None) -> bool:
    # most are the same object, and comparing those is what costs
    return one is other or one == other


def _leaves_a_folder_empty(gone: Iterable[str], wanted: Iterable[str]) -> bool:
    folders = {folder for path in wanted for folder in _folders_above(path)}
    return not folders.issuperset(filter(None, map(_parent, gone)))


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _folders_above(path: str) -> Iterator[str]:
    folder = _parent(path)
    while folder:
        yield folder
        folder = _parent(folder)

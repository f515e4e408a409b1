"""A copy of the workspace in which commands may run and write: disk, unsaved buffers and pending edits."""

import hashlib
import os
import stat
import threading
import time
import weakref
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.orchestra.edits.lines import BOM
from codecompanion.orchestra.workspace.folder_tree import FolderTree
from codecompanion.orchestra.workspace.generated import generated_files
from codecompanion.orchestra.workspace.paths import real_relative_path
from codecompanion.orchestra.workspace.safe_files import Folder, opened_folder, read_file, readable_errors
from codecompanion.orchestra.workspace.secret_files import MOST_LOOKED_AT, secret_in
from codecompanion.orchestra.workspace.shadow_entries import Copied, Stamp, Wanted, permissions
from codecompanion.orchestra.workspace.shadow_home import ShadowHome, remove_tree
from codecompanion.orchestra.workspace.texts import BIGGEST_TEXT, DecodedText

MOST_FILES: Final = 200_000
MOST_BYTES: Final = 2_000_000_000
# a file changed this shortly before it was copied may change again within one tick of its time stamp
_TICK_NS = 50_000_000
_COARSE_TICK_NS = 2_000_000_000
_NEVER_CURRENT: Final = object()


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
        self._tree = FolderTree(self.root)
        self._home = ShadowHome(parent)
        self._remove = weakref.finalize(self, self._home.close)
        self.path = self._home.path / "copy" / (self.root.name or "workspace")
        self.scratch = self._home.path / "scratch"
        self.path.mkdir(parents=True)
        self.scratch.mkdir()
        self.dependencies: tuple[str, ...] = ()
        self._link_dependencies = link_dependencies
        self._most_files = most_files
        self._most_bytes = most_bytes
        self._copied: dict[str, Copied] = {}
        self._git_ignored: list[str] = []
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
            found = self._cleared(wanted)
            changed = [path for path in wanted if not self._is_current(path, wanted[path], found)]
            for folder, paths in groupby(sorted(changed, key=_parent), key=_parent):
                self._write_folder(folder, list(paths), wanted)
            removed = len(self._copied.keys() - wanted.keys())
            self._copied = {path: copied for path, copied in self._copied.items() if path in wanted}
            return SyncReport(len(changed), removed, len(wanted) - len(changed))

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
        wanted = dict(self._on_disk())
        wanted.update((path, item) for path in also if path not in wanted and (item := self._regular(path)))
        self._require_bounded(wanted)
        generated = self._generated_beside(wanted)
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

    def _on_disk(self) -> Iterator[tuple[str, Wanted]]:
        """Yield what is in the workspace now, and take note of dependency folders and ignored files."""
        dependencies: list[str] = []
        self._git_ignored = []
        count = 0
        for listing in self._tree.walk():
            dependencies += map(listing.child, listing.dependencies)
            self._git_ignored += map(listing.child, listing.git_ignored)
            for path in map(listing.child, listing.files):
                if item := self._regular(path):
                    yield path, item
            for path in map(listing.child, listing.links):
                if target := self._inner_target(path):
                    yield path, Wanted(target, link=target)
            count += len(listing.files)
            self._require_few(count)
        self.dependencies = tuple(sorted(dependencies))
        if self._link_dependencies:
            for path in self.dependencies:
                target = str(self.root / path)
                yield path, Wanted(target, link=target)

    def _generated_beside(self, wanted: Mapping[str, Wanted]) -> dict[str, Wanted]:
        ignored = (path for path in self._git_ignored if path not in wanted)
        found = generated_files(self.root, ignored, self._most_bytes - _size(wanted))
        return {path: Wanted.copied(status) for path, status in found}

    def _regular(self, path: str) -> Wanted | None:
        try:
            status = os.lstat(f"{self.root}/{path}")
        except OSError:
            return None
        return Wanted.copied(status) if stat.S_ISREG(status.st_mode) else None

    def _inner_target(self, path: str) -> str:
        """Return where a link of the workspace leads, as seen from it; empty when it leads out or nowhere."""
        real = Path(os.path.realpath(self.root / path))
        if self.root not in real.parents or not real.exists():
            return ""
        return os.path.relpath(real, self.root / _parent(path))

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

    def _require_few(self, count: int) -> None:
        if count > self._most_files:
            raise WorkspaceError(
                f"the workspace holds more than {self._most_files:,} files, too many to copy for a test run; "
                "name folders that tests do not need in .gitignore or .aiignore"
            )

    def _require_bounded(self, wanted: Mapping[str, Wanted]) -> None:
        size = _size(wanted)
        if size > self._most_bytes:
            raise WorkspaceError(
                f"the workspace's files take {size / 1e9:.1f} GB, but at most {self._most_bytes / 1e9:.1f} GB "
                "are copied for a test run; name big files that tests do not need in .gitignore or .aiignore"
            )

    def _cleared(self, wanted: Mapping[str, Wanted]) -> dict[str, Stamp]:
        """Remove from the copy what does not belong there; return the stamps of what is left."""
        folders = {folder for path in wanted for folder in _folders_above(path)}
        kept_empty = frozenset(self.dependencies)
        found: dict[str, Stamp] = {}
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

    def _is_current(self, path: str, wanted: Wanted, found: Mapping[str, Stamp]) -> bool:
        copied = self._copied.get(path)
        return copied is not None and copied.sign == wanted.sign and copied.stamp == found.get(path)

    def _write_folder(self, folder: str, paths: list[str], wanted: Mapping[str, Wanted]) -> None:
        with ExitStack() as opened:
            target = opened.enter_context(opened_folder(self.path, folder, make=True))
            source: Folder | None = None
            if any(wanted[path].is_copied for path in paths):
                with suppress(FileNotFoundError):
                    source = opened.enter_context(opened_folder(self.root, folder))
            for path in paths:
                self._copied.pop(path, None)
                name = path.rpartition("/")[2]
                target.discard(name)
                secrets_stay = path in self._generated
                sign = _write(target, name, wanted[path], source, self._most_bytes, secrets_stay=secrets_stay)
                if sign is not None and (status := target.status(name)):
                    self._copied[path] = Copied(sign, Stamp.of(status))


def _size(wanted: Mapping[str, Wanted]) -> int:
    return sum(item.source.size for item in wanted.values() if item.source)


def _write(
    target: Folder, name: str, wanted: Wanted, source: Folder | None, limit: int, *, secrets_stay: bool
) -> object:
    """Make one path of the copy; return what it was made from.

    None if there is nothing to make: its source vanished, is not ours to read (so no test of ours can either),
    or holds a secret where ``secrets_stay`` behind.
    """
    if wanted.link:
        os.symlink(wanted.link, target.at(name), dir_fd=target.fd)
        return wanted.sign
    if wanted.data is not None:
        target.create(name, wanted.data, permissions(wanted.source))
        return wanted.sign
    if source is None:
        return None
    now_ns = time.time_ns()
    try:
        data, status = source.read(name, limit)
    except (FileNotFoundError, PermissionError):
        return None
    if secrets_stay and secret_in(data[:MOST_LOOKED_AT].decode("latin-1")):
        return None
    stamp = Stamp.of(status)
    target.create(name, data, permissions(stamp))
    tick_ns = _TICK_NS if stamp.mtime_ns % 1_000_000_000 else _COARSE_TICK_NS
    return stamp if stamp.mtime_ns + tick_ns < now_ns else _NEVER_CURRENT


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _folders_above(path: str) -> Iterator[str]:
    folder = _parent(path)
    while folder:
        yield folder
        folder = _parent(folder)

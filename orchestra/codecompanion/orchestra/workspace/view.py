"""The workspace as the user sees it: unsaved buffers and pending edits over the disk."""

import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.orchestra.edits.lines import BOM
from codecompanion.orchestra.workspace.folder_tree import FolderListing, FolderTree
from codecompanion.orchestra.workspace.paths import real_relative_path, relative_path
from codecompanion.orchestra.workspace.safe_files import read_file
from codecompanion.orchestra.workspace.secret_files import holds_secrets, secret_in
from codecompanion.orchestra.workspace.texts import BIGGEST_TEXT, decode

MOST_FILES: Final = 20_000
LONGEST_LISTING_S: Final = 10.0

_SUFFIXES_OF_DATA = (
    "7z bz2 gz iso jar lz4 rar tar tgz war xz zip zst "
    "avif bmp gif heic icns ico jpeg jpg jxl png psd tif tiff webp "
    "aac avi flac flv m4a mkv mov mp3 mp4 ogg wav webm "
    "a bin class dll dmg dylib exe lib o obj pyc pyd pyo rlib so wasm "
    "dat db npy npz onnx parquet pickle pkl pt safetensors sqlite sqlite3 "
    "doc docx eot odt otf pdf ppt pptx ttf woff woff2 xls xlsx"
)
_NOT_TEXT = frozenset(_SUFFIXES_OF_DATA.split())


def no_buffers() -> Mapping[str, str]:
    """Return no open texts: the workspace of a headless run."""
    return {}


def no_diagnostics(path: str | None) -> list[str]:
    """Return no known problems: a headless run has no editor that finds any."""
    return []


class Workspace:
    """Implements ``WorkspaceView`` for one folder.

    ``buffers`` gives the editor's open texts by relative POSIX path, as they are now. A pending edit is what
    the editor says it applied but neither buffer nor disk shows yet; it wins over both. What .gitignore or
    .aiignore keep out is neither listed nor read, not even from a buffer, unless an agent wrote it. Files for
    secrets, by name, are not either; one that holds a key under another name is listed but not read.
    """

    def __init__(
        self,
        root: str | Path,
        buffers: Callable[[], Mapping[str, str]] = no_buffers,
        diagnostics: Callable[[str | None], list[str]] = no_diagnostics,
        *,
        most_files: int = MOST_FILES,
        longest_listing_s: float = LONGEST_LISTING_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._root = Path(os.path.realpath(root))
        self._buffers = buffers
        self._diagnostics = diagnostics
        self._most_files = most_files
        self._longest_listing_s = longest_listing_s
        self._monotonic = monotonic
        self._tree = FolderTree(self._root)
        self._judged: dict[str, tuple[FolderListing | None, tuple[str, ...]]] = {}
        self._pending: dict[str, str] = {}
        self._authored: set[str] = set()
        self._lock = threading.Lock()

    @property
    def root(self) -> str:
        """Absolute, real path of the folder."""
        return str(self._root)

    def files(self) -> list[str]:
        """Return the readable text files, sorted; at most ``most_files``, those nearest the top first."""
        return self.listing()[0]

    def listing(self) -> tuple[list[str], bool]:
        """Return the files and whether they are all: False when the count or the time ran out."""
        found = {path for path in self._shown() if self._listable(path)}
        complete = self._collect(found)
        return sorted(found), complete

    def read(self, path: str) -> str:
        """Return a file's text, line endings as they are; raises ``WorkspaceError``."""
        relative = relative_path(path)
        with self._lock:
            pending = self._pending.get(relative)
        if pending is not None:
            return pending
        real = self._readable(relative)
        buffers = self._buffers()
        buffer = buffers.get(relative, buffers.get(real))
        text = buffer.removeprefix(BOM) if buffer is not None else self._read_from_disk(relative)
        if held := secret_in(text):
            raise WorkspaceError(
                f"{relative!r} holds {held}, so agents do not read it; keep keys in files of their own"
            )
        return text

    def exists(self, path: str) -> bool:
        """Whether the path holds a file now, readable or not; False for a path that may not be named."""
        try:
            relative = relative_path(path)
            if relative in self._pending or relative in self._buffers():
                return True
            return (self._root / real_relative_path(self._root, relative)).is_file()
        except (WorkspaceError, OSError):
            return False

    def diagnostics(self, path: str | None = None) -> list[str]:
        """Return the editor's known problems as ``path:line: message``."""
        return self._diagnostics(path)

    def overlay(self) -> dict[str, str]:
        """Return path → text for every readable buffer and pending edit that differs from the disk."""
        return {path: text for path, text in self._shown().items() if self._differs_from_disk(path, text)}

    def hidden(self) -> frozenset[str]:
        """Return nothing: all that is on the disk counts here."""
        return frozenset()

    def note_pending(self, path: str, text: str) -> None:
        """Show ``text`` as the file's content until it is forgotten: the editor claims to have applied it."""
        relative = relative_path(path)
        is_new = not self.exists(relative)
        with self._lock:
            self._pending[relative] = text
            if is_new:
                self._authored.add(relative)

    def forget_pending(self, path: str) -> None:
        """Believe the buffer or the disk again: the edit was seen there, or it was withdrawn."""
        with self._lock:
            self._pending.pop(relative_path(path), None)

    def note_authored(self, path: str) -> None:
        """Let agents see a file that they made, not merely changed, even where .gitignore keeps others out."""
        with self._lock:
            self._authored.add(relative_path(path))

    def _shown(self) -> dict[str, str]:
        """Return what is shown instead of the disk: readable buffers, then pending edits."""
        with self._lock:
            pending = dict(self._pending)
        buffers = self._buffers().items()
        shown = {path: text.removeprefix(BOM) for path, text in buffers if self._open_to_agents(path)}
        return shown | pending

    def _open_to_agents(self, path: str) -> bool:
        try:
            self._readable(relative_path(path))
        except WorkspaceError:
            return False
        return True

    def _readable(self, relative: str) -> str:
        """Return the path the file really has; raises ``WorkspaceError`` when agents must not read it."""
        real = real_relative_path(self._root, relative)
        for name in {relative, real}:
            if holds_secrets(name):
                raise WorkspaceError(f"{relative!r} may hold secrets, so agents do not read it")
            if name not in self._authored and self._tree.ignored(name):
                raise WorkspaceError(
                    f"{relative!r} is kept out by .gitignore or .aiignore, so agents do not read it"
                )
        return real

    def _read_from_disk(self, relative: str) -> str:
        data = read_file(self._root, real_relative_path(self._root, relative), BIGGEST_TEXT)
        return decode(data, relative).text

    def _differs_from_disk(self, path: str, text: str) -> bool:
        try:
            return self._read_from_disk(path) != text
        except WorkspaceError:
            return True

    def _collect(self, found: set[str]) -> bool:
        """Add the files on disk to ``found``; return whether none had to be left out."""
        deadline = self._monotonic() + self._longest_listing_s
        with self._lock:
            authored = sorted(self._authored)
        found.update(path for path in authored if self._listable(path) and self.exists(path))
        for folder in self._tree.walk():
            links = (path for path in map(folder.child, folder.links) if self._is_file(path))
            for path in (*self._listable_in(folder), *filter(self._listable, links)):
                if len(found) >= self._most_files:
                    return False
                found.add(path)
            if self._monotonic() > deadline:
                return False
        return True

    def _listable_in(self, folder: FolderListing) -> tuple[str, ...]:
        """Return the files of a folder to list; judged again only when the folder was read again."""
        judged, paths = self._judged.get(folder.path, (None, ()))
        if judged is not folder:
            paths = tuple(filter(self._listable, map(folder.child, folder.files)))
            self._judged[folder.path] = (folder, paths)
        return paths

    def _is_file(self, link: str) -> bool:
        return self._open_to_agents(link) and self.exists(link)

    def _listable(self, path: str) -> bool:
        suffix = PurePosixPath(path).suffix
        return suffix[1:].lower() not in _NOT_TEXT and not holds_secrets(path)

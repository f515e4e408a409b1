"""Which entries of a folder were touched since the last look, told by the kernel (inotify) instead of a walk.

An event is queued before the call that caused it returns, so what was written before a look is seen by it. What
inotify cannot see is answered with "cannot tell": other systems than Linux, network drives, too many folders,
lost events. Two things escape it: a file written through a hard link elsewhere, and one written through memory
after it was closed; who uses this looks at the first for itself, and at everything now and then for the second.
"""

import ctypes
import errno
import os
import struct
import sys
import weakref
from pathlib import Path
from typing import Final

_MODIFY, _ATTRIB, _CLOSE_WRITE = 0x2, 0x4, 0x8
_MOVED, _CREATE, _DELETE = 0xC0, 0x100, 0x200
_SELF_GONE: Final = 0x400 | 0x800 | 0x8000  # deleted, moved, no longer watched
_LOST: Final = 0x4000 | 0x2000  # the queue ran over, the file system was unmounted
_ONLY_FOLDERS, _NO_LINKS = 0x01000000, 0x02000000
_WANTED: Final = (
    _MODIFY
    | _ATTRIB
    | _CLOSE_WRITE
    | _MOVED
    | _CREATE
    | _DELETE
    | _SELF_GONE & ~0x8000
    | _ONLY_FOLDERS
    | _NO_LINKS
)
_HEAD: Final = struct.Struct("iIII")
_CHUNK: Final = 1 << 16
# where all changes are made by this kernel
_LOCAL: Final = frozenset(
    {"ext2", "ext3", "ext4", "xfs", "btrfs", "tmpfs", "f2fs", "zfs", "overlay", "bcachefs"}
)


class ChangeWatch:
    """Watches folders beneath ``root`` by relative path (``""`` is the root); not for two threads at a time."""

    def __init__(self, root: Path, platform: str = sys.platform) -> None:
        self._root = root
        self._watched: dict[str, int] = {}
        self._paths: dict[int, str] = {}
        self._lost = False
        self._descriptor = _new_queue() if platform == "linux" and _file_system(root) in _LOCAL else -1
        if self._descriptor >= 0:
            weakref.finalize(self, os.close, self._descriptor)

    @property
    def works(self) -> bool:
        """Whether anything can be told here at all."""
        return self._descriptor >= 0 and not self._lost

    def watch(self, folder: str) -> bool:
        """Watch a folder from now on; return whether it was watched already."""
        if folder in self._watched or not self.works:
            return self.works
        path = os.fsencode(self._root / folder)
        number = _libc().inotify_add_watch(self._descriptor, path, _WANTED)
        if number < 0:
            # the user's share of watches is used up; a folder that is gone is no matter
            self._lost = self._lost or ctypes.get_errno() == errno.ENOSPC
            return False
        self._watched[folder], self._paths[number] = number, folder
        return False

    def touched(self) -> frozenset[str] | None:
        """Return the relative paths touched since the last call; None when that cannot be told."""
        found: set[str] = set()
        complete = True
        while events := self._read():
            complete = self._take(events, found) and complete
        return frozenset(found) if complete and self.works else None

    def _read(self) -> bytes:
        if self._descriptor < 0:
            return b""
        try:
            return os.read(self._descriptor, _CHUNK)
        except BlockingIOError:
            return b""

    def _take(self, events: bytes, found: set[str]) -> bool:
        """Note what was touched; return False when events were lost or a watched folder is gone."""
        complete, offset = True, 0
        while offset < len(events):
            number, mask, _, size = _HEAD.unpack_from(events, offset)
            offset += _HEAD.size
            name = os.fsdecode(events[offset : offset + size].rstrip(b"\0"))
            offset += size
            folder = self._paths.get(number)
            if mask & (_LOST | _SELF_GONE):
                complete = False
                self._forget(number)
            elif folder is not None and name:
                found.add(f"{folder}/{name}" if folder else name)
        return complete

    def _forget(self, number: int) -> None:
        folder = self._paths.pop(number, None)
        if folder is not None:
            del self._watched[folder]
            _libc().inotify_rm_watch(self._descriptor, number)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _new_queue() -> int:
    return int(_libc().inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))


def _file_system(path: Path) -> str:
    """Return the type of the file system a path lies on, empty when it cannot be told."""
    try:
        lines = Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return ""
    best, kind = -1, ""
    for line in lines:
        fields, _, rest = line.partition(" - ")
        # blanks in names are written as octal numbers
        point = Path(fields.split(" ")[4].replace("\\040", " "))
        if len(point.parts) >= best and (point == path or point in path.parents):
            best, kind = len(point.parts), rest.split(" ")[0]
    return kind

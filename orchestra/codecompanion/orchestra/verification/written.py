"""How much a run has written into its folders, found out without looking at every file each time."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

_BLOCK: Final = 512
"""Bytes in a unit of ``st_blocks``, whatever the file system's own blocks are."""


class Written:
    """What came into ``folders`` since this was made, in bytes on the disk, up to ``most``.

    As long as the disk has not lost that much room there is nothing to look at. Then each file is, and what
    changed since counts. What others write on the same disk leads to a look, not to a wrong answer.
    """

    def __init__(self, folders: Iterable[Path], most: int, since_ns: int) -> None:
        self._folders = [folder for folder in folders if hasattr(os, "statvfs")]
        self._most = most
        self._since_ns = since_ns
        self._look_below = [_free(folder) - most for folder in self._folders]

    def is_too_much(self, open_files: Iterable[os.stat_result]) -> bool:
        """Return whether it is more than ``most``; of ``open_files`` those without a name count as well."""
        free = [_free(folder) for folder in self._folders]
        if all(now > below for now, below in zip(free, self._look_below, strict=True)):
            return False
        size = self._size(open_files)
        self._look_below = [now - max(self._most - size, 0) for now in free]
        return size > self._most

    def _size(self, open_files: Iterable[os.stat_result]) -> int:
        nameless = (status for status in open_files if status.st_nlink == 0)
        found = {
            (status.st_dev, status.st_ino): status.st_blocks * _BLOCK
            for files in (*map(_files, self._folders), nameless)
            for status in files
            if status.st_ctime_ns >= self._since_ns
        }
        return sum(found.values())


def _free(folder: Path) -> int:
    """Return the bytes free on a folder's disk; without end where the folder is gone, and nothing in it."""
    try:
        status = os.statvfs(folder)
    except OSError:
        return sys.maxsize
    return status.f_bfree * status.f_frsize


def _files(folder: Path) -> Iterator[os.stat_result]:
    """Yield the status of everything beneath a folder; no link is followed."""
    for here, folders, files in os.walk(folder):
        for name in (*files, *folders):
            with suppress(OSError):
                yield os.lstat(f"{here}/{name}")

"""Temporary folders for shadow copies: made for one process, and removed after it even if it was killed."""

import os
import re
import shutil
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO

_PREFIX = "orchestra-shadow-"
_NAME = re.compile(_PREFIX + r"(\d+)-\w+")
_LOCK = "owner.lock"


class ShadowHome:
    """One temporary folder, held by a lock for as long as this process lives; ``close`` removes it."""

    def __init__(self, parent: Path | None = None) -> None:
        temp = parent or Path(tempfile.gettempdir())
        self.path = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=temp)).resolve()
        self._owner = os.getpid()
        self._lock = (self.path / _LOCK).open("wb")
        _try_lock(self._lock)

    def close(self) -> None:
        """Let go of the folder and remove it with all that is in it; a forked child leaves it to its parent."""
        self._lock.close()
        if os.getpid() != self._owner:
            return
        remove_tree(self.path)


def remove_leftovers(parent: Path | None = None) -> list[Path]:
    """Remove the folders of processes that are gone, and return them; others' folders are not touched."""
    removed: list[Path] = []
    for path in sorted((parent or Path(tempfile.gettempdir())).glob(f"{_PREFIX}*")):
        match = _NAME.fullmatch(path.name)
        if match and _is_ours(path) and not process_alive(int(match[1])) and _unlocked(path):
            remove_tree(path)
            removed.append(path)
    return removed


def remove_tree(path: Path) -> None:
    """Remove a folder even where tests took away the permission to; links are removed, never followed."""
    for folder, names, _ in os.walk(path):
        for name in names:
            with suppress(OSError):
                inner = Path(folder, name)
                if stat.S_ISDIR(inner.lstat().st_mode):
                    inner.chmod(0o700)
    shutil.rmtree(path, ignore_errors=True)


def process_alive(pid: int, platform: str = sys.platform) -> bool:
    """Whether a process of this id exists; on Windows always True, since a signal there would end it."""
    if platform == "win32" or pid == os.getpid():
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _is_ours(path: Path) -> bool:
    status = path.lstat()
    return stat.S_ISDIR(status.st_mode) and (not hasattr(os, "getuid") or status.st_uid == os.getuid())


def _unlocked(path: Path) -> bool:
    """Whether no process holds the folder: its id may mean another one, or one in another container."""
    try:
        with (path / _LOCK).open("r+b") as lock:
            return _try_lock(lock)
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _try_lock(file: IO[bytes]) -> bool:
    try:
        import fcntl  # noqa: PLC0415  (not on Windows, where an open file cannot be removed anyway)
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True

"""One owner process per data folder, by a lock the operating system lets go of when the process dies."""

import contextlib
import errno
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Self

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.memory.errors import WorkspaceInUse

LENGTH = 32
"""Bytes of the lock file, enough for any process id."""

# Windows locks forbid others to read the locked bytes: lock one far behind the process id.
WINDOWS_LOCK_OFFSET = 1 << 30


class OwnerLock:
    """Exclusive ownership, held until `release` or the end of the process, however it ends.

    The file holds the owner's process id while it runs and is blanked on a clean release, so an id found there
    on taking the lock tells of an owner that was killed: ``found_unclean``. The file keeps its length, so that
    a full disk can be opened again, and is never removed: that would let two processes hold two locks of one
    name.
    """

    def __init__(self, descriptor: int, found_unclean: bool) -> None:
        self._descriptor = descriptor
        self.found_unclean = found_unclean

    @classmethod
    def take(cls, path: Path) -> Self:
        """Take the lock at ``path``; raises ``WorkspaceInUse`` or ``WorkspaceError``."""
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        except OSError as error:
            raise WorkspaceError(f"{path} cannot be written: {error.strerror}; make it writable") from error
        try:
            free = try_lock(descriptor)
            pid = _read_pid(descriptor)
            if not free:
                raise WorkspaceInUse(path.parent, pid)
            _write(descriptor, b"%d" % os.getpid())
            os.fsync(descriptor)
        except OSError as error:
            os.close(descriptor)
            mend = "free some space" if error.errno == errno.ENOSPC else "use a local disk"
            raise WorkspaceError(f"{path} cannot be locked: {error.strerror}; {mend}") from error
        except WorkspaceInUse:
            os.close(descriptor)
            raise
        return cls(descriptor, found_unclean=pid is not None)

    def release(self, *, clean: bool = True) -> None:
        """Let go; with ``clean=False`` the next owner still finds traces of a bad end."""
        if clean:
            with contextlib.suppress(OSError):
                _write(self._descriptor, b"")
        # closing the only descriptor of the file is what unlocks it, on every system
        os.close(self._descriptor)


def is_held(path: Path) -> bool:
    """Whether a process, be it this one, holds the lock at ``path``.

    Looking takes the lock for a moment when it is free: ask only about a file that names an owner.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return False
    try:
        return not try_lock(descriptor)
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _read_pid(descriptor: int) -> int | None:
    os.lseek(descriptor, 0, os.SEEK_SET)
    text = os.read(descriptor, LENGTH).strip()
    return int(text) if text.isdigit() else None


def _write(descriptor: int, text: bytes) -> None:
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.write(descriptor, text.ljust(LENGTH - 1) + b"\n")


def try_lock(descriptor: int) -> bool:
    """Lock an open file without waiting; False when another open file of it holds the lock."""
    return lock_windows(descriptor) if sys.platform == "win32" else lock_posix(descriptor)


def lock_posix(descriptor: int) -> bool:
    """``flock``, which belongs to the open file: `fcntl` locks vanish when any descriptor of it is closed."""
    fcntl = import_module("fcntl")
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def lock_windows(descriptor: int) -> bool:
    """Lock one byte far behind the content."""
    msvcrt = import_module("msvcrt")
    os.lseek(descriptor, WINDOWS_LOCK_OFFSET, os.SEEK_SET)
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    except PermissionError:
        return False
    return True

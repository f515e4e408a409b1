"""Reading and writing regular files beneath a folder, whatever links are swapped in meanwhile.

Every folder on the way is opened by name inside its parent's descriptor, and no link is followed, so a path
checked a moment ago cannot be turned into a way out. Windows has no such descriptors: there the path is used.
Paths are relative POSIX paths already cleaned by ``paths``; failures are ``WorkspaceError``.
"""

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from codecompanion.contracts.errors import WorkspaceError

TEMPORARY_PREFIX: Final = ".orchestra-"
_HAS_FOLDER_DESCRIPTORS = os.open in os.supports_dir_fd and hasattr(os, "O_DIRECTORY")
_SAFE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _SAFE
# a pipe put in the file's place between look and open must not block us
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _SAFE
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFE
_REASONS = {
    errno.ENOENT: "does not exist",
    errno.EACCES: "may not be opened or changed by this user; check its permissions",
    errno.EPERM: "may not be opened or changed by this user; check its permissions",
    errno.EROFS: "is on a read-only file system; make it writable or use another folder",
    errno.ENOSPC: "cannot be written: the disk is full",
    errno.EDQUOT: "cannot be written: the disk quota is used up",
    errno.EISDIR: "is a folder, not a file",
    errno.ENOTDIR: "lies beneath something that is not a folder",
    errno.ELOOP: "was swapped for a link while it was used; nothing was done",
    errno.ENAMETOOLONG: "has too long a name",
}


@dataclass(frozen=True, slots=True)
class Folder:
    """An opened folder; ``at(name)`` with ``fd`` names an entry in it for the functions of ``os``.

    ``relative`` is its path beneath the root, for messages.
    """

    path: str
    fd: int | None
    relative: str = ""

    def at(self, name: str) -> str:
        """Return what to give to ``os`` functions, together with ``dir_fd=self.fd``."""
        return name if self.fd is not None else str(Path(self.path) / name)

    def status(self, name: str) -> os.stat_result | None:
        """Return the entry's own status (a link is not followed), None when there is none."""
        try:
            return os.stat(self.at(name), dir_fd=self.fd, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def read(self, name: str, limit: int) -> tuple[bytes, os.stat_result]:
        """Return a regular file's bytes and status; refuses pipes, devices, links and more than ``limit``."""
        known = self.status(name)
        if known is None:
            raise FileNotFoundError(errno.ENOENT, "no such file", name)
        shown = f"{self.relative}/{name}" if self.relative else name
        _require_regular(known, shown)
        descriptor = os.open(self.at(name), _READ, dir_fd=self.fd)
        try:
            status = os.fstat(descriptor)
            _require_regular(status, shown)
            if status.st_size > limit:
                raise WorkspaceError(
                    f"{shown!r} is too big: {status.st_size:,} bytes, and at most {limit:,} are read"
                )
            return _read_all(descriptor, limit), status
        finally:
            os.close(descriptor)

    def create(self, name: str, data: bytes, mode: int = 0o666, *, durable: bool = False) -> None:
        """Make a new file; raises ``FileExistsError`` when the name is taken, and leaves nothing on failure."""
        descriptor = os.open(self.at(name), _CREATE, mode, dir_fd=self.fd)
        try:
            try:
                _write_all(descriptor, data)
                if durable:
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except BaseException:
            self.discard(name)
            raise

    def discard(self, name: str) -> None:
        """Remove an entry that is no folder; one that is gone already is fine."""
        with suppress(FileNotFoundError):
            os.unlink(self.at(name), dir_fd=self.fd)

    def replace(self, source: str, target: str) -> None:
        """Rename ``source`` over ``target`` in one step and make that durable."""
        os.replace(self.at(source), self.at(target), src_dir_fd=self.fd, dst_dir_fd=self.fd)
        if self.fd is not None:
            os.fsync(self.fd)

    def keep_mode_and_owner(self, name: str, like: os.stat_result) -> None:
        """Give an entry the permissions and, where allowed, the owner of the file it will replace."""
        if self.fd is None:
            return
        descriptor = os.open(name, os.O_RDONLY | _SAFE, dir_fd=self.fd)
        try:
            with suppress(PermissionError):
                os.fchown(descriptor, like.st_uid, like.st_gid)
            os.fchmod(descriptor, like.st_mode & 0o777)
        finally:
            os.close(descriptor)


@contextmanager
def opened_folder(root: Path, relative: str, *, make: bool = False) -> Iterator[Folder]:
    """Open ``root/relative`` (``""`` is the root); ``make`` adds what is missing, and undoes it on failure."""
    made: list[tuple[int | None, str]] = []
    opened: list[int] = []
    try:
        folder = _opened_root(root, opened)
        for part in PurePosixPath(relative).parts:
            folder = _step_into(folder, part, opened, made if make else None)
        yield folder
    except BaseException:
        for parent, name in reversed(made):
            with suppress(OSError):
                os.rmdir(name, dir_fd=parent)
        raise
    finally:
        for descriptor in reversed(opened):
            os.close(descriptor)


def _opened_root(root: Path, opened: list[int]) -> Folder:
    if not _HAS_FOLDER_DESCRIPTORS:
        return Folder(str(root), None)
    opened.append(os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
    return Folder(str(root), opened[-1])


def _step_into(
    folder: Folder, name: str, opened: list[int], made: list[tuple[int | None, str]] | None
) -> Folder:
    if made is not None:
        with suppress(FileExistsError):
            os.mkdir(folder.at(name), dir_fd=folder.fd)
            made.append((folder.fd, folder.at(name)))
    path = str(Path(folder.path) / name)
    relative = f"{folder.relative}/{name}" if folder.relative else name
    if folder.fd is None:
        return Folder(path, None, relative)
    opened.append(os.open(name, _FOLDER, dir_fd=folder.fd))
    return Folder(path, opened[-1], relative)


def read_file(root: Path, relative: str, limit: int) -> bytes:
    """Return the bytes of a regular file of at most ``limit`` bytes."""
    parent, _, name = relative.rpartition("/")
    with readable_errors(relative), opened_folder(root, parent) as folder:
        return folder.read(name, limit)[0]


def temporary_name() -> str:
    """Return a fresh name for a file that is about to be renamed; listings leave such names out."""
    return f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}.tmp"


@contextmanager
def readable_errors(path: str) -> Iterator[None]:
    """Turn an ``OSError`` into a ``WorkspaceError`` that names ``path`` and what to do."""
    try:
        yield
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, f"cannot be used: {error.strerror or error}")
        raise WorkspaceError(f"{path!r} {reason}") from error


def _require_regular(status: os.stat_result, name: str) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, "is a folder", name)
    if stat.S_ISLNK(status.st_mode):
        raise OSError(errno.ELOOP, "is a link", name)
    if not stat.S_ISREG(status.st_mode):
        raise WorkspaceError(f"{name!r} is not a text file but a pipe, socket or device; it is never opened")


def _read_all(descriptor: int, limit: int) -> bytes:
    """Read to the end, or one byte beyond ``limit`` of a file that grows meanwhile."""
    pieces: list[bytes] = []
    left = limit + 1
    while left > 0 and (piece := os.read(descriptor, min(left, 1 << 20))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]

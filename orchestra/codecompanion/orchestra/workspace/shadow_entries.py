"""What a path of the shadow copy should be, and what it was made from."""

import os
import stat
from dataclasses import dataclass
from typing import NamedTuple


class Stamp(NamedTuple):
    """A file's state: two equal stamps mean an unchanged file (the kernel sets ``ctime``, nobody else can)."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    mode: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Stamp":
        """Return the stamp in a file's status."""
        return cls(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_mode)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a path of the copy should be: a copied file, a text, or a link; ``sign`` tells versions apart."""

    sign: object
    source: Stamp | None = None
    data: bytes | None = None
    link: str = ""

    @classmethod
    def copied(cls, status: os.stat_result) -> "Wanted":
        """Return a copy of the file with this status."""
        stamp = Stamp.of(status)
        return cls(stamp, source=stamp)

    @property
    def is_copied(self) -> bool:
        """Whether it is read from the workspace."""
        return not self.link and self.data is None


@dataclass(frozen=True, slots=True)
class Copied:
    """What a path of the copy was made from, and its stamp then; another stamp means a test changed it."""

    sign: object
    stamp: Stamp


def permissions(like: Stamp | None) -> int:
    """Return the permissions of a copy: as the original's, but always ours to read and change."""
    return (stat.S_IMODE(like.mode) & 0o777 if like else 0o644) | 0o600

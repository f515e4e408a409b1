"""Reading the user's own small text files, with every reason for not reading one said plainly."""

import os
import stat
from pathlib import Path

LARGEST = 1_000_000
"""Bytes; a settings file is a few hundred."""


class UnusableFile(Exception):
    """A file that is there but cannot be used; the text says why and how to mend it, and quotes nothing."""


def read_own_file(path: Path, *, private: bool = False) -> str:
    """Return the file's text, or an empty one when there is no such file; raises ``UnusableFile``.

    ``private``: nobody but the owner may read or write it (checked where the platform has such modes).
    What is checked is what is read: the checks are made on the opened file, and a pipe in its place does not
    block the reader.
    """
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            _refuse_odd(path, os.fstat(file.fileno()), private=private)
            content = file.read(LARGEST)
    except FileNotFoundError:
        return ""
    except OSError as fault:
        raise UnusableFile(f"the file {path} cannot be read: {fault.strerror}") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    raise UnusableFile(f"the file {path} is not UTF-8 text; save it as UTF-8")


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _refuse_odd(path: Path, status: os.stat_result, *, private: bool) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UnusableFile(f"{path} is not a regular file; put a text file there or remove it")
    if status.st_size > LARGEST:
        raise UnusableFile(f"the file {path} has {status.st_size} bytes; at most {LARGEST} are read")
    open_to_others = stat.S_IMODE(status.st_mode) & 0o077
    if private and os.name != "nt" and open_to_others:
        mode = stat.S_IMODE(status.st_mode)
        raise UnusableFile(
            f"the file {path} holds keys but others may use it (mode {mode:04o}); run: chmod 600 {path}"
        )

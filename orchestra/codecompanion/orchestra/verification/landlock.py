"""The second rung: the kernel itself keeps a command to the files it may use, and to a network of its own.

Where bubblewrap is missing or forbidden. Needs no privilege and no other program. What it cannot do: hide that
files exist, and keep a command that owns a file from changing its permissions.
"""

import os
import re
import sys
from pathlib import Path
from typing import Final

from codecompanion.orchestra.verification import landlock_child, machine_folders
from codecompanion.orchestra.verification.sandbox import Cell, InTheCopy, Rung

# what Python, Node, Go, Java, Ruby and the C library say of a socket that may not be made
_NO_SOCKET: Final = re.compile(
    # of a file it would name which
    r"PermissionError: \[Errno 13\] Permission denied$|SocketException: Permission denied"
    r"|\bE(?:ACCES|PERM)\b.*(?:listen|connect|bind|socket)"
    r"|(?:listen|connect|bind|socket)\b.*(?:\bEACCES\b|[Pp]ermission denied)",
    re.MULTILINE,
)
_WHY_NO_SOCKET: Final = (
    "Note: tests here may make no network socket, not even for a server of their own: bubblewrap is not usable "
    "on this machine, and its system forbids networks of one's own (user namespaces). Install bubblewrap, or "
    "allow user namespaces, where tests need servers."
)
_LAUNCHER: Final = (sys.executable, "-I", "-S", str(Path(landlock_child.__file__)))


class Landlock(InTheCopy):
    """Confined by a launcher of ours (``landlock_child``), which also ends what the command leaves behind.

    Not every system lets it have a network of its own; without one it may make no socket.
    """

    rung = Rung.LANDLOCK

    def __init__(self, launcher: tuple[str, ...] = _LAUNCHER, *, own_network: bool) -> None:
        self._launcher = launcher
        self._own_network = own_network

    def remark(self, output: str) -> str:
        """Say why tests found no socket, where it looks as if they had looked for one."""
        return _WHY_NO_SOCKET if not self._own_network and _NO_SOCKET.search(output) else ""

    def wrap(self, argv: tuple[str, ...], cell: Cell) -> tuple[str, ...]:
        """Return the command, its program to be found by its absolute path."""
        read = [*_system(), *map(str, cell.tools), *(str(cell.root / path) for path in cell.dependencies)]
        write = [str(cell.copy), str(cell.scratch), *machine_folders.DEVICES]
        network = "own" if self._own_network else "none"
        return (*self._launcher, network, str(len(read)), str(len(write)), *read, *write, *argv)


def _system() -> tuple[str, ...]:
    return (
        "/usr",
        *machine_folders.SYSTEM,
        *machine_folders.STORES,
        *machine_folders.ETC,
        *machine_folders.PROC,
    )


def kernel_has_landlock() -> bool:
    """Whether the kernel has it at all; a trial has to show whether it holds."""
    return hasattr(os, "O_PATH") and landlock_child.kernel_version() >= 2

"""The second rung: the kernel itself keeps a command to the files it may use, and gives it no socket.

Where bubblewrap is missing or forbidden. Needs no privilege and no other program. What it cannot do: hide that
files exist, keep a command that owns a file from changing its permissions, and give it a network of its own.
"""

import os
import sys
from pathlib import Path
from typing import Final

from codecompanion.orchestra.verification import landlock_child, machine_folders
from codecompanion.orchestra.verification.sandbox import Cell, InTheCopy, Rung

_LAUNCHER: Final = (sys.executable, "-I", "-S", str(Path(landlock_child.__file__)))


class Landlock(InTheCopy):
    """Confined by a launcher of ours (``landlock_child``), which also ends what the command leaves behind."""

    rung = Rung.LANDLOCK

    def __init__(self, launcher: tuple[str, ...] = _LAUNCHER) -> None:
        self._launcher = launcher

    def wrap(self, argv: tuple[str, ...], cell: Cell) -> tuple[str, ...]:
        """Return the command, its program to be found by its absolute path."""
        read = [*_system(), *map(str, cell.tools), *(str(cell.root / path) for path in cell.dependencies)]
        write = [str(cell.copy), str(cell.scratch), *machine_folders.DEVICES]
        return (*self._launcher, str(len(read)), str(len(write)), *read, *write, *argv)


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

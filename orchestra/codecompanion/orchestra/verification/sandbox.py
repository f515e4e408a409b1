"""What a command may see and touch: the rungs of the ladder, and the lowest two, which confine nothing."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol


class Rung(StrEnum):
    """How well commands are confined, the strictest first; the value is what a person is shown."""

    BUBBLEWRAP = "bubblewrap"
    LANDLOCK = "landlock"
    ASKING = "asking"
    REFUSING = "refusing"
    UNGUARDED = "unguarded"

    @property
    def meaning(self) -> str:
        """What this rung keeps a command from doing, in a sentence."""
        return _MEANINGS[self]


_MEANINGS = {
    Rung.BUBBLEWRAP: "tests see a copy of the workspace, no other files of yours, and no network",
    Rung.LANDLOCK: (
        "tests can use a copy of the workspace, no other files of yours, and no network but one of their own, "
        "where the system lets them have one"
    ),
    Rung.ASKING: (
        "nothing here can confine tests, so they would run with your own rights and network, "
        "in a copy of the workspace; you are asked before each run"
    ),
    Rung.REFUSING: (
        "nothing here can confine tests and nobody can be asked, so they are not run; install bubblewrap, "
        "or run in a terminal"
    ),
    Rung.UNGUARDED: (
        "the setting `sandbox` is off: tests run in a copy of the workspace, "
        "but with your own rights and network"
    ),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One shadow copy as a place to run in: ``copy`` stands for the workspace ``root``.

    ``scratch`` is writable too. ``dependencies`` are relative paths of installed packages, ``tools`` absolute
    paths of interpreters outside the system folders; both are only to be read.
    """

    root: Path
    copy: Path
    scratch: Path
    dependencies: tuple[str, ...] = ()
    tools: tuple[Path, ...] = ()

    @property
    def temporary(self) -> Path:
        """The folder for temporary files, in ``scratch``."""
        return self.scratch / "tmp"


class Sandbox(Protocol):
    """Turns a command into one that runs confined."""

    @property
    def rung(self) -> Rung:
        """Which rung of the ladder this is."""
        ...

    @property
    def links_dependencies(self) -> bool:
        """Whether the copy must link to the folders of installed packages, since they are mounted nowhere."""
        ...

    def workspace(self, cell: Cell) -> Path:
        """Return the path at which a confined process sees the copy: its working folder."""
        ...

    def temporary(self, cell: Cell) -> str:
        """Return the path of the folder for temporary files as a confined process sees it."""
        ...

    def wrap(self, argv: tuple[str, ...], cell: Cell) -> tuple[str, ...]:
        """Return the command that runs ``argv`` confined."""
        ...

    def remark(self, output: str) -> str:
        """Return what a person should know about the ``output`` of red tests on this rung, mostly nothing."""
        ...


class InTheCopy:
    """What all rungs without a file system of their own have in common: commands run in the copy itself."""

    links_dependencies = True

    def workspace(self, cell: Cell) -> Path:
        """Return the copy itself."""
        return cell.copy

    def temporary(self, cell: Cell) -> str:
        """Return a folder beside the copy."""
        return str(cell.temporary)

    def remark(self, output: str) -> str:
        """Nothing in the output is this rung's doing."""
        return ""


class ProcessLimitsOnly(InTheCopy):
    """No confinement: the copy is where commands run, but nothing keeps them there.

    ``rung`` says on whose account: that of the setting, or of a machine that has no better one.
    """

    def __init__(self, rung: Rung = Rung.UNGUARDED) -> None:
        self.rung = rung

    def wrap(self, argv: tuple[str, ...], cell: Cell) -> tuple[str, ...]:
        """Return the command as it is."""
        return argv

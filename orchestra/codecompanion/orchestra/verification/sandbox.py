"""What a test process may see and touch, on the strictest rung this machine really holds."""

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

from codecompanion.orchestra.verification.process import Bounds, run_process

_SYSTEM_FOLDERS: Final = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_SYSTEM_STORES: Final = ("/nix/store", "/gnu/store")
# what programs need of /etc to link, name users, know the time and check certificates; nothing private
_ETC: Final = (
    "alternatives",
    "ca-certificates",
    "group",
    "host.conf",
    "hosts",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
    "nsswitch.conf",
    "passwd",
    "pki/tls/certs",
    "protocols",
    "services",
    "ssl/certs",
    "ssl/openssl.cnf",
)
_PROBE_S = 5.0


class Rung(StrEnum):
    """How well test processes are confined; the value is what a person is shown."""

    BUBBLEWRAP = "bubblewrap"
    PROCESS_LIMITS = "process limits"

    @property
    def meaning(self) -> str:
        """What this rung keeps a test from doing, in a sentence."""
        if self is Rung.BUBBLEWRAP:
            return "tests see a copy of the workspace, no other files of yours, and no network"
        return "tests run in a copy of the workspace, but with your own rights and network"


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

    def workspace(self, cell: Cell) -> Path:
        """Return the path at which a confined process sees the copy: its working folder."""
        ...

    def temporary(self, cell: Cell) -> str:
        """Return the path of the folder for temporary files as a confined process sees it."""
        ...

    def wrap(self, argv: tuple[str, ...], cell: Cell) -> tuple[str, ...]:
        """Return the command that runs ``argv`` confined."""
        ...


class ProcessLimitsOnly:
    """The lowest rung: the copy is where tests run, but nothing keeps them there."""

    rung = Rung.PROCESS_LIMITS

    def workspace(self, cell: Cell) -> Path:
        """Return the copy itself."""
        return cell.copy

    def temporary(self, cell: Cell) -> str:
        """Return a folder beside the copy."""
        return str(cell.temporary)

    def wrap(self, argv: tuple[str, ...], cell: Cell) -> tuple[str, ...]:
        """Return the command as it is."""
        return argv


class Bubblewrap:
    """A file system made for the run: system folders to read, the copy in the workspace's place, no network.

    The copy stands at the workspace's own path, so that absolute paths in virtual environments, editable
    installs and linked packages lead into the copy, and tracebacks name the user's files.
    """

    rung = Rung.BUBBLEWRAP

    def __init__(self, program: str) -> None:
        self._program = program

    def workspace(self, cell: Cell) -> Path:
        """Return the workspace's own path, where the copy is mounted."""
        return cell.root

    def temporary(self, cell: Cell) -> str:
        """Return the short path sockets need."""
        return "/tmp"

    def wrap(self, argv: tuple[str, ...], cell: Cell) -> tuple[str, ...]:
        """Return the command, its variables being those it is given."""
        inside = ("--chdir", str(cell.root), "--", *argv)
        return (self._program, *_ISOLATION, *_system_mounts(), *_own_mounts(cell), *inside)


_ISOLATION: Final = ("--unshare-all", "--die-with-parent", "--cap-drop", "ALL")


def _system_mounts() -> list[str]:
    mounts = ["--ro-bind", "/usr", "/usr"]
    for folder in map(Path, _SYSTEM_FOLDERS):
        if folder.is_symlink():
            mounts += ["--symlink", str(folder.readlink()), str(folder)]
        else:
            mounts += ["--ro-bind-try", str(folder), str(folder)]
    for path in (*_SYSTEM_STORES, *(f"/etc/{name}" for name in _ETC)):
        mounts += ["--ro-bind-try", path, path]
    return [*mounts, "--proc", "/proc", "--dev", "/dev"]


def _own_mounts(cell: Cell) -> list[str]:
    """Return the mounts from the outside in: one made later would cover those beneath it."""
    mounts = {tool: ("--ro-bind-try", tool) for tool in cell.tools}
    mounts |= {cell.root / path: ("--ro-bind-try", cell.root / path) for path in cell.dependencies}
    mounts[Path("/tmp")] = ("--bind", cell.temporary)
    mounts[cell.scratch] = ("--bind", cell.scratch)
    mounts[cell.root] = ("--bind", cell.copy)
    ordered = sorted(mounts.items(), key=lambda mount: mount[0].parts)
    return [word for place, (option, source) in ordered for word in (option, str(source), str(place))]


async def choose_sandbox(
    scratch: Path,
    *,
    platform: str = sys.platform,
    find: Callable[[str], str | None] = shutil.which,
) -> Sandbox:
    """Return the strictest sandbox that works here, found out by running a program in it.

    That bubblewrap is installed says little: some systems forbid it. ``scratch`` is a folder for the trial.
    """
    program = find("bwrap") if platform == "linux" else None
    if program and await _holds(Bubblewrap(program), scratch):
        return Bubblewrap(program)
    return ProcessLimitsOnly()


async def _holds(sandbox: Bubblewrap, scratch: Path) -> bool:
    cell = Cell(root=scratch, copy=scratch, scratch=scratch)
    cell.temporary.mkdir(exist_ok=True)
    try:
        ended = await run_process(
            sandbox.wrap(("/usr/bin/env", "true"), cell),
            cwd="/",
            environment={"PATH": "/usr/bin:/bin"},
            bounds=Bounds(seconds=_PROBE_S),
        )
    except OSError:
        return False
    return ended.exit_code == 0

"""The top rung: bubblewrap gives a command a file system of its own, and no network."""

from pathlib import Path
from typing import Final

from codecompanion.orchestra.verification import machine_folders
from codecompanion.orchestra.verification.sandbox import Cell, Rung


class Bubblewrap:
    """A file system made for the run: system folders to read, the copy in the workspace's place, no network.

    The copy stands at the workspace's own path, so that absolute paths in virtual environments, editable
    installs and linked packages lead into the copy, and tracebacks name the user's files.
    """

    rung = Rung.BUBBLEWRAP
    links_dependencies = False

    def __init__(self, program: str) -> None:
        self._program = program

    def workspace(self, cell: Cell) -> Path:
        """Return the workspace's own path, where the copy is mounted."""
        return cell.root

    def temporary(self, cell: Cell) -> str:
        """Return the short path sockets need."""
        return "/tmp"

    def remark(self, output: str) -> str:
        """Nothing in the output is this rung's doing."""
        return ""

    def wrap(self, argv: tuple[str, ...], cell: Cell) -> tuple[str, ...]:
        """Return the command, its variables being those it is given."""
        inside = ("--chdir", str(cell.root), "--", *argv)
        return (self._program, *_ISOLATION, *_system_mounts(), *_own_mounts(cell), "--remount-ro", "/", *inside)


_SHARED_MEMORY: Final = 1 << 30
_ISOLATION: Final = ("--unshare-all", "--die-with-parent", "--cap-drop", "ALL")


def _system_mounts() -> list[str]:
    mounts = ["--ro-bind", "/usr", "/usr"]
    for folder in map(Path, machine_folders.SYSTEM):
        if folder.is_symlink():
            mounts += ["--symlink", str(folder.readlink()), str(folder)]
        else:
            mounts += ["--ro-bind-try", str(folder), str(folder)]
    for path in (*machine_folders.STORES, *machine_folders.ETC):
        mounts += ["--ro-bind-try", path, path]
    # what is written to a file system in memory counts for no process: only the small one may be written to
    memory = ("--size", str(_SHARED_MEMORY), "--tmpfs", "/dev/shm", "--remount-ro", "/dev")
    return [*mounts, "--proc", "/proc", "--dev", "/dev", *memory]


def _own_mounts(cell: Cell) -> list[str]:
    """Return the mounts from the outside in: one made later would cover those beneath it."""
    mounts = {tool: ("--ro-bind-try", tool) for tool in cell.tools}
    mounts |= {cell.root / path: ("--ro-bind-try", cell.root / path) for path in cell.dependencies}
    mounts[Path("/tmp")] = ("--bind", cell.temporary)
    mounts[cell.scratch] = ("--bind", cell.scratch)
    mounts[cell.root] = ("--bind", cell.copy)
    ordered = sorted(mounts.items(), key=lambda mount: mount[0].parts)
    return [word for place, (option, source) in ordered for word in (option, str(source), str(place))]

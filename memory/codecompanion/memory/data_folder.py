"""The folder that holds a workspace's log: made on first use, kept out of git, never on a shared disk."""

import contextlib
import re
import sys
from pathlib import Path

from codecompanion.contracts.errors import WorkspaceError

DATABASE_NAME = "orchestra.db"
LOCK_NAME = "orchestra.lock"
BACKUPS_NAME = "backups"

# File systems whose locks or write order another machine can break: SQLite is not safe on any of them.
NETWORK_FILE_SYSTEMS = frozenset(
    {
        "9p",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "fuse.ceph",
        "fuse.davfs",
        "fuse.glusterfs",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.sshfs",
        "glusterfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "smb3",
        "smbfs",
    }
)


def data_folder(workspace: Path) -> Path:
    """Return the usual data folder of a workspace."""
    return workspace / ".orchestra"


def noted_owner(folder: Path) -> int | None:
    """Return the process id that the lock file names: the owner's, or that of one that was killed."""
    try:
        text = (folder / LOCK_NAME).read_bytes()[:32].strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None


def prepare_folder(folder: Path) -> None:
    """Make the data folder and its ``.gitignore``; raises ``WorkspaceError`` where a log cannot live."""
    try:
        refuse_links(folder)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            _keep_out_of_git(folder)
    except (FileExistsError, NotADirectoryError) as error:
        raise WorkspaceError(
            f"the run log cannot be kept in {folder}: a file stands where the folder should be; move it away"
        ) from error
    except OSError as error:
        raise WorkspaceError(
            f"the run log cannot be kept in {folder}: {error.strerror or error}; "
            "make the folder writable or choose another data folder"
        ) from error
    require_local_disk(folder, _mounts())


def refuse_links(folder: Path) -> None:
    """Refuse links: a cloned repository could aim them at the user's own files."""
    for path in (folder, *(folder / name for name in (DATABASE_NAME, LOCK_NAME, BACKUPS_NAME))):
        if path.is_symlink():
            raise WorkspaceError(
                f"{path} is a link, and the run log never follows links: "
                "remove it or choose another data folder"
            )


def closed_folder(folder: Path, error: OSError) -> WorkspaceError:
    """Return the refusal of a folder that may not be looked into, such as one of another user."""
    return WorkspaceError(
        f"the run log in {folder} cannot be read: {error.strerror or error}; "
        "make the folder and what is in it readable to you, or ask as the user who owns it"
    )


def _keep_out_of_git(folder: Path) -> None:
    # "x" also refuses a link planted under the name
    with (folder / ".gitignore").open("x", encoding="utf-8") as ignore:
        ignore.write("*\n")


def require_local_disk(folder: Path, mounts: str) -> None:
    """Raise ``WorkspaceError`` when ``mounts`` (``/proc/self/mounts``) says that the folder is on a network."""
    kind = file_system_of(folder.resolve(), mounts)
    if kind in NETWORK_FILE_SYSTEMS:
        raise WorkspaceError(
            f"{folder} is on a network file system ({kind}), where a log can be damaged by other machines: "
            "choose a data folder on a local disk"
        )


def _mounts() -> str:
    if not sys.platform.startswith("linux"):
        return ""
    try:
        return Path("/proc/self/mounts").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


def file_system_of(path: Path, mounts: str) -> str:
    """Return the file system type that holds an absolute ``path``, from the text of ``/proc/self/mounts``.

    The deepest mount point above the path counts, the last one when several are stacked; "" when none does.
    """
    depth, kind = -1, ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = Path(_unescaped(fields[1]))
        if path.is_relative_to(point) and len(point.parts) >= depth:
            depth, kind = len(point.parts), fields[2]
    return kind


def _unescaped(field: str) -> str:
    """Undo the kernel's octal escapes for space, tab, newline and backslash."""
    return re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), field)

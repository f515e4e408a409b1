"""Relative paths that stay inside a folder: the one place that decides what a path from outside may name."""

import os
import re
from pathlib import Path

from codecompanion.contracts.errors import WorkspaceError

LONGEST_PATH = 1_000
LONGEST_NAME = 255

# control characters, what ends a line for some programs, and halves of characters
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_DRIVE = re.compile(r"[A-Za-z]:")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
_NOT_ON_WINDOWS = frozenset('<>:"|?*')


def relative_path(path: str, *, windows: bool = os.name == "nt") -> str:
    """Return ``path`` as a clean relative POSIX path (no ``.``, no doubled slash); touches no disk.

    Raises ``WorkspaceError`` for what is absolute, leaves the folder, or holds characters that a file name
    must not; ``windows`` adds the names Windows keeps for itself.
    """
    trouble = _trouble_with_form(path)
    parts = [] if trouble else [part for part in path.split("/") if part not in ("", ".")]
    trouble = trouble or _trouble_with_parts(parts, windows=windows)
    if trouble:
        raise WorkspaceError(
            f"{path[:200]!r} {trouble}; write the path from the workspace folder, such as 'src/app.py'"
        )
    return "/".join(parts)


def _trouble_with_form(path: str) -> str:
    if not path.strip():
        return "is an empty path"
    if len(path) > LONGEST_PATH:
        return f"is longer than {LONGEST_PATH} characters"
    if _UNPRINTABLE.search(path):
        return "holds control characters"
    if path.startswith(("/", "\\", "~")) or _DRIVE.match(path) or _ADDRESS.match(path):
        return "is not relative to the workspace folder"
    if "\\" in path:
        return "holds a backslash where a forward slash belongs"
    return ""


def _trouble_with_parts(parts: list[str], *, windows: bool) -> str:
    if not parts:
        return "names the workspace folder itself"
    if ".." in parts:
        return "leads out of its folder with '..'"
    if any(len(part.encode()) > LONGEST_NAME for part in parts):
        return f"holds a name of more than {LONGEST_NAME} bytes"
    if windows and any(_reserved_on_windows(part) for part in parts):
        return "holds a name that Windows does not allow"
    return ""


def _reserved_on_windows(part: str) -> bool:
    return bool(_DEVICES.fullmatch(part)) or part[-1] in " ." or not _NOT_ON_WINDOWS.isdisjoint(part)


def real_relative_path(root: Path, path: str) -> str:
    """Return the relative path ``path`` really leads to once links are followed; the end may be absent.

    ``root`` must be a real path. Raises ``WorkspaceError`` when the path is unsafe or a link leads out.
    """
    relative = relative_path(path)
    try:
        real = Path(os.path.realpath(root / relative))
    except (OSError, ValueError) as error:
        raise WorkspaceError(f"{path!r} cannot be followed: {error}") from error
    if real == root or root not in real.parents:
        raise WorkspaceError(f"{path!r} is a link that leads out of the workspace; name a file inside it")
    return real.relative_to(root).as_posix()


def printable(name: str) -> bool:
    """Whether a name found on disk can be shown, sent as JSON and named again by ``relative_path``."""
    return "\\" not in name and not _UNPRINTABLE.search(name)

"""Where git runs a repository's programs by itself: the folder that `core.hooksPath` names; git is not started.

Only the repository's own configuration is read (``man git-config``), and more leniently than git does: what
might name a hook folder counts as one.
"""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from codecompanion.orchestra.workspace.file_names import comparable

_BIGGEST: Final = 1_000_000
_HOOKS_PATH: Final = re.compile(r'hookspath\s*=\s*"?([^\n"#;]*)', re.IGNORECASE)
# where hooks lie among the project's own files, only files of these names are run (``man githooks``)
_HOOK: Final = re.compile(
    r"(?:pre|post|prepare|commit|applypatch|update|push|proc|reference|sendemail|fsmonitor|p4)(?:-[a-z0-9-]+)?"
)


def is_hook(root: Path, *paths: str) -> bool:
    """Whether one of some relative paths of the workspace ``root`` lies where its repository has its hooks."""
    folders = tuple(_hook_folders(root))
    return any(_lies_in(comparable(path), folder) for folder in folders for path in paths)


def _lies_in(names: list[str], folder: str) -> bool:
    if folder == ".":
        return len(names) == 1 and _HOOK.fullmatch(names[0]) is not None
    hooks = comparable(folder)
    return names[: len(hooks)] == hooks


def _hook_folders(root: Path) -> Iterator[str]:
    """Yield the hook folders beneath ``root``, each from there; ``.`` is the root itself."""
    top, configurations = _repository(root)
    for file in configurations:
        for named in _HOOKS_PATH.findall(_text(file)):
            place = os.path.normpath(top / Path(named.strip()).expanduser())
            for real in {place, os.path.realpath(place)}:
                with suppress(ValueError):
                    yield Path(real).relative_to(root).as_posix()


def _repository(root: Path) -> tuple[Path, tuple[Path, ...]]:
    """Return the top folder of the repository that ``root`` is in, and the files that configure it."""
    for top in (root, *root.parents):
        git = top / ".git"
        if git.is_dir():
            return top, (git / "config", git / "config.worktree")
        if said := _text(git).strip():
            # a working tree beside others, or a submodule: its folder of git is elsewhere
            own = top / said.removeprefix("gitdir:").strip()
            shared = own / (_text(own / "commondir").strip() or ".")
            return top, (shared / "config", own / "config.worktree")
    return root, ()


def _text(file: Path) -> str:
    """Return a small regular file's text, empty for everything else."""
    with suppress(OSError, ValueError):
        if stat.S_ISREG(file.stat().st_mode):
            with file.open("rb") as opened:
                return opened.read(_BIGGEST).decode("utf-8", "replace")
    return ""

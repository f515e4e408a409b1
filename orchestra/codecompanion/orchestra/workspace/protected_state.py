"""What protected files hold, so that a change of one by a command that nothing confines is noticed."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Final

from codecompanion.orchestra.workspace.protected import FILES, FOLDERS

_MOST_FILES: Final = 2_000
_BIGGEST: Final = 1_000_000
# of a repository what runs or decides what runs; its objects and index change all the time
_OF_GIT: Final = ("config", "hooks", "info", "modules")
_AT_HOME: Final = (
    *(".ssh/authorized_keys", ".ssh/config", ".config/fish/config.fish", ".config/orchestra"),
    *(".config/autostart", ".config/systemd/user"),
)

State = Mapping[str, str]
"""Path → hash of what it holds, or where it links to; what is absent has no entry."""


def protected_state(root: Path, home: Path) -> State:
    """Return what the protected files at the top of a workspace and in the home folder hold now."""
    places = [root / name for name in sorted(FOLDERS | FILES)]
    places += [root / ".git" / name for name in _OF_GIT] + [root / ".env", root / ".envrc"]
    places += [home / name for name in (*sorted(FILES), *_AT_HOME)]
    return {str(path): _held(path) for place in places for path in _files_in(place)}


def changed_between(before: State, after: State) -> list[str]:
    """Return the paths that appeared, went or hold something else, sorted."""
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


def _files_in(place: Path) -> Iterator[Path]:
    if place.is_symlink() or place.is_file():
        yield place
    elif place.is_dir():
        files = (Path(here, name) for here, _, names in os.walk(place) for name in names)
        yield from islice(files, _MOST_FILES)


def _held(path: Path) -> str:
    try:
        if path.is_symlink():
            return f"-> {path.readlink()}"
        with path.open("rb") as file:
            return f"{hashlib.sha256(file.read(_BIGGEST)).hexdigest()} {path.stat().st_size}"
    except OSError as trouble:
        return trouble.strerror or "unreadable"

"""Which folders are trusted without a question."""

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from codecompanion.contracts.errors import BadRequest


class Untrusted(BadRequest):
    """A folder that the person has not said they trust: nothing is started in it."""

    def __init__(self, folder: str) -> None:
        super().__init__(
            f"the folder {folder!r} is not trusted yet, so nothing was started in it. If you know where its "
            f"files come from, run `orchestra trust {shlex.quote(folder)}` or, in an editor, the command "
            "`orchestra.trust`; for this once, give `orchestra run`, `runs resume` or `runs fork` "
            "the option --trust"
        )


def lies_beneath(folder: str, trusted: Sequence[str]) -> bool:
    """Whether a folder is one of those that the settings trust, or lies in one of them."""
    real = Path(os.path.realpath(folder))
    return any(place == real or place in real.parents for place in map(Path, map(os.path.realpath, trusted)))


def holds_nothing(folder: str) -> bool:
    """Whether nothing is in a folder that could be hostile: no file, at most a repository with none yet."""
    try:
        with os.scandir(folder) as entries:
            return all(entry.name == ".git" for entry in entries)
    except OSError:
        return False

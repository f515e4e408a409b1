"""How git is run in a folder: what the folder's own configuration could make it start is off."""

import os
from pathlib import Path
from typing import Final

_OFF: Final = (
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "core.sshCommand=false"),
    *("-c", "protocol.ext.allow=never"),
)
_OF_DIFF: Final = ("--no-ext-diff", "--no-textconv")


def quiet_git(folder: Path, command: str, *arguments: str) -> list[str]:
    """Return the command line that runs a command of git in ``folder``, nothing else starting on the way.

    But for the filters that a folder sets for its files, which are part of what they hold for git: run it in
    trusted folders only.
    """
    plain = _OF_DIFF if command in ("diff", "diff-tree", "show", "log") else ()
    return ["git", "--no-pager", *_OFF, "-C", str(folder), command, *plain, *arguments]

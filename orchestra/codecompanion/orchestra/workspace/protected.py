"""Paths no agent may write: files that run code when a folder is opened, hold secrets, or grant permissions.

Pure but for `writable_path`: it asks twice, for the path as named and for the path its links lead to.
"""

import re
from itertools import pairwise
from pathlib import Path

from codecompanion.contracts.errors import EditRefused
from codecompanion.orchestra.workspace.file_names import comparable
from codecompanion.orchestra.workspace.git_hooks import is_hook
from codecompanion.orchestra.workspace.paths import real_relative_path, relative_path
from codecompanion.orchestra.workspace.secret_files import FOLDERS as SECRET_FOLDERS
from codecompanion.orchestra.workspace.secret_files import holds_secrets

FOLDERS = frozenset(
    {
        ".hg",
        ".svn",
        ".vscode",
        ".idea",
        ".fleet",
        ".zed",
        ".helix",
        ".devcontainer",
        ".husky",
        ".githooks",
        ".vim",
        ".emacs.d",
        # other assistants' settings: they start servers and allow commands
        ".claude",
        ".codex",
        ".continue",
        ".cursor",
        ".gemini",
        ".kiro",
        ".windsurf",
    }
)
FILES = frozenset(
    {
        ".gitmodules",
        ".gitconfig",
        ".mcp.json",
        ".claude.json",
        ".aider.conf.yml",
        ".devcontainer.json",
        ".gitpod.yml",
        ".mise.toml",
        "mise.toml",
        ".bashrc",
        ".bash_profile",
        ".bash_login",
        ".bash_logout",
        ".bash_aliases",
        ".profile",
        ".zshrc",
        ".zshenv",
        ".zprofile",
        ".zlogin",
        ".zlogout",
        ".kshrc",
        ".cshrc",
        ".tcshrc",
        ".login",
        ".logout",
        ".inputrc",
        "config.fish",
        ".xinitrc",
        ".xprofile",
        ".xsession",
        ".xsessionrc",
        ".pam_environment",
        ".tmux.conf",
        ".screenrc",
        # an editor's own start-up files, run when the folder is opened
        ".exrc",
        ".vimrc",
        ".nvimrc",
        ".nvim.lua",
        ".lvimrc",
        ".emacs",
        ".dir-locals.el",
        ".dir-locals-2.el",
        # and debuggers'
        ".gdbinit",
        ".lldbinit",
        ".pdbrc",
        # a folder that has one may count as git's own, with a configuration that runs programs
        "head",
    }
)
_FOLDERS_IN = frozenset((".config", name) for name in ("git", "fish", "autostart", "systemd", "nvim", "direnv"))
_SUFFIXES = (".code-workspace",)
# our own, beside each other in the user's folder for configuration
_OWN_FOLDER, _OWN_FILES = "orchestra", frozenset({"orchestra.toml", "keys.toml", "trust.json"})
# NTFS gives a name a short one as well: `.git` is `GIT~1`, `.mcp.json` is `MCP~1.JSO`
_SHORT_NAME = re.compile(r"(?P<stem>[^.~]{1,6})~[0-9]+(?:\.[^.]{0,3})?")
_STEM = 6


def _stem(name: str) -> str:
    return name.lstrip(".").partition(".")[0][:_STEM]


_SHORT_STEMS = frozenset(
    {_stem(name) for name in FOLDERS | FILES | SECRET_FOLDERS if name.startswith(".")} | {"env", "envrc"}
)


def is_protected(path: str) -> bool:
    """Whether any part of the relative POSIX path is protected, however its letters are written."""
    names = comparable(path)
    own = names[-2:-1] == [_OWN_FOLDER] and names[-1] in _OWN_FILES
    within = any(pair in _FOLDERS_IN for pair in pairwise(names))
    return own or within or holds_secrets(path) or any(map(_protected_name, names))


def why_protected(path: str) -> str:
    """Return the sentence a person reads when ``path`` is protected, empty when it is not."""
    if not is_protected(path):
        return ""
    return (
        f"{path!r} is protected: it can run commands, grant permissions or hold secrets, "
        "so agents never write it; change it yourself if you want the change"
    )


def _protected_name(name: str) -> bool:
    if name in FOLDERS or name in FILES or name.startswith(".env") or name.endswith(_SUFFIXES):
        return True
    short = _SHORT_NAME.fullmatch(name)
    return short is not None and short["stem"] in _SHORT_STEMS


def writable_path(root: Path, path: str) -> str:
    """Return the one path that all names of a file lead to; raises where it must not be written."""
    named = relative_path(path)
    real = real_relative_path(root, named)
    if reason := why_protected(named) or why_protected(real):
        raise EditRefused(reason)
    if is_hook(root, named, real):
        raise EditRefused(
            f"{path!r} is where this repository's git finds the hooks it runs (core.hooksPath), so agents "
            "never write it; change it yourself if you want the change"
        )
    return real

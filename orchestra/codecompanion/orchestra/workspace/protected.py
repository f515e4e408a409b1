"""Paths no agent may write: files that run code when a folder is opened, hold secrets, or grant permissions.

Pure. Callers that write must ask twice: for the path as named and for the path its links lead to.
"""

from codecompanion.orchestra.workspace.file_names import comparable
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
    }
)
FILES = frozenset(
    {
        ".gitmodules",
        ".gitconfig",
        ".mcp.json",
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
        # an editor's own start-up files, run when the folder is opened
        ".exrc",
        ".vimrc",
        ".nvimrc",
        ".nvim.lua",
        ".dir-locals.el",
        ".dir-locals-2.el",
    }
)
_SUFFIXES = (".code-workspace",)


def is_protected(path: str) -> bool:
    """Whether any part of the relative POSIX path is protected, however its letters are written."""
    return holds_secrets(path) or any(map(_protected_name, comparable(path)))


def why_protected(path: str) -> str:
    """Return the sentence a person reads when ``path`` is protected, empty when it is not."""
    if not is_protected(path):
        return ""
    return (
        f"{path!r} is protected: it can run commands, grant permissions or hold secrets, "
        "so agents never write it; change it yourself if you want the change"
    )


def _protected_name(name: str) -> bool:
    # NTFS gives `.git` the short name `GIT~1`
    return name in FOLDERS or name in FILES or name.startswith((".env", "git~")) or name.endswith(_SUFFIXES)

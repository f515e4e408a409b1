"""Paths no agent may write: files that run code when a folder is opened, hold secrets, or grant permissions.

Pure. Callers that write must ask twice: for the path as named and for the path its links lead to.
"""

import unicodedata

FOLDERS = frozenset(
    {
        ".git",
        ".hg",
        ".svn",
        ".orchestra",
        ".vscode",
        ".idea",
        ".fleet",
        ".zed",
        ".helix",
        ".devcontainer",
        ".husky",
        ".ssh",
        ".gnupg",
    }
)
FILES = frozenset(
    {
        ".gitmodules",
        ".gitconfig",
        ".git-credentials",
        ".mcp.json",
        ".netrc",
        ".pypirc",
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
_EXAMPLES = (".example", ".sample", ".template", ".dist")


def is_protected(path: str) -> bool:
    """Whether any part of the relative POSIX path is protected, however its letters are written."""
    names = [_folded(part) for part in path.split("/")]
    return any(_protected_name(name) for name in names)


def why_protected(path: str) -> str:
    """Return the sentence a person reads when ``path`` is protected, empty when it is not."""
    if not is_protected(path):
        return ""
    return (
        f"{path!r} is protected: it can run commands, grant permissions or hold secrets, "
        "so agents never write it; change it yourself if you want the change"
    )


def holds_secrets(path: str) -> bool:
    """Whether agents must not even read the file: ``.env`` files (not their examples) and credentials."""
    names = [_folded(part) for part in path.split("/")]
    if any(name in (".git", ".ssh", ".gnupg", ".orchestra") for name in names):
        return True
    name = names[-1]
    if name.startswith(".env"):
        return not name.endswith(_EXAMPLES)
    return name in (".netrc", ".pypirc", ".git-credentials")


def _protected_name(name: str) -> bool:
    # NTFS gives `.git` the short name `GIT~1`, and `name::$INDEX_ALLOCATION` opens the folder `name`
    name = name.partition(":")[0].rstrip(" .") or name
    return name in FOLDERS or name in FILES or name.startswith((".env", "git~")) or name.endswith(_SUFFIXES)


def _folded(name: str) -> str:
    """Return the name as the most forgiving file system compares it: no case, no invisible characters, NFC."""
    if name.isascii():
        return name.lower()
    # HFS+ ignores zero-width characters, APFS and NTFS ignore case, APFS ignores normalisation
    visible = "".join(char for char in name if unicodedata.category(char) != "Cf")
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", visible).casefold())

"""What the workspace holds, in one bounded text: the ProjectManager plans from it."""

from collections.abc import Sequence

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.contracts.ports import WorkspaceView
from codecompanion.contracts.wording import counted

MAX_LISTED = 300
MAX_HEAD_CHARS = 3_000
_TELLING = (
    "AGENTS.md",
    "README.md",
    "README.rst",
    "README.txt",
    "pyproject.toml",
    "package.json",
    "setup.cfg",
    "Cargo.toml",
    "go.mod",
    "Makefile",
)


def digest(view: WorkspaceView) -> str:
    """Return the list of files and the heads of the telling ones; touches the disk, so call it off the loop."""
    paths = view.files()
    if not paths:
        return "The workspace is empty."
    parts = [_listing(paths)]
    known = set(paths)
    parts += [_head(view, path) for path in _TELLING if path in known]
    return "\n\n".join(part for part in parts if part)


def _listing(paths: Sequence[str]) -> str:
    if len(paths) <= MAX_LISTED:
        return f"The workspace has {counted(len(paths), 'file')}:\n" + "\n".join(paths)
    folders: dict[str, int] = {}
    for path in paths:
        top = "/".join(path.split("/")[:2]) if "/" in path else path
        folders[top] = folders.get(top, 0) + 1
    lines = [f"{name} ({count} files)" if count > 1 else name for name, count in folders.items()]
    return f"The workspace has {len(paths)} files, by folder:\n" + "\n".join(lines[:MAX_LISTED])


def _head(view: WorkspaceView, path: str) -> str:
    try:
        text = view.read(path)
    except WorkspaceError:
        return ""
    cut = text[:MAX_HEAD_CHARS]
    more = "\n…" if len(text) > len(cut) else ""
    return f"{path}:\n{cut}{more}"

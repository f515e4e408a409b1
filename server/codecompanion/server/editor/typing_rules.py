"""Which documents of a folder may be recorded."""

import os
from collections.abc import Callable
from pathlib import Path

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.orchestra.workspace.folder_tree import FolderTree
from codecompanion.orchestra.workspace.paths import real_relative_path
from codecompanion.orchestra.workspace.protected import is_protected


def recordable(root: str | Path) -> Callable[[str], bool]:
    """Return what tells of a relative path, from any thread, whether its document may be recorded.

    Not what git ignores or .aiignore names, nor files that hold secrets or grant rights, also behind a link.
    """
    real_root = Path(os.path.realpath(root))
    tree = FolderTree(real_root)

    def may_record(path: str) -> bool:
        try:
            names = {path, real_relative_path(real_root, path)}
        except WorkspaceError:
            return False
        return not any(is_protected(name) or tree.ignored(name) for name in names)

    return may_record

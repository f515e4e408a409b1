"""Whether a folder can be worked in, found out by trying rather than by asking for permission bits."""

import os
import tempfile
from pathlib import Path

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.orchestra.workspace.safe_files import TEMPORARY_PREFIX, readable_errors


def check_usable(root: str | Path) -> None:
    """Raise ``WorkspaceError`` unless ``root`` is a folder that can be listed and written, and no whole disk.

    Permission bits lie for administrators and on network drives, so an empty folder is made and removed.
    """
    path = Path(root)
    if not path.is_absolute():
        raise WorkspaceError(
            f"the workspace {str(root)!r} is not an absolute path; give the folder's full path"
        )
    with readable_errors(str(path)):
        if not path.exists():
            raise WorkspaceError(f"the folder {str(path)!r} does not exist; create it or choose another one")
        if not path.is_dir():
            raise WorkspaceError(f"{str(path)!r} is a file, not a folder; choose the folder it lies in")
        real = path.resolve()
        if real == real.parent:
            raise WorkspaceError("the whole file system is no workspace; choose the folder of one project")
        with os.scandir(path) as entries:
            next(entries, None)
        Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, suffix=".tmp", dir=path)).rmdir()

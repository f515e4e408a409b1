"""Which of a project's tests name a file: the nearest that can be said without measuring what they run."""

import re
from pathlib import Path, PurePosixPath

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.orchestra.weakening.policy import is_test_file
from codecompanion.orchestra.workspace.view import Workspace

MOST_READ = 300
MOST_NAMED = 10
_SAYS_LITTLE = frozenset({"index", "main", "__main__", "app", "mod", "lib"})
"""Names that many files have: only together with their folder's do they name one."""


def tests_naming(root: str | Path, path: str) -> tuple[str, ...]:
    """Return the test files, sorted, that name the file as a word of their own; reads the disk, bounded."""
    if is_test_file(path):
        return ()
    view = Workspace(root)
    named = _named(PurePosixPath(path))
    found = []
    for test in [one for one in view.files() if is_test_file(one)][:MOST_READ]:
        try:
            text = view.read(test)
        except WorkspaceError:
            continue
        if named.search(text):
            found.append(test)
    return tuple(found[:MOST_NAMED])


def _named(path: PurePosixPath) -> re.Pattern[str]:
    """Return what a test says to name a file: its name without the ending, or folder and name."""
    folder = path.parent.name
    if path.stem == "__init__" and folder:
        return re.compile(rf"\b{re.escape(folder)}\b")
    whole = rf"{re.escape(folder)}[./]" if path.stem in _SAYS_LITTLE and folder else ""
    return re.compile(rf"\b{whole}{re.escape(path.stem)}\b")

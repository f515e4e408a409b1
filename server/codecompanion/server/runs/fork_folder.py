"""The folder a fork works in: a copy of the project in which the documents are as they were at the moment."""

import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from codecompanion.contracts.document_events import DocumentOpened
from codecompanion.contracts.errors import WorkspaceError
from codecompanion.contracts.events import BaseKept, Recorded
from codecompanion.orchestra.workspace.paths import relative_path
from codecompanion.orchestra.workspace.protected import is_protected
from codecompanion.orchestra.workspace.safe_files import readable_errors
from codecompanion.orchestra.workspace.shadow import ShadowCopy

FORKS = "forks"
"""The folder in the data folder that holds all forks."""


def make_fork_folder(workspace: Path, folder: Path, texts: Mapping[str, str | None]) -> None:
    """Copy the project to ``folder``, with ``texts`` in place of what is there now; None takes a file away.

    Folders that git ignores stay behind, as for a test run, but for those of installed packages, which are
    linked. Protected paths stay as they are: only an altered or imported log has texts for them. Raises
    ``WorkspaceError``, and leaves nothing then.
    """
    texts = {path: text for path, text in texts.items() if not is_protected(relative_path(path))}
    there = {relative_path(path): text for path, text in texts.items() if text is not None}
    gone = [relative_path(path) for path, text in texts.items() if text is None]
    with readable_errors(str(folder)):
        folder.parent.mkdir(parents=True, exist_ok=True)
        shadow = ShadowCopy(workspace, parent=folder.parent)
        try:
            shadow.sync(there)
            for path in gone:
                with suppress(FileNotFoundError, NotADirectoryError):
                    (shadow.path / path).unlink()
            shadow.path.rename(folder)
        finally:
            shadow.close()


def remove_fork_folder(folder: Path) -> None:
    """Remove a fork's folder; one that is not there is fine."""
    if folder.is_symlink():
        raise WorkspaceError(f"{folder} is a link, and nothing behind it is removed; look at it yourself")
    shutil.rmtree(folder, ignore_errors=True)


def texts_before(later: Iterable[Recorded], kept: Mapping[str, str]) -> dict[str, str | None]:
    """Return what stood in each file before all that came ``later``, as far as that can be told from it.

    ``later`` are the events of the whole log after the moment, in order: the first word on a file is what stood
    there before. ``kept`` has texts by their hash.
    """
    found: dict[str, str | None] = {}
    for one in later:
        if isinstance(one.body, BaseKept):
            found.setdefault(one.body.path, one.body.text)
        elif isinstance(one.body, DocumentOpened) and one.body.sha256 in kept:
            found.setdefault(one.body.path, kept[one.body.sha256])
    return found

"""What a file would read like, as a read-only file beside the log, for every editor that can open one."""

import stat
from contextlib import suppress
from pathlib import Path, PurePosixPath

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.orchestra.review.pending_files import PendingFile
from codecompanion.orchestra.workspace.paths import relative_path
from codecompanion.orchestra.workspace.safe_files import opened_folder, readable_errors

FOLDER = "previews"


def preview_path(data_folder: Path, run_id: str, path: str) -> Path:
    """Return where a file's preview lies, whether or not it is there."""
    if not all(sign.isalnum() or sign in "-_." for sign in run_id):
        raise WorkspaceError(f"the run {run_id!r} cannot have previews: its name is no file name")
    return data_folder / FOLDER / run_id / relative_path(path)


def previewed(data_folder: Path, file: Path) -> tuple[str, str] | None:
    """Return the run and the path that a preview is of; None for any other file."""
    try:
        run_id, *parts = file.relative_to(data_folder / FOLDER).parts
    except ValueError:
        return None
    return (run_id, PurePosixPath(*parts).as_posix()) if parts else None


def write_preview(data_folder: Path, file: PendingFile) -> Path:
    """Write what a file would read like, not to be changed, and return where; raises ``WorkspaceError``.

    A file that would be removed is shown as it is. No link on the way is followed.
    """
    place = preview_path(data_folder, file.run_id, file.path)
    text = file.text if file.text is not None else file.base or ""
    with (
        readable_errors(str(place)),
        opened_folder(data_folder, _within(data_folder, place), make=True) as folder,
    ):
        folder.discard(place.name)
        folder.create(place.name, text.encode("utf-8", "surrogatepass"), stat.S_IRUSR)
    return place


def drop_preview(data_folder: Path, run_id: str, path: str) -> None:
    """Remove a preview that shows nothing to come any more, if it is there."""
    place = preview_path(data_folder, run_id, path)
    with suppress(OSError), opened_folder(data_folder, _within(data_folder, place)) as folder:
        folder.discard(place.name)


def _within(data_folder: Path, place: Path) -> str:
    return place.parent.relative_to(data_folder).as_posix()

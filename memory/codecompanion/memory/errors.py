"""What can go wrong with the stored log, as sentences a person can act on."""

from pathlib import Path

from codecompanion.contracts.errors import OrchestraError, WorkspaceError
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.ports import VersionConflict


class StorageError(OrchestraError):
    """A write or read of the log did not happen; the store itself stays usable."""


class WorkspaceInUse(WorkspaceError):
    """Another process owns the workspace's log; ``pid`` is None when it has not said who it is yet."""

    def __init__(self, folder: Path, pid: int | None) -> None:
        owner = f"process {pid}" if pid is not None else "another process"
        super().__init__(
            f"{folder} is in use by {owner}: close the other editor or server on this workspace, then try again"
        )
        self.pid = pid


def version_conflict(run_id: RunId, version: int, expected: int) -> VersionConflict:
    """Return the refusal of an append that was decided on another state of the run."""
    return VersionConflict(
        f"run {run_id!r} is at version {version}, not {expected}: read it again, then decide anew"
    )


class NewerDatabase(WorkspaceError):
    """The log was written by a later release; it is left exactly as it is."""

    def __init__(self, path: Path, found: int, known: int) -> None:
        super().__init__(
            f"{path} was written by a newer release (format {found}, this one knows {known}): "
            "upgrade CodeCompanion Orchestra, or move the file away to begin a new log"
        )


class ForeignDatabase(WorkspaceError):
    """The file is a database of some other program; it is left exactly as it is."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is a database of another program, not a log of CodeCompanion Orchestra: "
            "move it away to go on"
        )

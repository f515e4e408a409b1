"""What can go wrong with the stored log, as sentences a person can act on."""

from pathlib import Path

from codecompanion.contracts.errors import OrchestraError, WorkspaceError
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.ports import VersionConflict


class StorageError(OrchestraError):
    """A write or read of the log did not happen; the store itself stays usable."""


class UnreadableRun(StorageError):
    """A stream holds an event that this release cannot read; the rest of the log is not affected."""

    def __init__(self, run_id: RunId, version: int, why: str) -> None:
        super().__init__(
            f"event {version} of run {run_id!r} cannot be read: {why}. The run is left as it is; "
            "a newer release of CodeCompanion Orchestra may read it"
        )
        self.run_id = run_id


class DamagedLog(StorageError):
    """The file's content is broken; it is set aside and restored at the next opening."""


class WorkspaceInUse(WorkspaceError):
    """Another process owns the workspace's log; ``pid`` is None when it has not said who it is yet."""

    mend = "close the other editor or server on this workspace, then try again"

    def __init__(self, folder: Path, pid: int | None) -> None:
        owner = f"process {pid}" if pid is not None else "another process"
        super().__init__(f"{folder} is in use by {owner}: {self.mend}")
        self.pid = pid


class FollowedOnly(WorkspaceInUse):
    """The workspace's log belongs to another process; here it can be looked at until that one ends."""

    mend = "until that ends, runs can be looked at here but not started or changed; use or close the other one"


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

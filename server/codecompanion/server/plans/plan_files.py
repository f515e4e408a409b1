"""Where the plan of a run lies as a file: in the folder's data folder, never behind a link."""

from pathlib import Path

from codecompanion.contracts.errors import WorkspaceError

FOLDER = "plans"


def plan_file(data_folder: Path, run_id: str) -> Path:
    """Return where a run's plan lies, whether or not it is there."""
    if not all(sign.isalnum() or sign in "-_." for sign in run_id):
        raise WorkspaceError(f"the run {run_id!r} cannot have a plan file: its name is no file name")
    return data_folder / FOLDER / f"{run_id}.md"


def write_plan(path: Path, text: str) -> None:
    """Write a plan's text; raises ``WorkspaceError`` where it cannot be, or would go elsewhere."""
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        for place in (path.parent, path):
            if place.is_symlink():
                raise WorkspaceError(f"{place} is a link, and plans are never written through links; remove it")
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise WorkspaceError(f"the plan cannot be written to {path}: {error.strerror or error}") from error

"""The files an edit is about, by the names it gives them."""

from codecompanion.contracts.edits import FileEdit, RenameFile
from codecompanion.orchestra.workspace.paths import relative_path


def paths_of(edit: FileEdit) -> tuple[str, ...]:
    """Return the path of each file that an edit touches: two for one that is renamed."""
    return (edit.path, edit.to) if isinstance(edit, RenameFile) else (edit.path,)


def with_clean_paths(edit: FileEdit) -> FileEdit:
    """Return the edit with its paths cleaned; raises ``WorkspaceError`` as ``relative_path`` does."""
    paths = {"path": relative_path(edit.path)}
    if isinstance(edit, RenameFile):
        paths["to"] = relative_path(edit.to)
    return edit.model_copy(update=paths)

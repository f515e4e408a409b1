"""Undoing in a folder that is open in an editor: through the editor, so that its own undo works."""

from pathlib import Path
from typing import TYPE_CHECKING

from codecompanion.contracts.ids import random_id
from codecompanion.server.editor.editor_workspace import EditorWorkspace
from codecompanion.server.edits.recorded_edits import RecordedEdits
from codecompanion.server.provenance.file_authors import FileAuthors
from codecompanion.server.undo.undoing import Part, Undoing, disk_texts
from codecompanion.server.wire.folders import WorkspaceFolder

if TYPE_CHECKING:
    from codecompanion.server.session import Session

__all__ = ["Part", "undoing"]


def undoing(
    session: "Session", folder: WorkspaceFolder, workspace: EditorWorkspace, authors: FileAuthors
) -> Undoing:
    """Return the folder's way of undoing; unsaved text counts before the disk."""
    on_disk = disk_texts(Path(folder.path))

    async def text_of(path: str) -> str | None:
        document = session.documents.beneath(folder).get(path)
        return document.text if document is not None else await on_disk(path)

    sink = RecordedEdits(workspace.edits, workspace.typing.flush)
    return Undoing(workspace.store, authors, sink, text_of, random_id)

"""Deciding in a folder that is open in an editor: through the editor, so that its own undo works."""

from codecompanion.contracts.ids import random_id
from codecompanion.server.editor.editor_workspace import EditorWorkspace
from codecompanion.server.edits.recorded_edits import RecordedEdits
from codecompanion.server.review.deciding import Deciding


def deciding(workspace: EditorWorkspace) -> Deciding:
    """Return the folder's way of deciding."""
    sink = RecordedEdits(workspace.edits, workspace.typing.flush)
    return Deciding(workspace.store, sink, random_id)

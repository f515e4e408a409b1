"""`workspace/didChangeWatchedFiles`: files were changed on disk; an edit may show there first."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lsprotocol import types

    from codecompanion.server.session import Session


async def handle(session: "Session", params: "types.DidChangeWatchedFilesParams") -> None:
    """Let the edits that wait to be seen look at the disk."""
    for workspace in session.workspaces.opened():
        await workspace.edits.look_at_disk(change.uri for change in params.changes)

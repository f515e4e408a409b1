"""`workspace/didChangeWorkspaceFolders`: folders were opened or closed."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lsprotocol import types

    from codecompanion.server.session import Session


async def handle(session: "Session", params: "types.DidChangeWorkspaceFoldersParams") -> None:
    """Stop the runs of folders that are gone, and let go of their logs."""
    for folder in params.event.removed:
        await session.folder_closed(folder.uri)

"""What the commands about runs have in common: whose log is read, and who may write to it."""

import asyncio
import importlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from codecompanion.server.commands.arguments import Arguments

if TYPE_CHECKING:
    from codecompanion.server.editor.editor_workspace import EditorWorkspace
    from codecompanion.server.runs.reader import RunReader
    from codecompanion.server.session import Session

TAKES: tuple[str, ...] = ("run_id", "workspace")
BARE = "run_id"


async def late(name: str) -> Any:
    """Return a module of `server.runs`, imported now, off the loop, if it was not."""
    return await asyncio.to_thread(importlib.import_module, f"codecompanion.server.runs.{name}")


@asynccontextmanager
async def reader(session: "Session", arguments: Arguments) -> "AsyncIterator[RunReader]":
    """Give a reader of the folder's log, whoever owns it; a folder without one is not given one for that."""
    folder = session.folder(arguments.workspace, None)
    opened = session.workspaces.found(folder)
    if opened is not None:
        yield (await late("reader")).RunReader(opened.store)
        return
    data_folder = await session.settings.data_folder(folder.path)
    opening = await late("opening")
    async with opening.open_beside(data_folder, time.time) as found:
        yield found


async def owned(session: "Session", arguments: Arguments) -> "EditorWorkspace":
    """Return the folder's workspace, its log ours to write to; raises ``FollowedOnly`` where it is not."""
    return await session.workspaces.owned(session.folder(arguments.workspace, None))

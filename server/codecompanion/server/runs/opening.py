"""Opening a folder's log to look at it, beside whoever owns it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.contracts.ports import Clock
from codecompanion.memory.beside import ask_beside, require_log
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.memory.follower import FollowedDatabase, SharedDatabase
from codecompanion.server.runs.reader import RunReader


@asynccontextmanager
async def open_beside(folder: Path, clock: Clock) -> AsyncIterator[RunReader]:
    """Give a reader of the log in a data folder; raises ``WorkspaceError`` where there is none to read.

    Nothing is written, unless nobody owns the log and it must be mended or brought to this release's format
    before it can be read.
    """
    store = await _store(folder, clock)
    try:
        yield RunReader(store)
    finally:
        await store.close()


async def _store(folder: Path, clock: Clock) -> SqliteEventStore:
    require_log(folder)
    try:
        ask_beside(folder, lambda connection: None)
    except WorkspaceError:
        return SqliteEventStore(await SharedDatabase.open(folder, clock), clock)
    return SqliteEventStore(FollowedDatabase(folder, None), clock)

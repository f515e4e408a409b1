"""What the commands that look after a database have in common: which is meant, and who may change it."""

import asyncio
import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.editor.places import same_folder
from codecompanion.server.wire.errors import RequestFailed

if TYPE_CHECKING:
    from codecompanion.contracts.base import Contract
    from codecompanion.server.session import Session

TAKES: tuple[str, ...] = ("workspace",)
BARE = "workspace"


async def beside(
    session: "Session", arguments: Arguments, name: str, *more: Any, **options: Any
) -> dict[str, Any]:
    """Return the report of a function of `database_care` that only reads, whoever owns the database."""
    folder = session.folder(arguments.workspace, None)
    data_folder = await session.settings.data_folder(folder.path)
    work = await _late(name)
    report: Contract = await asyncio.to_thread(work, data_folder, *more, **options)
    return report.to_wire()


async def as_owner(session: "Session", arguments: Arguments, name: str) -> dict[str, Any]:
    """Return the report of a function of `database_care` that needs the database for itself.

    Appends would have to wait for it, so it is not done while a run is under way in the folder. Raises
    ``RequestFailed`` then, and ``FollowedOnly`` where another process owns the database.
    """
    folder = session.folder(arguments.workspace, None)
    active = [run.run_id for run in session.runs.active() if same_folder(run.work.folder.path, folder.path)]
    if active:
        raise RequestFailed(
            f"run {active[0]} is under way in {folder.path}; wait for its end, or stop it first"
        )
    work = await _late(name)
    database = (await session.workspaces.open(folder)).database
    report: Contract = await database.change(lambda connection: work(connection, database.path))
    return report.to_wire()


async def _late(name: str) -> Callable[..., Any]:
    module = await asyncio.to_thread(importlib.import_module, "codecompanion.server.database_care")
    function: Callable[..., Any] = getattr(module, name)
    return function

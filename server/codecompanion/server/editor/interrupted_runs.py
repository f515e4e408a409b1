"""Runs that an earlier session left open: found without opening anything heavy, and offered once."""

import asyncio
import importlib
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from codecompanion.contracts.errors import OrchestraError
from codecompanion.server.editor.work import title_of
from codecompanion.server.plans.asking import choice
from codecompanion.server.wire.folders import WorkspaceFolder

if TYPE_CHECKING:
    from codecompanion.contracts.status import RunStatus
    from codecompanion.server.editor.editor_workspace import EditorWorkspace
    from codecompanion.server.session import Session

log = logging.getLogger(__name__)

RESUME, LATER, STOP = "Resume", "Not now", "Stop it"
MOST_OFFERED = 3
COMMANDS_FIRST = 0.2
"""Seconds to wait, so that a command that resumes a run is not asked whether to."""


async def look_for_interrupted(session: "Session") -> None:
    """Open the log of each trusted folder in which a run was left open and nobody is at work."""
    for folder in tuple(session.server.folders):
        try:
            if not await session.trust.known(folder):
                continue
            if await asyncio.to_thread(_left_open, await session.settings.data_folder(folder.path)):
                await session.workspaces.open(folder)
        except OrchestraError as trouble:
            log.info("the log of %s was not looked into: %s", folder.path, trouble)
    session.looked = True


def _left_open(data_folder: Path) -> bool:
    """Whether a log has runs without an end and no process owns it; blocks."""
    # the name of the file, without importing what knows it: most folders have none
    if not (data_folder / "orchestra.db").exists():
        return False
    beside = importlib.import_module("codecompanion.memory.open_runs")
    return bool(beside.nobody_owns(data_folder) and beside.open_runs(data_folder))


async def offer_interrupted(session: "Session", workspace: "EditorWorkspace") -> None:
    """Offer the newest interrupted runs of a folder's log, one after the other; null is "not now"."""
    await asyncio.sleep(COMMANDS_FIRST)
    if workspace.database.closed:
        return
    folder = session.folder(workspace.view.root, None)
    for status in (await interrupted_of(session, workspace))[-MOST_OFFERED:]:
        await _offer(session, workspace, folder, status)


async def interrupted_of(session: "Session", workspace: "EditorWorkspace") -> "list[RunStatus]":
    """Return the runs of a folder's log that are under way nowhere, oldest first; none while it is not ours."""
    if workspace.database.followed is not None:
        return []
    found = await workspace.engine.interrupted()
    return [status for status in found if not session.under_way(status.run_id)]


async def _offer(
    session: "Session", workspace: "EditorWorkspace", folder: WorkspaceFolder, status: "RunStatus"
) -> None:
    words = title_of(status.request)
    said = f"an earlier run was interrupted: {words!r}"
    how = f"`orchestra.resume` with {status.run_id} goes on with it"
    if not session.server.client.message_actions:
        session.say(f"{said}; {how}")
        return
    answer = await choice(session, f"Orchestra: {said} ({status.run_id})", (RESUME, LATER, STOP))
    if session.under_way(status.run_id):
        return
    try:
        if answer == RESUME:
            await session.reopen(status.run_id, folder)
        elif answer == STOP:
            await workspace.engine.stop(status.run_id)
            session.say(f"stopped: {words}")
        else:
            session.say(f"left as it is: {words!r}; {how}")
    except OrchestraError as refused:
        session.warn(str(refused))

"""What is done once, in the background, for a log that is ours: old runs removed, damaged ones set aside."""

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from codecompanion.contracts.errors import OrchestraError

if TYPE_CHECKING:
    from codecompanion.server.editor.editor_workspace import EditorWorkspace
    from codecompanion.server.session import Session

log = logging.getLogger(__name__)

AFTER = 3.0
"""Seconds to wait, so that it is not in the way of the run for which the log was opened."""


async def tidy(session: "Session", workspace: "EditorWorkspace") -> None:
    """Wait until the log is ours, then tidy it and tell the person what was done, if anything was."""
    if not await workspace.database.owned():
        return
    await asyncio.sleep(AFTER)
    try:
        await _remove_old(session, workspace)
        await _set_aside(session, workspace)
    except OrchestraError as trouble:
        log.warning("the log could not be tidied: %s", trouble)


async def _remove_old(session: "Session", workspace: "EditorWorkspace") -> None:
    from codecompanion.server.runs import cleaning  # noqa: PLC0415 - not at start-up

    settings = await workspace.settings.now()
    policy = cleaning.Policy(settings.keep_days, settings.keep_megabytes)
    going = await cleaning.clean(workspace.store, policy, time.time(), workspace.database.path.parent)
    if going:
        session.say(cleaning.told(going))


async def _set_aside(session: "Session", workspace: "EditorWorkspace") -> None:
    from codecompanion.server.runs.keeping import set_damaged_aside  # noqa: PLC0415 - not at start-up

    for run in await set_damaged_aside(workspace.store):
        session.warn(
            f"run {run.run_id} was set aside: {run.reason}. It is kept as it is; all others are as before"
        )

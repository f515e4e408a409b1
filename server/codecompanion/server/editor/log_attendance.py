"""What a folder's log needs while it is open: to become ours, to be told of, to be looked after."""

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from codecompanion.server.editor.interrupted_runs import offer_interrupted

if TYPE_CHECKING:
    from codecompanion.server.editor.editor_workspace import EditorWorkspace
    from codecompanion.server.session import Session


def seems_in_use(data_folder: Path) -> bool:
    """Whether a process noted itself as the owner of the log there, alive or not; touches the disk."""
    from codecompanion.memory.data_folder import noted_owner  # noqa: PLC0415 - not at start-up

    return noted_owner(data_folder) is not None


async def attend(session: "Session", workspace: "EditorWorkspace") -> None:
    """See to a folder's log while it is open: wait until it is ours, tell what matters, keep it well."""
    followed = workspace.database.followed
    if followed is not None:
        session.warn(f"{followed.refusal}; this one then takes over by itself.")
        if not await workspace.database.owned():
            return
        session.say(f"the other editor has ended: {workspace.view.root} can be worked on here now.")
    for notice in workspace.store.notices:
        session.warn(notice)
    # comes with the engine, which is loaded by now
    upkeep = importlib.import_module("codecompanion.memory.upkeep")
    await upkeep.note_opening(
        workspace.store, f"orchestra serve {session.server.version}", workspace.store.notices
    )
    session.server.spawn(offer_interrupted(session, workspace), "offer interrupted runs")
    await workspace.upkeep.run()

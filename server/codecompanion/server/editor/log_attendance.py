"""What a folder's log needs while it is open: to become ours, to be told of, to be looked after."""

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from codecompanion.server.editor.interrupted_runs import offer_interrupted

if TYPE_CHECKING:
    from codecompanion.server.editor.editor_workspace import EditorWorkspace
    from codecompanion.server.session import Session

_WARNING, _INFO = 2, 3


def seems_in_use(folder: str) -> bool:
    """Whether a process noted itself as the owner of the folder's log, alive or not; touches the disk."""
    from codecompanion.memory.data_folder import data_folder, noted_owner  # noqa: PLC0415 - not at start-up

    return noted_owner(data_folder(Path(folder))) is not None


async def attend(session: "Session", workspace: "EditorWorkspace") -> None:
    """See to a folder's log while it is open: wait until it is ours, tell what matters, keep it well."""
    followed = workspace.database.followed
    if followed is not None:
        _say(session, _WARNING, f"{followed.refusal}; this one then takes over by itself.")
        if not await workspace.database.owned():
            return
        _say(session, _INFO, f"the other editor has ended: {workspace.view.root} can be worked on here now.")
    for notice in workspace.store.notices:
        _say(session, _WARNING, notice)
    # comes with the engine, which is loaded by now
    upkeep = importlib.import_module("codecompanion.memory.upkeep")
    await upkeep.note_opening(
        workspace.store, f"orchestra serve {session.server.version}", workspace.store.notices
    )
    session.server.spawn(offer_interrupted(session, workspace), "offer interrupted runs")
    await workspace.upkeep.run()


def _say(session: "Session", kind: int, text: str) -> None:
    session.server.notify("window/showMessage", {"type": kind, "message": f"Orchestra: {text}"})

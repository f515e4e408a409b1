"""`orchestra.undoRun`: take a run's changes out of the files, or one agent's; what was typed since stays."""

import asyncio
import importlib
from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import runs_shared
from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.wire.errors import RequestFailed

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = (*runs_shared.TAKES, "role", "task_id"), runs_shared.BARE


MOST_SAID = 5
"""Sentences about what stayed that are shown one by one; all are in the answer."""


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Answer with what was undone and what stayed; by default of the newest run. An undo's id takes it back."""
    await session.trust.demand(session.folder(arguments.workspace, None))
    workspace = await runs_shared.owned(session, arguments)
    async with runs_shared.reader(session, arguments) as reader:
        is_undo = (arguments.run_id or "").startswith("undo-")
        meant = str(arguments.run_id) if is_undo else await reader.pick(arguments.run_id, here=True)
    if session.under_way(meant):
        raise RequestFailed(f"run {meant} is at work; stop it with `orchestra.stop`, then undo it")
    in_editor = await asyncio.to_thread(importlib.import_module, "codecompanion.server.undo.in_editor")
    folder = session.folder(arguments.workspace, None)
    undoing = in_editor.undoing(session, folder, workspace, await session.authors.of(folder))
    part = None if is_undo else in_editor.Part(meant, arguments.role or "", arguments.task_id or "")
    report = await (undoing.take_back(meant) if part is None else undoing.undo(part))
    session.say(report.text)
    for line in report.kept[:MOST_SAID]:
        session.warn(f"stayed as it is: {line}")
    answer: dict[str, Any] = report.to_wire()
    return answer

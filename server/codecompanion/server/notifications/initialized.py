"""`initialized`: the editor can be asked now; take its settings, and get ready for its first command."""

import asyncio
import importlib
from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import COMMANDS, module_of
from codecompanion.server.editor.interrupted_runs import look_for_interrupted

if TYPE_CHECKING:
    from codecompanion.server.session import Session

IDLE = 0.3
"""Seconds to wait, so that getting ready does not delay the editor's own first requests."""

_SOON_NEEDED = (
    "codecompanion.orchestra.workspace.usable",
    "codecompanion.server.requests.code_action",
    "codecompanion.server.requests.code_lens",
)
"""Small modules that would otherwise be imported while the person waits for a first answer."""


async def handle(session: "Session", params: Any) -> None:
    """Read the settings, if anything is set; then import what is surely needed, and look for runs left open."""
    await session.settings.start()
    await asyncio.sleep(IDLE)
    await asyncio.to_thread(_get_ready)
    await look_for_interrupted(session)


def _get_ready() -> None:
    for name in _SOON_NEEDED:
        importlib.import_module(name)
    for command in COMMANDS:
        module_of(command)

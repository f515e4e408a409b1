"""What `orchestra.accept` and `orchestra.reject` have in common: what is meant, and how it is told."""

import asyncio
import importlib
from typing import TYPE_CHECKING, Any

from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.editor.places import relative_to
from codecompanion.server.wire.errors import RequestFailed

if TYPE_CHECKING:
    from codecompanion.server.review.answers import Decided
    from codecompanion.server.review.deciding import Choice
    from codecompanion.server.session import Session
    from codecompanion.server.wire.folders import WorkspaceFolder

TAKES: tuple[str, ...] = ("run_id", "path", "hunk", "uri", "workspace")
BARE = "path"
MOST_SAID = 5
"""Sentences about what could not be let in that are shown one by one; all are in the answer."""


async def chosen(session: "Session", arguments: Arguments) -> "tuple[WorkspaceFolder, Choice]":
    """Return where and what is meant; without a word the document the person dealt with last."""
    said_nothing = not any((arguments.run_id, arguments.path, arguments.hunk, arguments.uri))
    uri = arguments.uri or (session.documents.active if said_nothing else None)
    folder = session.folder(arguments.workspace, uri)
    path = arguments.path or (relative_to(folder, uri) if uri else None)
    if said_nothing and path is None:
        raise RequestFailed('say what is meant, such as {"path": "shop.py"} or {"runId": "run-1…"}')
    module = await asyncio.to_thread(importlib.import_module, "codecompanion.server.review.deciding")
    choice: Choice = module.Choice(arguments.run_id or "", path or "", arguments.hunk or "")
    return folder, choice


def told(session: "Session", answer: "Decided") -> dict[str, Any]:
    """Tell the person what was decided, and return it as JSON."""
    session.say(answer.text)
    for line in answer.refused[:MOST_SAID]:
        session.warn(line)
    wire: dict[str, Any] = answer.to_wire()
    return wire

"""`orchestra.review`: what waits for your word; with a file, what that would read like."""

import asyncio
import importlib
from typing import TYPE_CHECKING, Any

from codecompanion.server.commands.arguments import Arguments

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = ("run_id", "path", "workspace"), "path"


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Answer with all that waits in the folder; a file named is shown as a read-only preview besides."""
    folder = session.folder(arguments.workspace, None)
    waiting = await session.reviews.waiting(folder)
    answers = await asyncio.to_thread(importlib.import_module, "codecompanion.server.review.answers")
    shown = ""
    if arguments.path:
        shown = await session.reviews.preview(folder, arguments.run_id or "", arguments.path)
    found = answers.review_answer(folder.path, waiting).model_copy(update={"shown": shown})
    answer: dict[str, Any] = found.to_wire()
    return answer

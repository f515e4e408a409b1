"""`orchestra.runsFork`: go on from an event of a run in another way, in a copy of the folder."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import runs_shared
from codecompanion.server.commands.arguments import Arguments

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES = (*runs_shared.TAKES, "at", "model", "request", "answer")
BARE = runs_shared.BARE


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Make the fork and let it go; the folder itself is never touched."""
    reading, forking = await runs_shared.late("reader"), await runs_shared.late("forking")
    workspace = await runs_shared.owned(session, arguments)
    run_id = await reading.RunReader(workspace.store).pick(arguments.run_id)
    order = forking.ForkOrder(run_id, arguments.at, arguments.model, arguments.request, arguments.answer)
    return await session.fork(session.folder(arguments.workspace, None), order)

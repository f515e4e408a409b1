"""`orchestra.runsRename`: give a run another name in lists."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import runs_shared
from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.wire.errors import RequestFailed

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = (*runs_shared.TAKES, "title"), ""


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Answer with the run and the name it has now."""
    if arguments.title is None:
        raise RequestFailed('say how to name the run, such as {"runId": "run-1…", "title": "the shop"}')
    reading, keeping = await runs_shared.late("reader"), await runs_shared.late("keeping")
    workspace = await runs_shared.owned(session, arguments)
    run_id = await reading.RunReader(workspace.store).pick(arguments.run_id)
    return {"runId": run_id, "title": await keeping.rename(workspace.store, run_id, arguments.title)}

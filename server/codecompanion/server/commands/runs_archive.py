"""`orchestra.runsArchive`: keep a run out of the usual list, or take it back."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import runs_shared
from codecompanion.server.commands.arguments import Arguments

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = (*runs_shared.TAKES, "archived"), runs_shared.BARE


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Archive the run unless ``archived`` is false."""
    reading, keeping = await runs_shared.late("reader"), await runs_shared.late("keeping")
    workspace = await runs_shared.owned(session, arguments)
    archived = arguments.archived is not False
    run_id = await reading.RunReader(workspace.store).pick(arguments.run_id, archived=not archived)
    await keeping.archive(workspace.store, run_id, archived=archived)
    return {"runId": run_id, "archived": archived}

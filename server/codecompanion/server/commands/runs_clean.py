"""`orchestra.runsClean`: remove the runs that the settings say are kept no longer, or only say which."""

import time
from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import runs_shared
from codecompanion.server.commands.arguments import Arguments

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = ("workspace", "dry_run"), "workspace"


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Answer with what was removed, or would be; an open or a damaged run never is."""
    cleaning = await runs_shared.late("cleaning")
    workspace = await runs_shared.owned(session, arguments)
    settings = await workspace.settings.now()
    policy = cleaning.Policy(settings.keep_days, settings.keep_megabytes)
    dry_run = arguments.dry_run is True
    if dry_run:
        going = await cleaning.planned(workspace.store, policy, time.time())
    else:
        going = await cleaning.clean(workspace.store, policy, time.time(), workspace.database.path.parent)
    answer: dict[str, Any] = cleaning.answer(going, removed=not dry_run).to_wire()
    return answer

"""`orchestra.runsVerify`: whether anything in a folder's log was altered or lost."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import runs_shared
from codecompanion.server.commands.arguments import Arguments

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = runs_shared.TAKES, runs_shared.BARE


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Answer with what is wrong with each stream of the log, or with one run."""
    folder = session.folder(arguments.workspace, None)
    async with runs_shared.reader(session, arguments) as reader:
        only = await reader.pick(arguments.run_id) if arguments.run_id else None
        found: dict[str, Any] = (await reader.checks(folder.path, only)).to_wire()
    return found

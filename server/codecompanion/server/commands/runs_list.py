"""`orchestra.runsList`: the runs of a folder's log, oldest first."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import runs_shared
from codecompanion.server.commands.arguments import Arguments

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = ("workspace", "archived"), "workspace"


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Answer with a line for each run; archived ones only when asked for."""
    answers = await runs_shared.late("answers")
    async with runs_shared.reader(session, arguments) as reader:
        entries = await reader.entries(archived=bool(arguments.archived))
    folder = session.folder(arguments.workspace, None)
    found: dict[str, Any] = answers.RunList(workspace=folder.path, runs=tuple(entries)).to_wire()
    return found

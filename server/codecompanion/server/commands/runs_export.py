"""`orchestra.runsExport`: write a run into one file."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import runs_shared
from codecompanion.server.commands.arguments import Arguments

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = (*runs_shared.TAKES, "file"), runs_shared.BARE


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Write a new file, by default in the folder; nothing is overwritten."""
    folder = Path(session.folder(arguments.workspace, None).path)
    sharing = await runs_shared.late("sharing")
    async with runs_shared.reader(session, arguments) as reader:
        run_id = await reader.pick(arguments.run_id)
        file = Path(arguments.file) if arguments.file else None
        done = await sharing.export_run(reader.log, run_id, file, folder)
    found: dict[str, Any] = done.to_wire()
    return found

"""`orchestra.runsImport`: take a run from a file into a folder's log."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import runs_shared
from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.wire.errors import RequestFailed

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = ("file", "workspace"), "file"


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Check the file and take the run in; it is never gone on with by itself."""
    if arguments.file is None:
        raise RequestFailed('say which file to take the run from, such as {"file": "run.orchestra-run.jsonl"}')
    folder = Path(session.folder(arguments.workspace, None).path)
    sharing = await runs_shared.late("sharing")
    workspace = await runs_shared.owned(session, arguments)
    done = await sharing.import_run(workspace.store, folder / arguments.file, now=time.time())
    found: dict[str, Any] = done.to_wire()
    return found

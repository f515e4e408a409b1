"""`orchestra.dbExport`: write a folder's whole log to a file, one JSON object an event."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import databases
from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.wire.errors import RequestFailed

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = ("workspace", "file", "force"), "file"


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Answer beside whoever owns it; a file that is there is replaced only with ``force``."""
    if arguments.file is None:
        raise RequestFailed('say which file to write, such as {"file": "orchestra-log.jsonl"}')
    target = Path(session.folder(arguments.workspace, None).path) / arguments.file
    return await databases.beside(session, arguments, "export", target, force=bool(arguments.force))

"""`orchestra.dbStatus`: where a folder's database is, its size, runs, backups and owner."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import databases
from codecompanion.server.commands.arguments import Arguments

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = databases.TAKES, databases.BARE


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Answer beside whoever owns it; nothing is written."""
    return await databases.beside(session, arguments, "status")

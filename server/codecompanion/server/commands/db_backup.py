"""`orchestra.dbBackup`: make a backup of a folder's database now; the three newest are kept."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import databases
from codecompanion.server.commands.arguments import Arguments

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = databases.TAKES, databases.BARE


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Answer beside whoever owns it; the database itself is only read."""
    return await databases.beside(session, arguments, "back_up")

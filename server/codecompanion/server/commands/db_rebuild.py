"""`orchestra.dbRebuild`: make the tables beside a folder's log anew from the log."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import databases
from codecompanion.server.commands.arguments import Arguments

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = databases.TAKES, databases.BARE


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Answer as the owner only, and while no run is under way."""
    return await databases.as_owner(session, arguments, "rebuild")

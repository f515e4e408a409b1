"""`orchestra.accept`: let changes that wait into your files: of a run, of a file, or a single one."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import deciding
from codecompanion.server.commands.arguments import Arguments

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = deciding.TAKES, deciding.BARE


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Answer with what was let in, and what stayed because you typed the same lines."""
    folder, choice = await deciding.chosen(session, arguments)
    return deciding.told(session, await session.reviews.accept(folder, choice))

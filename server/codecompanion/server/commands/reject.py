"""`orchestra.reject`: turn down changes that wait: of a run, of a file, or a single one."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import deciding
from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.wire.errors import RequestFailed

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES, BARE = deciding.TAKES, deciding.BARE


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Answer with what was turned down; your files stay as they are."""
    folder, choice = await deciding.chosen(session, arguments)
    waiting = {one.run_id for one in await session.reviews.waiting(folder)}
    busy = [name for name in waiting if choice.run_id in ("", name) and session.under_way(name)]
    if busy:
        raise RequestFailed(f"run {busy[0]} is at work and builds on its changes; stop it, or wait for its end")
    return deciding.told(session, await session.reviews.reject(folder, choice))

"""`orchestra.stopAll`: stop every run of this session."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands.arguments import Arguments

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES: tuple[str, ...] = ()
BARE = ""


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Stop all; none to stop is no error."""
    active = session.runs.active()
    for one in active:
        await session.stop(one, "the user stopped all runs")
    return {"runIds": [one.run_id for one in active]}

"""`orchestra.health`: is everything in order, as plain facts; asking starts nothing."""

import asyncio
import platform
import time
from typing import TYPE_CHECKING, Any

from codecompanion.server.commands.arguments import Arguments

if TYPE_CHECKING:
    from codecompanion.server.session import Session

TAKES: tuple[str, ...] = ()
BARE = ""

_PROBES = 5


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Answer within a moment; what has not been needed yet is said to be so."""
    client = session.server.client
    shared = session.workspaces.shared
    return {
        "version": session.server.version,
        "python": platform.python_version(),
        "client": f"{client.name} {client.version}".strip() or "unnamed",
        "uptimeSeconds": round(time.time() - session.started_at, 3),
        "loopLagMs": round(await _loop_lag() * 1000, 2),
        "eventBus": "in memory" if shared is not None else "not needed yet",
        "workspaces": [await workspace.health() for workspace in session.workspaces.opened()],
        "settingsProblems": list(session.settings.problems),
        "activeRuns": [run.run_id for run in session.runs.active()],
    }


async def _loop_lag() -> float:
    """Return the worst delay, in seconds, with which the event loop came back to us just now."""
    clock = asyncio.get_running_loop().time
    worst = 0.0
    for _ in range(_PROBES):
        due = clock() + 0.005
        await asyncio.sleep(0.005)
        worst = max(worst, clock() - due)
    return worst

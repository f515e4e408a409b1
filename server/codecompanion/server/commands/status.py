"""`orchestra.status`: how the runs of this session stand."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import steering
from codecompanion.server.commands.arguments import Arguments

if TYPE_CHECKING:
    from codecompanion.server.editor.live_runs import LiveRun
    from codecompanion.server.session import Session

TAKES, BARE = steering.TAKES, steering.BARE


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Answer with one run, or with all, oldest first."""
    if arguments.run_id is not None:
        runs = [session.runs.pick(arguments.run_id, lambda run: True, "")]
    else:
        runs = list(session.runs)
    for one in runs:
        one.refresh()
    return {"runs": [_standing(one) for one in runs]}


def _standing(one: "LiveRun") -> dict[str, Any]:
    """Return a run's status on the wire, also for one that never came as far as to have an engine."""
    if one.status is not None and not one.last_word:
        return one.status.to_wire()
    return {
        "runId": one.run_id,
        "kind": one.work.kind or "change",
        "request": one.work.request,
        "workspace": one.work.folder.path,
        "phase": one.phase,
        "percent": 100 if one.ended else 0,
        "text": one.last_word or "starting",
        "tasks": [],
        "files": [],
        "failedEdits": [],
        "testsPassed": None,
        "testsFailed": None,
        "models": [],
        "inputTokens": 0,
        "outputTokens": 0,
        "cost": 0.0,
        "startedAt": one.started_at,
        "updatedAt": one.started_at,
        "summary": one.last_word,
    }

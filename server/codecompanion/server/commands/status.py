"""`orchestra.status`: how the runs stand: those of this session, or of the process that owns the log."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.commands import steering
from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.editor.interrupted_runs import interrupted_of, look_for_interrupted

if TYPE_CHECKING:
    from codecompanion.server.editor.live_runs import LiveRun
    from codecompanion.server.session import Session

TAKES, BARE = ("run_id",), steering.BARE


async def run(session: "Session", arguments: Arguments) -> dict[str, Any]:
    """Answer with one run, or with all, oldest first; those that an earlier session left open come first."""
    asked = arguments.run_id
    if not session.looked:
        await look_for_interrupted(session)
    looked_on = [
        status.to_wire()
        for opened in session.workspaces.opened()
        for status in await opened.looked_on()
        if asked in (None, status.run_id)
    ]
    interrupted = [
        status.to_wire()
        for opened in session.workspaces.opened()
        for status in await interrupted_of(session, opened)
        if asked in (None, status.run_id)
    ]
    runs = list(session.runs) if asked is None else []
    if asked is not None and not looked_on and not interrupted:
        runs = [session.runs.pick(asked, lambda run: True, "")]
    for one in runs:
        one.refresh()
    return {"runs": [*looked_on, *interrupted, *map(_standing, runs)]}


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
        "mode": one.work.mode or "automatic",
        "nextTask": None,
        "interrupted": False,
    }

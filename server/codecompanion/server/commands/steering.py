"""What the commands that steer a run have in common: which run is meant, and what is answered."""

from typing import TYPE_CHECKING, Any

from codecompanion.server.wire.errors import RequestFailed

if TYPE_CHECKING:
    from codecompanion.orchestra.engine import Engine
    from codecompanion.server.editor.live_runs import LiveRun, LiveRuns

TAKES = ("run_id",)
BARE = "run_id"


def loaded_engine(run: "LiveRun") -> "Engine":
    """Return the engine of a run; raises ``RequestFailed`` while the run is only being prepared."""
    if run.ended:
        raise RequestFailed(f"run {run.run_id} has ended ({run.phase}); start a new one")
    if run.engine is None or run.status is None:
        raise RequestFailed(f"run {run.run_id} is still starting; try again in a moment")
    return run.engine


def steered(run: "LiveRun", runs: "LiveRuns", text: str) -> dict[str, Any]:
    """Return the answer: what was done to which run, and which other runs are active."""
    return {
        "runId": run.run_id,
        "text": f"{text}: {run.work.title}",
        "otherRuns": [other.run_id for other in runs.active() if other is not run],
    }

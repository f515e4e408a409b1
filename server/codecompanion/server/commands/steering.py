"""What the commands that steer a run have in common: which run is meant, and what is answered."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.editor.interrupted_runs import interrupted_of
from codecompanion.server.editor.live_runs import LiveRun
from codecompanion.server.wire.errors import RequestFailed

if TYPE_CHECKING:
    from codecompanion.orchestra.engine import Engine
    from codecompanion.server.editor.live_runs import LiveRuns
    from codecompanion.server.session import Session

TAKES = ("run_id", "workspace")
BARE = "run_id"


@dataclass(frozen=True, slots=True)
class Meant:
    """The run that a command means; ``live`` is None for one that an earlier session left open in the log."""

    run_id: str
    title: str
    engine: "Engine"
    live: LiveRun | None = None

    async def take_open_plan(self, session: "Session") -> None:
        """Take in the run's plan as it stands in the editor; raises ``RequestFailed``."""
        if self.live is not None:
            await session.plans.take_open(self.live)

    def told(self, session: "Session", text: str) -> dict[str, Any]:
        """Return the answer: what was done to which run, and which other runs are active."""
        others = [run.run_id for run in session.runs.active() if run.run_id != self.run_id]
        return {"runId": self.run_id, "text": f"{text}: {self.title}", "otherRuns": others}


async def meant(session: "Session", arguments: Arguments, fits: Callable[[LiveRun], bool], what: str) -> Meant:
    """Return the run meant: the named one, else the most recent active one that ``fits``.

    A named run may be an interrupted one; ``what`` ends the sentence "no run …". Raises ``OrchestraError``.
    """
    if arguments.run_id is not None and session.runs.get(arguments.run_id) is None:
        return await _interrupted(session, arguments, arguments.run_id)
    live = session.runs.pick(arguments.run_id, fits, what)
    return Meant(live.run_id, live.work.title, loaded_engine(live), live)


async def _interrupted(session: "Session", arguments: Arguments, run_id: str) -> Meant:
    workspace = await session.workspaces.open(session.folder(arguments.workspace, None))
    workspace.database.demand_owned()
    for status in await interrupted_of(session, workspace):
        if status.run_id == run_id:
            return Meant(run_id, " ".join(status.request.split())[:60], workspace.engine)
    known = ", ".join(run.run_id for run in tuple(session.runs)[-5:]) or "none yet"
    raise RequestFailed(f"unknown run {run_id!r}; known: {known}")


def loaded_engine(run: LiveRun) -> "Engine":
    """Return the engine of a run; raises ``RequestFailed`` while the run is only being prepared."""
    if run.ended:
        raise RequestFailed(f"run {run.run_id} has ended ({run.phase}); start a new one")
    if run.engine is None or run.status is None:
        raise RequestFailed(f"run {run.run_id} is still starting; try again in a moment")
    return run.engine


def steered(run: LiveRun, runs: "LiveRuns", text: str) -> dict[str, Any]:
    """Return the answer for a run of this session: what was done, and which other runs are active."""
    return {
        "runId": run.run_id,
        "text": f"{text}: {run.work.title}",
        "otherRuns": [other.run_id for other in runs.active() if other is not run],
    }

"""What the commands that steer a run have in common: which run is meant, and what is answered."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.editor.interrupted_runs import interrupted_of
from codecompanion.server.editor.live_runs import LiveRun
from codecompanion.server.editor.work import title_of

if TYPE_CHECKING:
    from codecompanion.orchestra.engine import Engine
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
        return told(session, self.run_id, self.title, text)


def told(session: "Session", run_id: str, title: str, text: str) -> dict[str, Any]:
    """Return the answer: what was done to a run, and which other runs are active."""
    others = [run.run_id for run in session.runs.active() if run.run_id != run_id]
    return {"runId": run_id, "text": f"{text}: {title}", "otherRuns": others}


async def meant(session: "Session", arguments: Arguments, fits: Callable[[LiveRun], bool], what: str) -> Meant:
    """Return the run meant: the named one, else the most recent active one that ``fits``.

    A named run may be an interrupted one; ``what`` ends the sentence "no run …". Raises ``OrchestraError``.
    """
    if arguments.run_id is not None and session.runs.get(arguments.run_id) is None:
        interrupted = await _interrupted(session, arguments, arguments.run_id)
        if interrupted is not None:
            return interrupted
    return here(session, arguments, fits, what)


def here(session: "Session", arguments: Arguments, fits: Callable[[LiveRun], bool], what: str) -> Meant:
    """Return the run of this session that is meant, as ``meant`` does; raises ``RequestFailed``."""
    live = session.runs.pick(arguments.run_id, fits, what)
    return Meant(live.run_id, live.work.title, live.loaded_engine(), live)


async def _interrupted(session: "Session", arguments: Arguments, run_id: str) -> Meant | None:
    workspace = await session.workspaces.owned(session.folder(arguments.workspace, None))
    for status in await interrupted_of(session, workspace):
        if status.run_id == run_id:
            return Meant(run_id, title_of(status.request), workspace.engine)
    return None

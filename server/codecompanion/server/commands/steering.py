"""What the commands that steer a run have in common: which run is meant, and what is answered."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from codecompanion.server.commands.arguments import Arguments
from codecompanion.server.editor.interrupted_runs import interrupted_of, look_for_interrupted
from codecompanion.server.editor.live_runs import LiveRun
from codecompanion.server.editor.work import title_of

if TYPE_CHECKING:
    from codecompanion.contracts.status import RunStatus
    from codecompanion.orchestra.engine import Engine
    from codecompanion.server.editor.editor_workspace import EditorWorkspace
    from codecompanion.server.session import Session

BEGIN_WITHIN = 5.0
"""Seconds for which a command waits for a run that is only just being prepared."""
TAKES = ("run_id", "workspace")
BARE = "run_id"


class Standing(Protocol):
    """How a run stands, in this session or in the log."""

    @property
    def phase(self) -> str:
        """The one word for what it is doing."""
        ...

    @property
    def mode(self) -> str:
        """How it goes on."""
        ...


Fits = Callable[[Standing], bool]
"""Whether a command may mean a run that stands so."""


@dataclass(frozen=True, slots=True)
class Meant:
    """The run that a command means; ``live`` is None for one that an earlier session left open in the log.

    ``folder`` is the path of the folder whose log it is in, and ``phase`` how it was left, of such a one.
    """

    run_id: str
    title: str
    engine: "Engine"
    live: LiveRun | None = None
    folder: str = ""
    phase: str = ""

    async def go_on(self, session: "Session") -> dict[str, Any]:
        """Let a run that was left open go on in this session; raises ``OrchestraError``."""
        return await session.reopen(self.run_id, session.folder(self.folder, None))

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


async def meant(
    session: "Session", arguments: Arguments, fits: Fits, what: str, left_open: Fits | None = None
) -> Meant:
    """Return the run meant: the named one, else the most recent active one that ``fits``.

    A named run may be an interrupted one; without a name it is the most recent interrupted one when no active
    one fits: one that fits too, or by the rule ``left_open``. ``what`` ends the sentence "no run …". Raises
    ``OrchestraError``.
    """
    named = arguments.run_id
    if named is not None and session.runs.get(named) is None:
        workspace = await session.workspaces.owned(session.folder(arguments.workspace, None))
        found = await _left_open(session, workspace, lambda status: status.run_id == named)
    elif named is None and not session.runs.any_fits(fits):
        found = await _newest_left_open(session, arguments, left_open or fits)
    else:
        found = None
    if found is not None:
        return found
    live = session.runs.pick(named, fits, what)
    await live.begin_within(BEGIN_WITHIN)
    return Meant(live.run_id, live.work.title, live.loaded_engine(), live)


async def _newest_left_open(session: "Session", arguments: Arguments, fits: Fits) -> Meant | None:
    """Return the run that fits and was left open, of the folder named or else of the first that has one."""
    await look_for_interrupted(session)
    named = session.folder(arguments.workspace, None) if arguments.workspace else None
    opened = [session.workspaces.found(named)] if named else session.workspaces.opened()
    for workspace in opened:
        if workspace is not None and (found := await _left_open(session, workspace, fits)) is not None:
            return found
    return None


async def _left_open(
    session: "Session", workspace: "EditorWorkspace", fits: "Callable[[RunStatus], bool]"
) -> Meant | None:
    """Return the newest run of a log that fits and is under way nowhere."""
    for status in reversed(await interrupted_of(session, workspace)):
        if fits(status):
            title, root = title_of(status.request), workspace.view.root
            return Meant(status.run_id, title, workspace.engine, folder=root, phase=status.phase)
    return None

"""From what a command asks for to the order of a run."""

from pathlib import Path

from codecompanion.contracts.errors import BadRequest, WorkspaceError
from codecompanion.contracts.orders import Place, RunKind, RunOrder, Simulation
from codecompanion.contracts.ports import WorkspaceView
from codecompanion.orchestra.workspace.code_files import holds_code
from codecompanion.orchestra.workspace.paths import real_relative_path
from codecompanion.orchestra.workspace.secret_files import holds_secrets, secret_in
from codecompanion.server.editor.work import Pointing, Work
from codecompanion.server.requests.comment_syntax import is_prose
from codecompanion.server.settings.model import Settings


def order_for(work: Work, settings: Settings, view: WorkspaceView) -> RunOrder:
    """Return the order for ``work``; lists the workspace's files when the kind depends on them.

    Raises ``BadRequest`` or ``WorkspaceError`` when it points at what no model may be shown.
    """
    simulated = work.tasks is not None or work.seconds is not None
    return RunOrder(
        kind=work.kind or _kind_by_workspace(work, view),
        request=work.request,
        workspace=view.root,
        place=_place(work, view),
        problems=work.problems,
        template=work.template,
        offline=settings.offline if work.offline is None else work.offline,
        mode=work.mode or settings.mode,
        landing=work.landing or settings.landing,
        max_repairs=settings.max_repairs,
        simulation=_simulation(work) if simulated else None,
    )


def _place(work: Work, view: WorkspaceView) -> Place | None:
    at = work.pointing
    if at is None:
        return None
    if secret_in(at.text) or any(map(holds_secrets, (at.path, real_relative_path(Path(view.root), at.path)))):
        raise BadRequest(
            f"{at.path!r} holds secrets, so none of it is sent to a model; "
            "point at another file, or change it yourself"
        )
    return Place(path=at.path, first_line=at.first_line, last_line=at.last_line, text=at.text)


def _simulation(work: Work) -> Simulation:
    given = {"tasks": work.tasks, "seconds": work.seconds}
    return Simulation.model_validate({name: value for name, value in given.items() if value is not None})


def _kind_by_workspace(work: Work, view: WorkspaceView) -> RunKind:
    """In a text, or where there is no code yet, a written request makes some; elsewhere it changes code."""
    at = work.pointing
    if at is None:
        return "change" if holds_code(view) else "project"
    if is_prose(work.origin.language_id if work.origin else "", at.path):
        return "project"
    return "change" if _holds_more(view, at) or holds_code(view, apart_from=at.path) else "project"


def _holds_more(view: WorkspaceView, at: Pointing) -> bool:
    """Whether the file has anything but the request itself."""
    try:
        lines = view.read(at.path).splitlines()
    except WorkspaceError:
        return False
    first, last = at.first_line or 1, at.last_line or at.first_line or 1
    return any(line.strip() for line in lines[: first - 1] + lines[last:])

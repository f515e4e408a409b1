"""From what a command asks for to the order of a run."""

from pathlib import PurePosixPath

from codecompanion.contracts.orders import Place, RunKind, RunOrder, Simulation
from codecompanion.contracts.ports import WorkspaceView
from codecompanion.server.editor.work import Work
from codecompanion.server.requests.comment_syntax import is_prose
from codecompanion.server.settings.model import Settings

_CODE_ENDINGS = (
    "c h cpp cc cxx hpp cs java kt kts scala swift go rs dart zig m mm js jsx mjs cjs ts tsx mts cts vue "
    "svelte php py pyi pyx rb pl pm ex exs erl hs elm ml fs fsx clj cljs lisp scm rkt lua r jl sh bash "
    "zsh fish ps1 bat sql vb f90 f95 pas ada nim cr groovy sol html htm css scss less"
)
_CODE = frozenset(_CODE_ENDINGS.split())
"""Endings of files that hold code."""


def order_for(work: Work, settings: Settings, view: WorkspaceView) -> RunOrder:
    """Return the order for ``work``; lists the workspace's files when the kind depends on them."""
    simulated = work.tasks is not None or work.seconds is not None
    return RunOrder(
        kind=work.kind or _kind_by_workspace(work, view),
        request=work.request,
        workspace=view.root,
        place=_place(work),
        problems=work.problems,
        template=work.template,
        offline=settings.offline if work.offline is None else work.offline,
        stepwise=settings.stepwise if work.stepwise is None else work.stepwise,
        max_repairs=settings.max_repairs,
        simulation=_simulation(work) if simulated else None,
    )


def _place(work: Work) -> Place | None:
    at = work.pointing
    if at is None:
        return None
    return Place(path=at.path, first_line=at.first_line, last_line=at.last_line, text=at.text)


def _simulation(work: Work) -> Simulation:
    given = {"tasks": work.tasks, "seconds": work.seconds}
    return Simulation.model_validate({name: value for name, value in given.items() if value is not None})


def _kind_by_workspace(work: Work, view: WorkspaceView) -> RunKind:
    """In a text, or where there is no code yet, a written request makes some; elsewhere it changes code."""
    own = work.pointing.path if work.pointing else ""
    language = work.origin.language_id if work.origin else ""
    if own and is_prose(language, own):
        return "project"
    return "change" if any(_is_code(path) for path in view.files() if path != own) else "project"


def _is_code(path: str) -> bool:
    return PurePosixPath(path).suffix.removeprefix(".").lower() in _CODE

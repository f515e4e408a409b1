"""Does a workspace hold code yet? It decides whether a free request makes software or changes it."""

from pathlib import PurePosixPath
from typing import Final

from codecompanion.contracts.ports import WorkspaceView

_CODE_ENDINGS = (
    "c h cpp cc cxx hpp cs java kt kts scala swift go rs dart zig m mm js jsx mjs cjs ts tsx mts cts vue "
    "svelte php py pyi pyx rb pl pm ex exs erl hs elm ml fs fsx clj cljs lisp scm rkt lua r jl sh bash "
    "zsh fish ps1 bat sql vb f90 f95 pas ada nim cr groovy sol html htm css scss less"
)
_CODE: Final = frozenset(_CODE_ENDINGS.split())


def is_code(path: str) -> bool:
    """Whether a path's ending is that of a file that holds code."""
    return PurePosixPath(path).suffix.removeprefix(".").lower() in _CODE


def holds_code(view: WorkspaceView, apart_from: str = "") -> bool:
    """Whether any file but ``apart_from`` holds code; lists the workspace, so call it off the loop."""
    return any(is_code(path) for path in view.files() if path != apart_from)

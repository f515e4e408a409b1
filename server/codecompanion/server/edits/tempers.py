"""How editors were seen to deal with edits from a server: the table behind the model editor."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from codecompanion.server.wire.capabilities import ClientFeatures

_ALL: Final = frozenset({"create", "rename", "delete"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Temper:
    """One editor's ways.

    ``stale`` is what it does with an edit of an older version: says no, says yes and does nothing, or makes it
    in the newer text. ``closed`` is where an edit of a file that is not open goes: into a document it opens,
    into a buffer nobody hears of, or nowhere. ``debounce`` seconds pass before it tells of changes,
    ``answers_first`` also of the server's own. ``thinks`` seconds pass before it acts. ``takes_edits_for``
    seconds after a command it takes edits, None: always.
    """

    features: ClientFeatures
    stale: Literal["refuse", "skip", "apply"] = "refuse"
    closed: Literal["opens", "hides", "refuses"] = "opens"
    debounce: float = 0.0
    answers_first: bool = False
    thinks: float = 0.0
    takes_edits_for: float | None = None


TEMPERS: Final[Mapping[str, Temper]] = {
    "vscode": Temper(features=ClientFeatures(apply_edit=True, document_changes=True, resource_operations=_ALL)),
    "neovim": Temper(
        features=ClientFeatures(apply_edit=True, resource_operations=_ALL),
        stale="skip",
        debounce=0.15,
        answers_first=True,
    ),
    "neovim, unattached buffers": Temper(
        features=ClientFeatures(apply_edit=True, resource_operations=_ALL),
        stale="skip",
        closed="hides",
        debounce=0.15,
        answers_first=True,
    ),
    "helix": Temper(
        features=ClientFeatures(apply_edit=True, document_changes=True, resource_operations=_ALL),
        debounce=0.05,
    ),
    "eglot": Temper(features=ClientFeatures(apply_edit=True, document_changes=True), thinks=1.0),
    "lsp-mode": Temper(
        features=ClientFeatures(apply_edit=True, document_changes=True, resource_operations=_ALL), stale="apply"
    ),
    "kate": Temper(features=ClientFeatures(apply_edit=True, document_changes=True), takes_edits_for=2.0),
    "bare": Temper(features=ClientFeatures(apply_edit=True), stale="apply", closed="refuses"),
    "takes no edits": Temper(features=ClientFeatures()),
}
"""By name; all but the last two are real editors, as far as they were observed."""

"""What waits for a person, and what a decision did, as answers."""

from collections.abc import Iterable

from codecompanion.contracts.base import Contract
from codecompanion.contracts.ids import RunId
from codecompanion.orchestra.review.pending_files import Hunk, PendingFile
from codecompanion.orchestra.review.review_items import KeptBack, RunReview


class WaitingChange(Contract):
    """One change of a file: from ``line`` on, ``removed`` would become ``added``; ``hunk`` names it."""

    hunk: str
    line: int
    removed: str
    added: str


class WaitingFile(Contract):
    """A file with changes that wait; one that would be made or removed has no single changes."""

    run_id: RunId
    path: str
    kind: str
    changes: tuple[WaitingChange, ...]
    diff: str


class KeptPlace(Contract):
    """A place where your own text stayed and an agent's waits; ``hunk`` names it."""

    run_id: RunId
    path: str
    hunk: str
    line: int
    yours: str
    agents: str


class Review(Contract):
    """All that waits in a folder, the oldest run first; ``shown`` is the preview's file, empty without one."""

    workspace: str
    files: tuple[WaitingFile, ...]
    kept_back: tuple[KeptPlace, ...]
    shown: str = ""


class Decided(Contract):
    """What was let in or turned down, in words, and everything that could not be, with the reason."""

    text: str
    paths: tuple[str, ...]
    refused: tuple[str, ...]


def review_answer(workspace: str, reviews: Iterable[RunReview]) -> Review:
    """Return what waits as an answer."""
    some = list(reviews)
    return Review(
        workspace=workspace,
        files=tuple(_file(file) for one in some for file in one.files),
        kept_back=tuple(_kept(kept) for one in some for kept in one.kept_back),
    )


def _file(file: PendingFile) -> WaitingFile:
    kind = "removed" if file.text is None else "new" if file.base is None else "changed"
    changes = tuple(map(_change, file.hunks))
    return WaitingFile(
        run_id=file.run_id, path=file.path, kind=kind, changes=changes, diff="\n".join(file.diff())
    )


def _change(hunk: Hunk) -> WaitingChange:
    return WaitingChange(hunk=hunk.id, line=hunk.line, removed=hunk.removed, added=hunk.added)


def _kept(kept: KeptBack) -> KeptPlace:
    part = kept.part
    return KeptPlace(
        run_id=kept.run_id, path=kept.path, hunk=kept.id, line=part.line, yours=part.user, agents=part.wanted
    )

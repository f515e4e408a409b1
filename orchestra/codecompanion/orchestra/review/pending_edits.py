"""Where a run's edits go that are not to land at once, and the workspace as that run sees it."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from codecompanion.contracts import events as e
from codecompanion.contracts.edits import EditOutcome, FileEdit, GroupedEdit
from codecompanion.contracts.errors import OrchestraError, WorkspaceError
from codecompanion.contracts.hashes import sha256_of
from codecompanion.contracts.ids import EditId, RunId
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.ports import EditSink, WorkspaceView
from codecompanion.contracts.test_reports import TestReport
from codecompanion.orchestra.review.pending_files import PendingFile, landing_edit
from codecompanion.orchestra.review.review_items import PendingFiles
from codecompanion.orchestra.workspace.paths import relative_path
from codecompanion.orchestra.workspace.protected import why_protected

Reports = Callable[[], Sequence[TestReport]]
"""The run's test reports so far."""


class PendingView(WorkspaceView):
    """A workspace as one run sees it: with its own waiting edits in it; the person's files are as before."""

    def __init__(self, view: WorkspaceView, pending: PendingFiles) -> None:
        self._view = view
        self._pending = pending

    @property
    def root(self) -> str:
        """As ``WorkspaceView.root``."""
        return self._view.root

    def files(self) -> list[str]:
        """As ``WorkspaceView.files``."""
        there = {file.path for file in self._waiting() if file.text is not None}
        return sorted({path for path in self._view.files() if path not in self.hidden()} | there)

    def read(self, path: str) -> str:
        """As ``WorkspaceView.read``."""
        file = self._pending.files.get(relative_path(path))
        if file is None:
            return self._view.read(path)
        if file.text is None:
            raise WorkspaceError(f"{path!r} is removed in this run")
        return file.text

    def exists(self, path: str) -> bool:
        """As ``WorkspaceView.exists``."""
        try:
            file = self._pending.files.get(relative_path(path))
        except WorkspaceError:
            return False
        return self._view.exists(path) if file is None else file.text is not None

    def diagnostics(self, path: str | None = None) -> list[str]:
        """As ``WorkspaceView.diagnostics``: they are about the person's files, not about what waits."""
        return self._view.diagnostics(path)

    def overlay(self) -> dict[str, str]:
        """As ``WorkspaceView.overlay``."""
        hidden = self.hidden()
        shown = {path: text for path, text in self._view.overlay().items() if path not in hidden}
        return shown | {file.path: file.text for file in self._waiting() if file.text is not None}

    def hidden(self) -> frozenset[str]:
        """As ``WorkspaceView.hidden``."""
        return self._view.hidden() | {file.path for file in self._waiting() if file.text is None}

    def _waiting(self) -> list[PendingFile]:
        return list(self._pending.files.values())


class PendingEdits(EditSink):
    """An ``EditSink`` that holds a run's edits back; ``sink`` takes them once tests that ran on them are green.

    With ``reports`` None nothing but the person's word lets them in. Nothing is kept here alone: what waits is
    a fold of the log.
    """

    def __init__(
        self, sink: EditSink, view: WorkspaceView, pending: PendingFiles, reports: Reports | None
    ) -> None:
        self._sink = sink
        self._view = view
        self._pending = pending
        self._reports = reports
        self._tested = len(reports()) if reports else 0

    async def push(self, edit_id: EditId, edit: FileEdit, label: str, base: str | None = None) -> EditOutcome:
        """Let an edit wait."""
        try:
            path = relative_path(edit.path)
            if trouble := why_protected(path):
                raise WorkspaceError(trouble)
            now = self._view.read(path) if self._view.exists(path) else None
            text = self._pending.add(edit_id, edit.model_copy(update={"path": path}), now).text
        except OrchestraError as refusal:
            return EditOutcome(edit_id=edit_id, path=edit.path, state="failed", reason=str(refusal))
        self._tested = len(self._reports()) if self._reports else 0
        sha256 = "" if text is None else sha256_of(text)
        return EditOutcome(edit_id=edit_id, path=path, state="pending", sha256=sha256)

    async def push_all(self, group: Sequence[GroupedEdit], label: str) -> list[EditOutcome]:
        """Let edits wait that belong together; where one does not fit, none does."""
        before = dict(self._pending.files)
        outcomes = [await self.push(one.edit_id, one.edit, label, one.base) for one in group]
        failed = next((one for one in outcomes if one.state == "failed"), None)
        if failed is None:
            return outcomes
        self._pending.files = before
        because = f"{failed.path} could not be changed, and all belong together: {failed.reason}"
        return [
            one
            if one is failed
            else EditOutcome(edit_id=one.edit_id, path=one.path, state="failed", reason=because)
            for one in outcomes
        ]

    async def settle(self, edit_ids: Collection[EditId]) -> list[EditOutcome]:
        """Bring in what the tests have shown to be good; everything else goes on waiting."""
        outcomes = await self._sink.settle(edit_ids)
        if self._is_green():
            for file in list(self._pending.files.values()):
                outcomes += await self._land(file)
        return outcomes

    def _is_green(self) -> bool:
        """Whether tests ran on all that waits, and are green."""
        reports = self._reports() if self._reports else ()
        return len(reports) > self._tested and reports[-1].green

    async def _land(self, file: PendingFile) -> list[EditOutcome]:
        """Bring one file's edits in; they wait on where that fails."""
        *earlier, last = file.edits
        edit = landing_edit(file.path, file.base, file.text)
        outcome = await self._sink.push(last, edit, f"verified: {file.path}", file.base)
        if outcome.state == "claimed":
            outcome = next(iter(await self._sink.settle([last])), outcome)
        if outcome.state == "failed":
            return []
        self._pending.files.pop(file.path)
        # what the file read like between them was never there
        return [
            *(EditOutcome(edit_id=name, path=file.path, state="confirmed") for name in earlier),
            outcome,
        ]


@dataclass(frozen=True, slots=True)
class Bench:
    """What one run works on: the workspace it sees, and where its edits go."""

    view: WorkspaceView
    sink: EditSink


def bench_for(
    run_id: RunId,
    order: RunOrder,
    shared: Bench,
    history: Iterable[tuple[e.Event, float]],
    reports: Callable[[], Sequence[TestReport]],
) -> Bench:
    """Return a run's own bench where its edits are to wait, else the one all runs share.

    ``history`` has the run's events and the person's decisions, each with its time, in any order.
    """
    if order.landing == "live":
        return shared
    pending = PendingFiles(run_id)
    for event, _ in sorted(history, key=lambda one: one[1]):
        pending.take(event)
    edits = PendingEdits(shared.sink, shared.view, pending, reports if order.landing == "verified" else None)
    return Bench(PendingView(shared.view, pending), edits)

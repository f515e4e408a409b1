"""The one arbiter of a folder open in an editor: every edit of every agent and run goes through here."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from pygls.exceptions import JsonRpcException

from codecompanion.contracts.edits import DeleteFile, EditOutcome, FileEdit, GroupedEdit, RenameFile
from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.ids import EditId
from codecompanion.contracts.ports import EditSink
from codecompanion.orchestra.workspace.edit_paths import paths_of, with_clean_paths
from codecompanion.orchestra.workspace.protected import writable_path
from codecompanion.server.editor.open_documents import OpenDocuments
from codecompanion.server.edits.delivery import Delivered, Delivery, failed
from codecompanion.server.edits.file_operations import FileOperations
from codecompanion.server.edits.groups import Groups
from codecompanion.server.edits.parties import USUAL_PATIENCE, Disk, Editor, Patience, PendingView
from codecompanion.server.edits.plan import PlannedEdit, Refusal, plan_edit
from codecompanion.server.edits.sightings import Sightings
from codecompanion.server.wire.errors import ConnectionClosed
from codecompanion.server.wire.folders import WorkspaceFolder


class EditorEdits(EditSink):
    """Implements ``EditSink`` for a folder open in an editor.

    Invariants: edits of one file go out one after the other, each merged into the newest text; what the user
    typed is never overwritten; an edit counts as made only when a document or the disk shows it; a failure is
    an outcome.
    """

    def __init__(
        self,
        editor: Editor,
        folder: WorkspaceFolder,
        documents: OpenDocuments,
        view: PendingView,
        disk: Disk,
        *,
        patience: Patience = USUAL_PATIENCE,
    ) -> None:
        self._folder = folder
        self._root = Path(view.root)
        self._documents = documents
        self._patience = patience
        self._sightings = Sightings(folder, documents, view)
        self._delivery = Delivery(editor, self._sightings, view, disk, patience=patience)
        self._operations = FileOperations(self._delivery, self._sightings, view)
        self._groups = Groups(self._delivery, self._sightings, self._operations, self._made)
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.stop_listening = documents.listen(self._sightings.look)

    def begin_run(self) -> None:
        """Remember the open documents as what a run starts from."""
        self._sightings.bases.begin_run(self._documents.texts(self._folder))

    def end_run(self) -> None:
        """Say that a run begun before has ended."""
        self._sightings.bases.end_run()

    async def push(self, edit_id: EditId, edit: FileEdit, label: str, base: str | None = None) -> EditOutcome:
        """Offer one edit, at most a few times while the person types; see ``EditSink.push``."""
        try:
            clean = with_clean_paths(edit)
            async with self._held([clean]):
                return (await self._made(GroupedEdit(edit_id=edit_id, edit=clean, base=base), label)).outcome
        except (OrchestraError, OSError) as problem:
            return failed(edit_id, edit.path, str(problem))

    async def push_all(self, group: Sequence[GroupedEdit], label: str) -> list[EditOutcome]:
        """As ``EditSink.push_all``."""
        try:
            clean = [one.model_copy(update={"edit": with_clean_paths(one.edit)}) for one in group]
            async with self._held([one.edit for one in clean]):
                return await self._groups.push(clean, label)
        except (OrchestraError, OSError) as problem:
            return [failed(one.edit_id, one.edit.path, str(problem)) for one in group]

    async def settle(self, edit_ids: Collection[EditId] | None = None) -> list[EditOutcome]:
        """Wait, boundedly, for what these edits (None: all) merely claim; returns what became of it."""
        outcomes = []
        for seen in await self._sightings.wait_for(edit_ids, self._patience):
            async with self._locks[seen.claim.path]:
                outcomes.append(await self._delivery.conclude(seen))
        return outcomes

    async def look_at_disk(self, uris: Iterable[str]) -> None:
        """Take in that files were changed on disk: one that waits to be seen may show there."""
        await self._sightings.look_at_disk(uris)

    async def _made(self, one: GroupedEdit, label: str) -> Delivered:
        """Make one edit; a failure is an outcome."""
        try:
            delivered = await self._make(one, label)
            if delivered.outcome.state == "failed":
                self._delivery.drop_parents(one.edit.path)
            return delivered
        except (OrchestraError, OSError, ConnectionClosed) as problem:
            reason = str(problem)
        except JsonRpcException as problem:
            reason = f"the editor answered with an error: {problem.message}"
        except TimeoutError:
            reason = "the editor did not answer in time; the text is kept in the run's log"
        self._delivery.drop_parents(one.edit.path)
        return Delivered(failed(one.edit_id, one.edit.path, reason))

    async def _make(self, one: GroupedEdit, label: str) -> Delivered:
        edit = one.edit
        base = self._sightings.bases.of(edit.path) if one.base is None else one.base
        if isinstance(edit, DeleteFile):
            return Delivered(await self._operations.remove(one.edit_id, edit, base, label))
        if isinstance(edit, RenameFile):
            return Delivered(await self._operations.rename(one.edit_id, edit, label))

        def plan_for(current: str | None) -> PlannedEdit | Refusal:
            return plan_edit(current, edit, base)

        return await self._delivery.deliver(one.edit_id, edit.path, plan_for, label)

    @asynccontextmanager
    async def _held(self, edits: Sequence[FileEdit]) -> AsyncIterator[None]:
        """Hold the files of some edits; always in the same order, so that nobody waits for each other."""
        names = {name for edit in edits for name in paths_of(edit)}
        paths = sorted({writable_path(self._root, name) for name in names})
        async with AsyncExitStack() as stack:
            for path in paths:
                await stack.enter_async_context(self._locks[path])
            yield

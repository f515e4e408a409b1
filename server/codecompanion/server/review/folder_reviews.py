"""What an editor's session knows of what waits in its folders; the log is opened when it is asked."""

import asyncio
import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codecompanion.contracts.errors import OrchestraError
from codecompanion.server.editor.places import folder_of, real_path, relative_to
from codecompanion.server.editor.showing import show_document
from codecompanion.server.wire.documents import OpenDocument
from codecompanion.server.wire.errors import RequestFailed
from codecompanion.server.wire.folders import WorkspaceFolder
from codecompanion.server.wire.uris import uri_from_path

if TYPE_CHECKING:
    from codecompanion.contracts.events import Recorded
    from codecompanion.orchestra.review.pending_files import PendingFile
    from codecompanion.orchestra.review.review_items import RunReview
    from codecompanion.server.review.answers import Decided
    from codecompanion.server.review.deciding import Choice, Deciding
    from codecompanion.server.review.marks import Mark
    from codecompanion.server.session import Session


class FolderReviews:
    """One session's reviews. What waits is asked of the log once, and again after something changed it."""

    def __init__(self, session: "Session") -> None:
        self._session = session
        self._known: dict[str, list[RunReview]] = {}
        self._heard = False
        self._deciding_now = asyncio.Lock()

    @property
    def in_use(self) -> bool:
        """Whether something waits, or has waited since the session began."""
        return self._heard or any(self._known.values())

    def heard(self, recorded: "Recorded") -> None:
        """Take in what happened in a run: it may have left something waiting."""
        body = recorded.body
        if body.event == "edit_settled" and (body.outcome.state == "pending" or body.outcome.held):
            self._known.clear()
            self._heard = True

    async def waiting(self, folder: WorkspaceFolder) -> "list[RunReview]":
        """Return what waits in a folder, the oldest run first; raises ``OrchestraError``."""
        key = real_path(folder.path)
        if key not in self._known:
            if not await self._session.authors.has_log(folder):
                return []
            module = await _late("waiting")
            async with self._session.authors.reader(folder) as reader:
                self._known[key] = await module.waiting_in(reader.log)
        return self._known[key]

    async def marks(self, document: OpenDocument) -> "list[Mark]":
        """Return what waits in a document, or in what it is the preview of; nothing in case of trouble."""
        folder = folder_of(document.uri, self._session.server.folders)
        path = relative_to(folder, document.uri) if folder else None
        if folder is None or path is None:
            return []
        try:
            reviews = await self.waiting(folder)
        except OrchestraError:
            return []
        if not reviews:
            return []
        reviews = await self._without_present(folder, path, document.text, reviews)
        marks = await _late("marks")
        shown = await self._previewed(folder, path, reviews)
        found: list[Mark] = (
            marks.marks_in_preview(shown) if shown else marks.marks_in(path, document.text, reviews)
        )
        return found

    async def _without_present(
        self, folder: WorkspaceFolder, path: str, text: str, reviews: "list[RunReview]"
    ) -> "list[RunReview]":
        """Note what the file shows already, such as what was chosen in the editor's own preview of changes."""
        workspace = self._session.workspaces.found(folder)
        if workspace is None or workspace.database.followed is not None or self._deciding_now.locked():
            # a change that is being let in shows before it is noted, and is not to be noted twice
            return reviews
        deciding = (await _late("in_editor")).deciding(workspace)
        async with self._deciding_now:
            await workspace.typing.flush()
            files = [file for one in await self.waiting(folder) for file in one.files if file.path == path]
            if any([await deciding.note_present(file, text) for file in files]):
                self._known.pop(real_path(folder.path), None)
        return await self.waiting(folder)

    async def choice(self, document: OpenDocument) -> "dict[str, Any] | None":
        """Return an action by which the person chooses among a document's changes in their editor's own way.

        Only for editors that ask about each change of an edit before they make it.
        """
        folder = folder_of(document.uri, self._session.server.folders)
        path = relative_to(folder, document.uri) if folder else None
        if folder is None or not self._session.server.client.change_annotations:
            return None
        files = [
            file for one in await self.waiting(folder) for file in one.files if file.path == path and file.hunks
        ]
        if not files:
            return None
        annotated = await _late("annotated")
        action: dict[str, Any] = annotated.choosing_action(
            document, files[0].merged_into(document.text), self._session.server.client
        )
        return action

    async def _previewed(
        self, folder: WorkspaceFolder, path: str, reviews: "list[RunReview]"
    ) -> "PendingFile | None":
        previews = await _late("previews")
        data_folder = await self._session.settings.data_folder(folder.path)
        known = previews.previewed(data_folder, Path(folder.path, path))
        files = [file for one in reviews for file in one.files if known == (file.run_id, file.path)]
        return files[0] if files else None

    async def preview(self, folder: WorkspaceFolder, run_id: str, path: str) -> str:
        """Let the editor show what a file would read like; returns where that is. Raises ``OrchestraError``."""
        files = [
            file
            for one in await self.waiting(folder)
            for file in one.files
            if file.path == path and run_id in ("", file.run_id)
        ]
        if not files:
            raise RequestFailed(f"nothing waits in {path}; `orchestra.review` lists what waits")
        previews = await _late("previews")
        data_folder = await self._session.settings.data_folder(folder.path)
        place = str(await asyncio.to_thread(previews.write_preview, data_folder, files[-1]))
        if not await show_document(self._session, uri_from_path(place)):
            self._session.say(f"what {path} would read like is in {place}")
        self._session.lenses_changed()
        return place

    async def accept(self, folder: WorkspaceFolder, choice: "Choice") -> "Decided":
        """Let in what is meant; raises ``OrchestraError``."""
        deciding = await self._deciding(folder)
        async with self._deciding_now:
            return await self._after(folder, await deciding.accept(choice))

    async def reject(self, folder: WorkspaceFolder, choice: "Choice") -> "Decided":
        """Turn down what is meant; raises ``OrchestraError``."""
        deciding = await self._deciding(folder)
        async with self._deciding_now:
            return await self._after(folder, await deciding.reject(choice))

    async def _deciding(self, folder: WorkspaceFolder) -> "Deciding":
        await self._session.trust.demand(folder)
        workspace = await self._session.workspaces.owned(folder)
        in_editor = await _late("in_editor")
        deciding: Deciding = in_editor.deciding(workspace)
        return deciding

    async def _after(self, folder: WorkspaceFolder, answer: "Decided") -> "Decided":
        """Bring what is shown up to date with a decision."""
        before = self._known.pop(real_path(folder.path), [])
        left = {(file.run_id, file.path) for one in await self.waiting(folder) for file in one.files}
        previews = await _late("previews")
        data_folder = await self._session.settings.data_folder(folder.path)
        for file in [file for one in before for file in one.files if (file.run_id, file.path) not in left]:
            await asyncio.to_thread(previews.drop_preview, data_folder, file.run_id, file.path)
        self._session.lenses_changed(always=True)
        return answer


async def _late(name: str) -> Any:
    """Return a module of this package, imported now, off the loop, if it was not."""
    return await asyncio.to_thread(importlib.import_module, f"codecompanion.server.review.{name}")

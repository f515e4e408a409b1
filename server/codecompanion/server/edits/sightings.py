"""What is seen of the files: their documents, the disk, and the edits on their way that show there."""

import asyncio
from collections.abc import Collection, Iterable
from pathlib import Path

from codecompanion.contracts.ids import EditId
from codecompanion.server.editor.open_documents import OpenDocuments
from codecompanion.server.editor.places import uri_in
from codecompanion.server.edits.bases import Bases
from codecompanion.server.edits.claims import Claims, Seen
from codecompanion.server.edits.parties import Patience, PendingView
from codecompanion.server.edits.workspace_edit import Target
from codecompanion.server.wire.documents import OpenDocument
from codecompanion.server.wire.folders import WorkspaceFolder


class Sightings:
    """The newest state of each file of a folder; an edit is believed once it is seen here."""

    def __init__(self, folder: WorkspaceFolder, documents: OpenDocuments, view: PendingView) -> None:
        self.claims = Claims()
        self.bases = Bases()
        self._folder = folder
        self._documents = documents
        self._view = view
        self._root = Path(view.root)

    async def target(self, path: str, patience: Patience) -> Target:
        """Return the file's newest state; a document that has not shown our last edit yet is waited for."""
        earlier = self.claims.of_file(path)
        if earlier and self.document(path) is not None:
            await self.claims.wait_for(earlier, patience.settle)
        document = self.document(path)
        if document is not None:
            return Target(path, document.uri, document.text, document)
        text = self.claims.expected(path)
        if text is None and self._view.exists(path):
            text = await asyncio.to_thread(self._view.read, path)
        return Target(path, self.uri(path), text)

    def document(self, path: str) -> OpenDocument | None:
        """Return the file's document, None when the editor has not opened it."""
        return self._documents.beneath(self._folder).get(path)

    def uri(self, path: str) -> str:
        """Return the URI of a file that is not open."""
        return uri_in(self._folder, path)

    def look(self, document: OpenDocument) -> None:
        """Take in what a document reads now."""
        path = self._documents.path_in(self._folder, document.uri)
        if path is None:
            return
        self.bases.opened(path, document.text)
        self.claims.follow(path, document)
        if self.claims.look(path, document.text) and not self.claims.of_file(path):
            self._view.forget_pending(path)

    async def look_at_disk(self, uris: Iterable[str]) -> None:
        """Take in that files were changed on disk: one that waits to be seen may show there."""
        for path in {self._documents.path_in(self._folder, uri) for uri in uris}:
            if path is not None and self.claims.of_file(path) and self.document(path) is None:
                text = await asyncio.to_thread(self.on_disk, path)
                if text is not None and self.claims.look(path, text):
                    self._view.forget_pending(path)

    def on_disk(self, path: str) -> str | None:
        """Return what a file's bytes say, None where they are no text."""
        try:
            return (self._root / path).read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    async def wait_for(self, edit_ids: Collection[EditId] | None, patience: Patience) -> list[Seen]:
        """Wait, boundedly, for what these edits (None: all) merely claim; hands over, once, all of them."""
        await self.claims.wait_for(edit_ids, patience.settle)
        seen = self.claims.take_seen(edit_ids)
        return seen + [Seen(claim, None) for claim in self.claims.take_open(edit_ids)]

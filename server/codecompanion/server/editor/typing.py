"""Tells whoever records it what happens to the open documents; costs next to nothing while nobody does.

Nothing heavy is imported here: recorders come with a folder's log, after its first run.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from codecompanion.server.editor.open_documents import OpenDocuments
from codecompanion.server.wire.documents import OpenDocument
from codecompanion.server.wire.folders import WorkspaceFolder


class Recorder(Protocol):
    """What records the documents of one folder; every call returns at once."""

    def opened(self, path: str, document: OpenDocument) -> None:
        """Take in that a document was opened."""
        ...

    def changed(self, path: str, changes: Sequence[Any], document: OpenDocument) -> None:
        """Take in a change: the client's own words for it, and the document after it."""
        ...

    def saved(self, path: str, document: OpenDocument) -> None:
        """Take in that a document was saved."""
        ...

    def closed(self, path: str) -> None:
        """Take in that a document was closed."""
        ...


class Typing:
    """The recorders of the open folders; a document in two folders is told to both."""

    def __init__(self, documents: OpenDocuments) -> None:
        self._documents = documents
        self._recorders: dict[WorkspaceFolder, Recorder] = {}

    def begin(self, folder: WorkspaceFolder, recorder: Recorder) -> None:
        """Let a recorder have the folder's documents, first those that are open now."""
        self._recorders[folder] = recorder
        for path, document in self._documents.beneath(folder).items():
            recorder.opened(path, document)

    def end(self, folder: WorkspaceFolder, recorder: Recorder) -> None:
        """Let go of a folder's recorder; one that was begun after it stays."""
        if self._recorders.get(folder) is recorder:
            del self._recorders[folder]

    def opened(self, uri: str) -> None:
        """A document was opened."""
        document = self._documents.get(uri)
        for path, recorder in self._concerned(uri):
            if document is not None:
                recorder.opened(path, document)

    def changed(self, uri: str, changes: Sequence[Any]) -> None:
        """A document was changed, by the person or by an edit of ours."""
        document = self._documents.get(uri)
        for path, recorder in self._concerned(uri):
            if document is not None:
                recorder.changed(path, changes, document)

    def saved(self, uri: str) -> None:
        """A document was saved."""
        document = self._documents.get(uri)
        for path, recorder in self._concerned(uri):
            if document is not None:
                recorder.saved(path, document)

    def closed(self, uri: str) -> None:
        """A document was closed."""
        for path, recorder in self._concerned(uri):
            recorder.closed(path)

    def _concerned(self, uri: str) -> list[tuple[str, Recorder]]:
        placed = [
            (self._documents.path_in(folder, uri), recorder) for folder, recorder in self._recorders.items()
        ]
        return [(path, recorder) for path, recorder in placed if path is not None]

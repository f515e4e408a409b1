"""The open documents beneath each folder, for code that may run in any thread."""

from collections.abc import Callable, Iterator, Mapping

from codecompanion.server.editor.places import relative_to
from codecompanion.server.wire.documents import Documents, OpenDocument
from codecompanion.server.wire.folders import WorkspaceFolder

Listener = Callable[[OpenDocument], None]


class Texts(Mapping[str, str]):
    """The texts of some documents by relative path; each is put together only when it is asked for."""

    def __init__(self, documents: Mapping[str, OpenDocument]) -> None:
        self._documents = documents

    def __getitem__(self, path: str) -> str:
        return self._documents[path].text

    def __iter__(self) -> Iterator[str]:
        return iter(self._documents)

    def __len__(self) -> int:
        return len(self._documents)


class OpenDocuments:
    """Copies of the wire's documents, replaced and never changed, and whoever wants to know of a change.

    ``active`` is the URI of the document the person dealt with last.
    """

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._now: tuple[OpenDocument, ...] = ()
        self._paths: dict[tuple[WorkspaceFolder, str], str | None] = {}
        self._listeners: list[Listener] = []
        self.active: str | None = None

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` with each document that was opened, changed or saved; returns how to end that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def touched(self, uri: str) -> None:
        """Take in that a document was opened, changed or saved."""
        self.active = uri
        self._copy()
        document = self._documents.get(uri)
        if document is not None:
            for listener in tuple(self._listeners):
                listener(document)

    def closed(self, uri: str) -> None:
        """Take in that a document was closed."""
        if self.active == uri:
            self.active = None
        self._copy()
        still_open = {document.uri for document in self._now}
        self._paths = {known: path for known, path in self._paths.items() if known[1] in still_open}

    def get(self, uri: str) -> OpenDocument | None:
        """Return a document by any spelling of its URI."""
        return self._documents.get(uri)

    def beneath(self, folder: WorkspaceFolder) -> dict[str, OpenDocument]:
        """Return the documents of a folder by relative path."""
        placed = ((self.path_in(folder, document.uri), document) for document in self._now)
        return {path: document for path, document in placed if path is not None}

    def path_in(self, folder: WorkspaceFolder, uri: str) -> str | None:
        """Return a document's path in a folder, None where it is not in it."""
        # asked for with every key, edit and look at a file, and links are only followed by asking the disk
        known = (folder, uri)
        if known not in self._paths:
            self._paths[known] = relative_to(folder, uri)
        return self._paths[known]

    def texts(self, folder: WorkspaceFolder) -> Texts:
        """Return the texts of a folder's documents by relative path."""
        return Texts(self.beneath(folder))

    def _copy(self) -> None:
        self._now = tuple(self._documents.values())

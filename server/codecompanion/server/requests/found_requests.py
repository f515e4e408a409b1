"""The written requests of each open document, looked for once a version."""

from codecompanion.server.requests.request_comments import RequestComment, find_requests
from codecompanion.server.wire.documents import OpenDocument


class FoundRequests:
    """Remembers, for each document, what the last state of it that was asked for holds."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[OpenDocument, list[RequestComment]]] = {}

    def of(self, document: OpenDocument) -> list[RequestComment]:
        """Return the document's requests from top to bottom."""
        last = self._last.get(document.uri)
        if last is not None and last[0] is document:
            return last[1]
        found = find_requests(document.lines, document.language_id, document.uri)
        self._last[document.uri] = (document, found)
        return found

    def forget(self, uri: str) -> None:
        """Drop what is known of a closed document."""
        self._last.pop(uri, None)

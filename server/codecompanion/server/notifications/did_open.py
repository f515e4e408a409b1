"""`textDocument/didOpen`: a document was opened."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lsprotocol import types

    from codecompanion.server.session import Session


def handle(session: "Session", params: "types.DidOpenTextDocumentParams") -> None:
    """Record it, and let whoever waits for the document see it."""
    session.typing.opened(params.text_document.uri)
    session.documents.touched(params.text_document.uri)

"""`textDocument/didSave`: a document was saved."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lsprotocol import types

    from codecompanion.server.session import Session


def handle(session: "Session", params: "types.DidSaveTextDocumentParams") -> None:
    """Record it, and let whoever waits for the document see it."""
    session.typing.saved(params.text_document.uri)
    session.documents.touched(params.text_document.uri)
    if session.plans.run_of(params.text_document.uri) is not None:
        session.server.spawn(session.plans.saved(params.text_document.uri), "read a saved plan")

"""`textDocument/didClose`: the document is the disk's again."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lsprotocol import types

    from codecompanion.server.session import Session


def handle(session: "Session", params: "types.DidCloseTextDocumentParams") -> None:
    """Forget what was known of the open document."""
    uri = params.text_document.uri
    session.typing.closed(uri)
    session.documents.closed(uri)
    session.problems.forget(uri)
    session.comments.forget(uri)
    session.plans.closed(uri)

"""`textDocument/didChange`: a document was changed, by the person or by an edit of ours."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lsprotocol import types

    from codecompanion.server.session import Session


def handle(session: "Session", params: "types.DidChangeTextDocumentParams") -> None:
    """Record it, and let whoever waits for it see it; problems known of its old lines are forgotten."""
    uri = params.text_document.uri
    session.problems.forget(uri)
    session.typing.changed(uri, params.content_changes)
    session.documents.touched(uri)

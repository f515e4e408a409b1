"""What a person did in the editor, beside what the agents did: enough to rebuild any document at any moment.

They stand in a stream of their own, `DOCUMENTS`; their place between the agents' events is their position in
the whole log. Offsets count characters (code points) of the text before the change.
"""

from typing import Literal

from codecompanion.contracts.base import Contract

DOCUMENTS = "~documents"
"""The stream of the person's own changes; names of streams that are no run begin with ``~``."""


class TextChange(Contract):
    """Characters ``start`` to ``end`` became ``text``."""

    start: int
    end: int
    text: str


class DocumentOpened(Contract):
    """The text is kept once, under its hash, in the blob store."""

    event: Literal["document_opened"] = "document_opened"
    path: str
    version: int
    sha256: str


class DocumentChanged(Contract):
    """Changes in order, each against the text the one before left; ``sha256`` is that of the text after all."""

    event: Literal["document_changed"] = "document_changed"
    path: str
    version: int
    changes: tuple[TextChange, ...]
    sha256: str


class DocumentSaved(Contract):
    event: Literal["document_saved"] = "document_saved"
    path: str
    sha256: str


class DocumentClosed(Contract):
    event: Literal["document_closed"] = "document_closed"
    path: str

"""What happened to a folder's open documents, and the events that tell it. Nothing here waits or writes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from codecompanion.contracts.document_events import (
    DocumentChanged,
    DocumentClosed,
    DocumentOpened,
    DocumentSaved,
    TextChange,
)
from codecompanion.contracts.events import Event
from codecompanion.orchestra.replay.documents import changed_text
from codecompanion.orchestra.workspace.secret_files import secret_in
from codecompanion.server.editor.text_changes import minimal_span, spans_of
from codecompanion.server.wire.documents import OpenDocument

BIGGEST = 1_000_000
"""Characters of a document; a bigger one is not recorded."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A document was opened, or is recorded anew."""

    path: str
    document: OpenDocument


@dataclass(frozen=True, slots=True)
class Changed:
    """``changes`` None: the client's words for it were let go, the documents' texts tell."""

    path: str
    changes: Sequence[Any] | None
    document: OpenDocument


@dataclass(frozen=True, slots=True)
class Saved:
    """A document was saved."""

    path: str


@dataclass(frozen=True, slots=True)
class Closed:
    """A document was closed, or is not recorded any more."""

    path: str


Happening = Opened | Changed | Saved | Closed


def condensed(happenings: Sequence[Happening]) -> list[Happening]:
    """Return them with a document's changes taken together, between two other things that happened to it."""
    kept: list[Happening | None] = []
    last: dict[str, int] = {}
    for one in happenings:
        if isinstance(one, Changed):
            if one.path in last:
                kept[last[one.path]] = None
            last[one.path] = len(kept)
            kept.append(Changed(one.path, None, one.document))
        else:
            last.pop(one.path, None)
            kept.append(one)
    return [one for one in kept if one is not None]


class DocumentEvents:
    """Makes the events of one recording; it knows each document as the events so far leave it.

    Invariant: the events lead to exactly the text a document had, at every version: each change is checked
    against the document, and told anew from the texts where the client's words for it do not lead there.
    ``may_record`` says of a path whether it may be recorded.
    """

    def __init__(self, may_record: Callable[[str], bool]) -> None:
        self._may_record = may_record
        self._recorded: dict[str, OpenDocument] = {}

    def of(self, happenings: Sequence[Happening]) -> tuple[list[Event], list[str]]:
        """Return the events of what happened, and the texts they name; in any thread, one at a time."""
        events: list[Event] = []
        texts: list[str] = []
        gathered: dict[str, list[Changed]] = {}
        for one in happenings:
            if isinstance(one, Changed):
                gathered.setdefault(one.path, []).append(one)
                continue
            events += self._changes(gathered.pop(one.path, []))
            if isinstance(one, Opened):
                texts += self._opening(one, events)
            elif one.path not in self._recorded:
                continue
            elif isinstance(one, Saved):
                events.append(DocumentSaved(path=one.path, sha256=self._recorded[one.path].sha256))
            else:
                del self._recorded[one.path]
                events.append(DocumentClosed(path=one.path))
        for changes in gathered.values():
            events += self._changes(changes)
        return events, texts

    def _opening(self, one: Opened, events: list[Event]) -> list[str]:
        text = one.document.text
        if len(text) > BIGGEST or secret_in(text) or not self._may_record(one.path):
            return []
        self._recorded[one.path] = one.document
        version = one.document.version or 0
        events.append(DocumentOpened(path=one.path, version=version, sha256=one.document.sha256))
        return [text]

    def _changes(self, gathered: Sequence[Changed]) -> list[Event]:
        if not gathered or gathered[0].path not in self._recorded:
            return []
        path, before, after = gathered[0].path, self._recorded[gathered[0].path], gathered[-1].document
        spans = _spans(before, gathered)
        if any(secret_in(span.text) for span in spans):
            # a key was pasted: from here on the document is left alone until it is opened again
            del self._recorded[path]
            return [DocumentClosed(path=path)]
        self._recorded[path] = after
        if not spans:
            return []
        version = after.version or 0
        return [DocumentChanged(path=path, version=version, changes=tuple(spans), sha256=after.sha256)]


def _spans(before: OpenDocument, gathered: Sequence[Changed]) -> list[TextChange]:
    after = gathered[-1].document
    if all(one.changes is not None for one in gathered):
        spans: list[TextChange] = []
        document = before
        for one in gathered:
            spans += spans_of(document, one.changes or (), one.document)
            document = one.document
        if changed_text(before.text, spans) == after.text:
            return [span for span in spans if span.text or span.start != span.end]
    return list(minimal_span(before.text, after.text))

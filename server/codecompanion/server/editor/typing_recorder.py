"""Records what happens to a folder's open documents in its log, gathered, off the loop, and with bounds.

Imported late, with the folder's log: nothing is recorded before there is one.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from codecompanion.contracts.document_events import (
    DOCUMENTS,
    DocumentChanged,
    DocumentClosed,
    DocumentOpened,
    DocumentSaved,
    TextChange,
)
from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.events import Context, Event, Recorded
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.ports import BlobStore, VersionConflict
from codecompanion.orchestra.replay.documents import changed_text
from codecompanion.orchestra.workspace.secret_files import secret_in
from codecompanion.server.editor.text_changes import minimal_span, size_of, spans_of
from codecompanion.server.wire.documents import OpenDocument

log = logging.getLogger(__name__)

GATHER = 0.25
"""Seconds for which changes are gathered into one event."""
RETRY = 30.0
"""Seconds after which a recording that a full disk had paused is tried again."""
MOST_WAITING = 400
"""Happenings that wait to be written; above it, a document's changes are taken together."""
MOST_WAITING_CHARS = 4_000_000
BIGGEST = 1_000_000
"""Characters of a document; a bigger one is not recorded."""
_BY = Context(actor="editor", correlation_id=DOCUMENTS)


class DocumentLog(Protocol):
    """What is needed of the event store."""

    async def append(
        self, run_id: RunId, expected_version: int, events: Sequence[Event], contexts: Sequence[Context] = ()
    ) -> list[Recorded]:
        """Append all or nothing; raises ``VersionConflict`` or ``OrchestraError``."""
        ...

    async def version(self, run_id: RunId) -> int:
        """Return how many events a stream has."""
        ...

    @property
    def blobs(self) -> BlobStore:
        """Where texts are kept."""
        ...


@dataclass(frozen=True, slots=True)
class _Opened:
    path: str
    document: OpenDocument


@dataclass(frozen=True, slots=True)
class _Changed:
    """``changes`` None: the client's words for it were let go, the documents' texts tell."""

    path: str
    changes: Sequence[Any] | None
    document: OpenDocument


@dataclass(frozen=True, slots=True)
class _Saved:
    path: str


@dataclass(frozen=True, slots=True)
class _Closed:
    path: str


_Happening = _Opened | _Changed | _Saved | _Closed


class TypingRecorder:
    """Implements ``typing.Recorder`` for one folder, on one event loop.

    Invariant: what is in the log leads to exactly the text the document had, at every version recorded: each
    change is checked against the document, and told anew from the texts where the client's words for it do not
    lead there. ``may_record`` says of a path, from any thread, whether it may be; ``tell`` shows the person one
    sentence. A log that cannot be written pauses the recording; it begins anew with all open documents.
    """

    def __init__(
        self,
        store: DocumentLog,
        may_record: Callable[[str], bool],
        tell: Callable[[str], None],
        *,
        gather: float = GATHER,
        retry: float = RETRY,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._may_record = may_record
        self._tell = tell
        self._gather = gather
        self._retry = retry
        self._monotonic = monotonic
        self._version: int | None = None
        self._waiting: list[_Happening] = []
        self._waiting_chars = 0
        self._open: dict[str, OpenDocument] = {}
        self._recorded: dict[str, OpenDocument] = {}
        self._paused_until: float | None = None
        self._enabled = True
        self._wake = asyncio.Event()
        self._writing = asyncio.Lock()
        self._flushes: set[asyncio.Task[None]] = set()
        self._closed = False

    # -- what happens, from the notifications

    def opened(self, path: str, document: OpenDocument) -> None:
        """Take in an opened document."""
        self._open[path] = document
        self._take(_Opened(path, document))

    def changed(self, path: str, changes: Sequence[Any], document: OpenDocument) -> None:
        """Take in a change."""
        self._open[path] = document
        self._waiting_chars += size_of(changes)
        self._take(_Changed(path, changes, document))

    def saved(self, path: str, document: OpenDocument) -> None:
        """Take in a save."""
        self._take(_Saved(path))

    def closed(self, path: str) -> None:
        """Take in a close."""
        self._open.pop(path, None)
        self._take(_Closed(path))

    def enable(self, enabled: bool) -> None:
        """Begin to record, or stop, as the setting says."""
        if enabled == self._enabled:
            return
        self._enabled = True
        if enabled:
            self._begin_anew()
        else:
            for path in list(self._open):
                self._take(_Closed(path))
            self._enabled = False

    def _take(self, happening: _Happening) -> None:
        if not self._enabled or self._closed or self._is_paused():
            return
        self._waiting.append(happening)
        if len(self._waiting) > MOST_WAITING or self._waiting_chars > MOST_WAITING_CHARS:
            self._condense()
        self._wake.set()

    def _is_paused(self) -> bool:
        if self._paused_until is None:
            return False
        if self._monotonic() < self._paused_until:
            return True
        self._paused_until = None
        self._begin_anew()
        return True  # what asks is among the open documents that are recorded anew

    def _begin_anew(self) -> None:
        self._waiting = [_Opened(path, document) for path, document in self._open.items()]
        self._waiting_chars = 0
        self._wake.set()

    def _condense(self) -> None:
        """Take a document's changes together, between two other things that happened to it."""
        kept: list[_Happening | None] = []
        last: dict[str, int] = {}
        for one in self._waiting:
            if isinstance(one, _Changed):
                if one.path in last:
                    kept[last[one.path]] = None
                last[one.path] = len(kept)
                kept.append(_Changed(one.path, None, one.document))
            else:
                last.pop(one.path, None)
                kept.append(one)
        self._waiting = [one for one in kept if one is not None]
        self._waiting_chars = 0
        if len(self._waiting) > MOST_WAITING:
            self._pause(OrchestraError("the log is too slow for what happens in the editor"))

    # -- what is written

    async def run(self) -> None:
        """Write what happens, gathered, until it is closed."""
        while not self._closed:
            await self._wake.wait()
            self._wake.clear()
            await asyncio.sleep(self._gather)
            await self.flush()

    async def close(self) -> None:
        """Write what has happened so far and that nothing more will be recorded, and nothing after that."""
        if self._enabled and self._paused_until is None:
            self._waiting += [_Closed(path) for path in self._open]
        self._closed = True
        self._wake.set()
        await self.flush()

    async def flush(self) -> None:
        """Return when all that has happened so far is written, or cannot be."""
        if not self._waiting and not self._flushes:
            return
        task = asyncio.create_task(self._flush(), name="record typing")
        self._flushes.add(task)
        task.add_done_callback(self._flushes.discard)
        # who is cancelled while waiting must not leave the log behind what is noted as recorded
        await asyncio.shield(task)

    async def _flush(self) -> None:
        async with self._writing:
            waiting, self._waiting, self._waiting_chars = self._waiting, [], 0
            if not waiting:
                return
            try:
                await self._write(waiting)
            except (OrchestraError, VersionConflict) as trouble:
                self._pause(trouble)

    async def _write(self, waiting: Sequence[_Happening]) -> None:
        events, texts = await asyncio.to_thread(self._events_of, waiting)
        for text in texts:
            await self._store.blobs.put(text.encode("utf-8", "surrogatepass"))
        if not events:
            return
        if self._version is None:
            self._version = await self._store.version(DOCUMENTS)
        await self._store.append(DOCUMENTS, self._version, events, [_BY] * len(events))
        self._version += len(events)

    def _pause(self, trouble: Exception) -> None:
        log.warning("typing is not recorded for now: %s", trouble)
        self._recorded = {}
        self._waiting = []
        self._version = None
        self._paused_until = self._monotonic() + self._retry
        self._tell(
            f"what you type is not recorded for now: {trouble}. Nothing else is affected; recording begins "
            "anew by itself"
        )

    def _events_of(self, waiting: Sequence[_Happening]) -> tuple[list[Event], list[str]]:
        """Return the events of what happened, and the texts they name; in a thread, one at a time."""
        events: list[Event] = []
        texts: list[str] = []
        gathered: dict[str, list[_Changed]] = {}
        for one in waiting:
            if isinstance(one, _Changed):
                gathered.setdefault(one.path, []).append(one)
                continue
            events += self._changes(gathered.pop(one.path, []))
            if isinstance(one, _Opened):
                texts += self._opening(one, events)
            elif one.path not in self._recorded:
                continue
            elif isinstance(one, _Saved):
                events.append(DocumentSaved(path=one.path, sha256=self._recorded[one.path].sha256))
            else:
                del self._recorded[one.path]
                events.append(DocumentClosed(path=one.path))
        for changes in gathered.values():
            events += self._changes(changes)
        return events, texts

    def _opening(self, one: _Opened, events: list[Event]) -> list[str]:
        text = one.document.text
        if len(text) > BIGGEST or secret_in(text) or not self._may_record(one.path):
            return []
        self._recorded[one.path] = one.document
        version = one.document.version or 0
        events.append(DocumentOpened(path=one.path, version=version, sha256=one.document.sha256))
        return [text]

    def _changes(self, gathered: Sequence[_Changed]) -> list[Event]:
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


def _spans(before: OpenDocument, gathered: Sequence[_Changed]) -> list[TextChange]:
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

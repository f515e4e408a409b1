"""Records what happens to a folder's open documents in its log, gathered, off the loop, and with bounds.

Imported late, with the folder's log: nothing is recorded before there is one.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from codecompanion.contracts.document_events import DOCUMENTS
from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.events import Context, Event, Recorded
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.ports import BlobStore, VersionConflict
from codecompanion.server.editor.text_changes import size_of
from codecompanion.server.editor.typing_events import (
    Changed,
    Closed,
    DocumentEvents,
    Happening,
    Opened,
    Saved,
    condensed,
)
from codecompanion.server.wire.documents import OpenDocument

log = logging.getLogger(__name__)

GATHER = 0.25
"""Seconds for which changes are gathered into one event."""
RETRY = 30.0
"""Seconds after which a recording that a full disk had paused is tried again."""
MOST_WAITING = 400
"""Happenings that wait to be written; above it, a document's changes are taken together."""
MOST_WAITING_CHARS = 4_000_000
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


class TypingRecorder:
    """Implements ``typing.Recorder`` for one folder, on one event loop.

    ``may_record`` says of a path, from any thread, whether it may be recorded; ``tell`` shows the person one
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
        self._events = DocumentEvents(may_record)
        self._version: int | None = None
        self._waiting: list[Happening] = []
        self._waiting_chars = 0
        self._open: dict[str, OpenDocument] = {}
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
        self._take(Opened(path, document))

    def changed(self, path: str, changes: Sequence[Any], document: OpenDocument) -> None:
        """Take in a change."""
        self._open[path] = document
        self._waiting_chars += size_of(changes)
        self._take(Changed(path, changes, document))

    def saved(self, path: str, document: OpenDocument) -> None:
        """Take in a save."""
        self._take(Saved(path))

    def closed(self, path: str) -> None:
        """Take in a close."""
        self._open.pop(path, None)
        self._take(Closed(path))

    def enable(self, enabled: bool) -> None:
        """Begin to record, or stop, as the setting says."""
        if enabled == self._enabled:
            return
        if not enabled:
            for path in list(self._open):
                self._take(Closed(path))
        self._enabled = enabled
        if enabled:
            self._begin_anew()

    def _take(self, happening: Happening) -> None:
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
        self._waiting = [Opened(path, document) for path, document in self._open.items()]
        self._waiting_chars = 0
        self._wake.set()

    def _condense(self) -> None:
        self._waiting = condensed(self._waiting)
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
            self._waiting += [Closed(path) for path in self._open]
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

    async def _write(self, waiting: Sequence[Happening]) -> None:
        events, texts = await asyncio.to_thread(self._events.of, waiting)
        for text in texts:
            await self._store.blobs.put(text.encode("utf-8", "surrogatepass"))
        if not events:
            return
        # a pause may come meanwhile: what is appended here was appended all the same
        version = await self._store.version(DOCUMENTS) if self._version is None else self._version
        await self._store.append(DOCUMENTS, version, events, [_BY] * len(events))
        self._version = version + len(events)

    def _pause(self, trouble: Exception) -> None:
        log.warning("typing is not recorded for now: %s", trouble)
        self._events = DocumentEvents(self._may_record)
        self._waiting = []
        self._version = None
        self._paused_until = self._monotonic() + self._retry
        self._tell(
            f"what you type is not recorded for now: {trouble}. Nothing else is affected; recording begins "
            "anew by itself"
        )

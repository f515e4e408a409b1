"""The event store without a file: for folders that can hold no log, for runs that want none, and for tests."""

from collections.abc import Sequence
from itertools import islice

from codecompanion.contracts.events import Context, Event, EventText, Recorded
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.ports import Clock, EventStore
from codecompanion.memory.blob_store import MemoryBlobStore
from codecompanion.memory.errors import StorageError, version_conflict
from codecompanion.memory.event_codec import contexts_for, encode, recorded, require_storable


class MemoryEventStore(EventStore):
    """Keeps the `EventStore` contract for as long as the process lives; nothing survives it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._runs: dict[RunId, list[Recorded]] = {}
        self._texts: dict[RunId, list[EventText]] = {}
        self._log: list[Recorded] = []
        self._closed = False
        self.blobs = MemoryBlobStore()

    async def append(
        self,
        run_id: RunId,
        expected_version: int,
        events: Sequence[Event],
        contexts: Sequence[Context] = (),
    ) -> list[Recorded]:
        """Append all or nothing; raises ``VersionConflict`` or ``StorageError`` just as the durable store."""
        self._require_open()
        require_storable(run_id)
        whole = contexts_for(run_id, events, contexts)
        texts = [encode(event) for event in events]
        stream = self._runs.get(run_id, [])
        if len(stream) != expected_version:
            raise version_conflict(run_id, len(stream), expected_version)
        at = float(self._clock())
        appended = recorded(run_id, expected_version, len(self._log) + 1, at, events, contexts=whole)
        if appended:
            self._runs.setdefault(run_id, []).extend(appended)
            self._texts.setdefault(run_id, []).extend(EventText(at, text) for text in texts)
            self._log.extend(appended)
        return appended

    async def read(self, run_id: RunId) -> list[Recorded]:
        """Return one run's events in order."""
        self._require_open()
        require_storable(run_id)
        return list(self._runs.get(run_id, []))

    async def read_texts(self, run_id: RunId) -> list[EventText]:
        """Return one run's events as the durable store would have them."""
        self._require_open()
        require_storable(run_id)
        return list(self._texts.get(run_id, []))

    async def read_since(self, position: int, limit: int, correlation_id: str | None = None) -> list[Recorded]:
        """Return at most ``limit`` events of all streams after ``position``, in order."""
        self._require_open()
        later = islice(self._log, max(position, 0), None)
        wanted = (one for one in later if correlation_id in (None, one.context.correlation_id))
        return list(islice(wanted, limit))

    async def run_ids(self) -> list[RunId]:
        """Return every run's id, oldest first."""
        self._require_open()
        return [run_id for run_id in self._runs if not run_id.startswith("~")]

    async def close(self) -> None:
        """Refuse everything from now on."""
        self._closed = True

    def _require_open(self) -> None:
        if self._closed:
            raise StorageError("the log is closed")

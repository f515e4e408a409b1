"""The event store without a file: for folders that can hold no log, for runs that want none, and for tests."""

from collections.abc import Sequence

from codecompanion.contracts.events import Context, Event, Recorded
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.ports import Clock, EventStore
from codecompanion.memory.errors import StorageError, version_conflict
from codecompanion.memory.event_codec import encode, recorded, require_storable


class MemoryEventStore(EventStore):
    """Keeps the `EventStore` contract for as long as the process lives; nothing survives it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._runs: dict[RunId, list[Recorded]] = {}
        self._position = 0
        self._closed = False

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
        for event in events:
            encode(event)
        stream = self._runs.get(run_id, [])
        if len(stream) != expected_version:
            raise version_conflict(run_id, len(stream), expected_version)
        at = float(self._clock())
        appended = recorded(run_id, expected_version, self._position + 1, at, events)
        if appended:
            self._runs.setdefault(run_id, []).extend(appended)
            self._position += len(appended)
        return appended

    async def read(self, run_id: RunId) -> list[Recorded]:
        """Return one run's events in order."""
        self._require_open()
        require_storable(run_id)
        return list(self._runs.get(run_id, []))

    async def run_ids(self) -> list[RunId]:
        """Return every run's id, oldest first."""
        self._require_open()
        return list(self._runs)

    async def close(self) -> None:
        """Refuse everything from now on."""
        self._closed = True

    def _require_open(self) -> None:
        if self._closed:
            raise StorageError("the log is closed")

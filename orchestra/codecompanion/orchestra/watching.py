"""Watching a run: every one of its events once and in order, however late or slow the watcher is."""

from collections.abc import AsyncIterator

from codecompanion.contracts.events import Recorded
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.ports import Bus, EventStore, SubscriberLagged


async def watch(run_id: RunId, store: EventStore, bus: Bus) -> AsyncIterator[Recorded]:
    """Yield every event of a run from its first on; ends with the run."""
    events = bus.subscribe(run_id)
    seen = 0
    while True:
        # the log holds what was published before, or lost while this watcher lagged
        for recorded in await store.read(run_id):
            if recorded.version > seen:
                seen = recorded.version
                yield recorded
                if recorded.body.event == "run_finished":
                    return
        try:
            async for recorded in events:
                if recorded.version > seen:
                    seen = recorded.version
                    yield recorded
                    if recorded.body.event == "run_finished":
                        return
        except SubscriberLagged:
            continue

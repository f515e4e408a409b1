"""Removing old typing: what was typed before the oldest run that is kept, which no replay asks for any more."""

import math
import sys
from collections.abc import Collection
from functools import partial

from codecompanion.contracts.ids import RunId
from codecompanion.contracts.session_events import TypingCut
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.memory.typing_stream import (
    Typed,
    remove_typing,
    run_beginnings,
    typed_before,
    typing_begins_after,
    typing_link,
)
from codecompanion.orchestra.replay.documents import texts_wanted
from codecompanion.orchestra.replay.typing_cut import known_after
from codecompanion.server.runs.keeping import note
from codecompanion.server.runs.reader import RunReader

LEAST = 500
"""Events below which a cut by age is not worth what it leaves behind."""


async def removable(store: SqliteEventStore, before: float, going: Collection[RunId]) -> tuple[Typed, Typed]:
    """Return how much was typed before the oldest run that stays: of that, before a time; and all of it."""
    beginnings = await store.ask(run_beginnings)
    first = next((position for run_id, position in beginnings if run_id not in going), sys.maxsize)
    old = await store.ask(partial(typed_before, position=first, at=before))
    return old, await store.ask(partial(typed_before, position=first, at=math.inf))


async def cut(store: SqliteEventStore, events: int, reason: str) -> None:
    """Remove the oldest events of the typing; it is noted before, with what they came to.

    A check knows of it by that. Replays of runs that began later are the same after it.
    """
    reader = RunReader(store)
    version = (await store.ask(typing_begins_after)).version + events
    gone = [one for one in await reader.typing() if one.version <= version]
    known, kept = known_after(gone, await reader.kept_texts(texts_wanted(gone)))
    for text in kept.values():
        await store.blobs.put(text.encode("utf-8", "surrogatepass"))
    noted = TypingCut(
        reason=reason,
        version=version,
        position=gone[-1].position,
        happened_at=gone[-1].at,
        last_link=await store.ask(partial(typing_link, version=version)),
        documents=known,
    )
    await note(store, noted, "orchestra")
    await _remove(store, version)


async def finish_cut(store: SqliteEventStore) -> None:
    """Remove what an earlier clean-up had noted and did not come to, because its program ended."""
    cuts = (await RunReader(store).notes()).typing_cuts
    if cuts and max(cuts) != (await store.ask(typing_begins_after)).version:
        await _remove(store, max(cuts))


async def _remove(store: SqliteEventStore, version: int) -> None:
    """Remove the typing up to a version, and the kept texts that nothing speaks of any more."""
    await store.change(partial(remove_typing, version=version))
    await store.blobs.keep_only(texts_wanted(await RunReader(store).typing()))

"""Whole streams put in, taken out and removed beside the appends of the same log."""

import time
from functools import partial
from pathlib import Path

import pytest

from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.events import Context, RunPaused, RunResumed
from codecompanion.memory.event_codec import encode
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.memory.whole_streams import (
    accounts,
    broken_copy,
    last_link,
    positions,
    put_stream,
    remove_stream,
    stream_as_stored,
    streams,
)

EVENTS = (RunPaused(), RunResumed(), RunPaused())


def rows(correlation: str = "first") -> list[tuple[float, str, Context]]:
    return [(float(n), encode(event), Context(correlation_id=correlation)) for n, event in enumerate(EVENTS)]


async def test_a_stream_that_was_put_in_is_one_like_any_other(tmp_path: Path) -> None:
    store = await SqliteEventStore.open(tmp_path / "data", time.time)
    try:
        await store.append("run-a", 0, EVENTS)
        await store.change(partial(put_stream, run_id="run-b", events=rows()))
        # the appending connection did not know of it
        await store.append("run-a", 3, [RunResumed()])
        appended = await store.append("run-b", 3, [RunResumed()])
        assert [one.position for one in appended] == [8]
        history = await store.read("run-b")
        assert [(one.version, one.at, one.context.correlation_id) for one in history[:3]] == [
            (1, 0.0, "first"),
            (2, 1.0, "first"),
            (3, 2.0, "first"),
        ]
        assert await store.verify("run-a") == await store.verify("run-b") == []
        assert await store.ask(streams) == ["run-a", "run-b"]
        assert await store.ask(positions) == (8, 8)
        with pytest.raises(OrchestraError):
            await store.change(partial(put_stream, run_id="run-a", events=rows()))
        assert await store.ask(positions) == (8, 8)
    finally:
        await store.close()


async def test_a_removed_stream_leaves_its_places_empty(tmp_path: Path) -> None:
    store = await SqliteEventStore.open(tmp_path / "data", time.time)
    try:
        await store.append("run-a", 0, EVENTS)
        await store.append("run-b", 0, EVENTS)
        assert await store.change(partial(remove_stream, run_id="run-a")) == 3
        assert await store.ask(positions) == (6, 3)
        await store.append("run-b", 3, EVENTS)
        assert await store.ask(positions) == (9, 6)
        (account,) = await store.ask(accounts)
        assert (account.run_id, account.events) == ("run-b", 6)
        assert account.characters == sum(len(encode(event)) for event in (*EVENTS, *EVENTS))
    finally:
        await store.close()


async def test_a_copy_proves_itself_by_its_chain(tmp_path: Path) -> None:
    store = await SqliteEventStore.open(tmp_path / "data", time.time)
    try:
        await store.append("run-a", 0, EVENTS)
        copy = await store.ask(partial(stream_as_stored, run_id="run-a"))
        assert await store.ask(partial(last_link, run_id="run-a")) == copy[-1].link
    finally:
        await store.close()
    assert broken_copy("run-a", copy) == []
    assert broken_copy("run-b", copy) == ["event 1 was altered, or something before it"]
    assert broken_copy("run-a", copy[1:]) == ["event 1 is missing, or stands in another place"]
    altered = [copy[0], copy[1]._replace(at=0.5), copy[2]]
    assert broken_copy("run-a", altered) == ["event 2 was altered, or something before it"]

"""What every blob store promises, and what the one in the database does beyond it."""

import asyncio
import os
import zlib
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codecompanion.contracts.events import StopRequested
from codecompanion.contracts.ports import BlobLost, BlobStore, Clock
from codecompanion.memory import blob_store
from codecompanion.memory.blob_store import MemoryBlobStore
from codecompanion.memory.database import Database
from codecompanion.memory.errors import StorageError
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.memory.sqlite import sqlite3


@pytest.fixture(params=["sqlite", "memory"])
def blobs(request: pytest.FixtureRequest) -> BlobStore:
    if request.param == "memory":
        return MemoryBlobStore()
    held: BlobStore = request.getfixturevalue("store").blobs
    return held


def stored(database: Database) -> list[tuple[bytes, bytes]]:
    with closing(sqlite3.connect(database.path)) as stranger:
        return stranger.execute("SELECT sha256, packed FROM blobs").fetchall()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200) | st.binary(max_size=20).map(lambda some: some * 5_000))
async def test_what_was_put_is_got_under_its_hash(blobs: BlobStore, content: bytes) -> None:
    name = await blobs.put(content)
    assert name == sha256(content).hexdigest()
    assert await blobs.get(name) == content


@pytest.mark.parametrize("name", ["0" * 64, "", "x" * 64, "0" * 63, "A" * 64, "00 " * 32])
async def test_what_was_never_kept_is_named(blobs: BlobStore, name: str) -> None:
    with pytest.raises(BlobLost, match="cannot be had"):
        await blobs.get(name)


async def test_too_much_is_refused(blobs: BlobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blob_store, "MAX_BYTES", 10)
    await blobs.put(b"x" * 10)
    with pytest.raises(StorageError, match="11 bytes is too big to keep; the most is 10"):
        await blobs.put(b"x" * 11)


async def test_equal_contents_are_kept_once_and_compressed(database: Database, store: SqliteEventStore) -> None:
    text = b"def add(a, b):\n    return a + b\n" * 1_000
    names = await asyncio.gather(*(store.blobs.put(text) for _ in range(20)))
    assert len(set(names)) == 1
    ((digest, packed),) = stored(database)
    assert digest.hex() == names[0]
    assert len(packed) < len(text) / 50


async def test_contents_and_events_share_their_commits_and_are_there_after_a_reopening(
    database: Database, store: SqliteEventStore, tmp_path: Path, clock: Clock
) -> None:
    statements: list[str] = []
    database.writer.set_trace_callback(statements.append)
    contents = [os.urandom(100) for _ in range(100)]
    appends = [store.append(f"run-{n}", 0, [StopRequested(reason="x")]) for n in range(100)]
    names = (await asyncio.gather(*map(store.blobs.put, contents), *appends))[:100]
    database.writer.set_trace_callback(None)
    # how many find room in one depends on which thread is quicker
    assert sum(statement.startswith("COMMIT") for statement in statements) <= 200 / 10
    await store.close()
    reopened = await SqliteEventStore.open(tmp_path / ".orchestra", clock)
    try:
        assert [await reopened.blobs.get(str(name)) for name in names] == contents
        assert len(await reopened.run_ids()) == 100
        assert await reopened.verify("run-7") == []
    finally:
        await reopened.close()


@pytest.mark.parametrize(
    ("alteration", "said"),
    [
        ("UPDATE blobs SET packed = x'ffff'", "damaged"),
        ("UPDATE blobs SET packed = NULL_TEXT", "damaged"),
        ("UPDATE blobs SET packed = OTHER", "something else"),
        ("UPDATE blobs SET packed = substr(packed, 1, length(packed) - 6)", "something else"),
        ("DELETE FROM blobs", "never kept"),
    ],
)
async def test_an_altered_content_is_not_given_out(
    database: Database, store: SqliteEventStore, alteration: str, said: str
) -> None:
    name = await store.blobs.put(b"the first text")
    other = zlib.compress(b"another text").hex()
    script = alteration.replace("OTHER", f"x'{other}'").replace("NULL_TEXT", "'text'")
    with closing(sqlite3.connect(database.path, isolation_level=None)) as stranger:
        stranger.execute(script)
    with pytest.raises(BlobLost, match=said):
        await store.blobs.get(name)


async def test_a_content_cannot_swell(
    database: Database, store: SqliteEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stranger's database may hold a small content that unpacks to more than the memory takes."""
    name = await store.blobs.put(b"small")
    bomb = zlib.compress(bytes(10_000_000)).hex()
    with closing(sqlite3.connect(database.path, isolation_level=None)) as stranger:
        stranger.execute(f"UPDATE blobs SET packed = x'{bomb}'")
    monkeypatch.setattr(blob_store, "MAX_BYTES", 1_000)
    with pytest.raises(BlobLost, match="something else"):
        await store.blobs.get(name)


async def test_a_closed_store_keeps_nothing_more(store: SqliteEventStore) -> None:
    name = await store.blobs.put(b"x")
    await store.close()
    with pytest.raises(StorageError, match="closed"):
        await store.blobs.put(b"y")
    with pytest.raises(StorageError, match="closed"):
        await store.blobs.get(name)


async def test_only_what_is_wanted_or_was_just_put_stays(folder: Path, clock: Clock) -> None:
    before = await SqliteEventStore.open(folder, clock)
    wanted, again, _ = [await before.blobs.put(text) for text in (b"wanted", b"put again", b"old")]
    await before.close()
    store = await SqliteEventStore.open(folder, clock)
    new = await store.blobs.put(b"its event is on the way")
    await store.blobs.put(b"put again")
    assert await store.blobs.keep_only([wanted, "no hash"]) == 1
    assert [await store.blobs.get(name) for name in (wanted, again, new)] == [
        b"wanted",
        b"put again",
        b"its event is on the way",
    ]
    with pytest.raises(BlobLost, match="never kept"):
        await store.blobs.get(sha256(b"old").hexdigest())
    await store.close()

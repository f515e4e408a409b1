"""The log: durable appends beside the bare SQLite engine, their latency, folding and reading a long history."""

import asyncio
import tempfile
import time
from itertools import islice
from pathlib import Path
from statistics import median

from benchmarks.long_run import long_run
from benchmarks.table import Row, percentile, print_table
from codecompanion.contracts.events import TaskProgressed
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.memory.sqlite import sqlite3
from codecompanion.orchestra.runs.quick_fold import fold_texts

WRITERS = 64
"""Writers at the same time, each waiting for its append; the engine alone commits as many rows together."""
APPENDS = 100
"""Events of each writer in one round."""
TOGETHER = 4
"""Writers at the same time that append `WRITERS` events at once, so that each append is a commit's worth."""
ROUNDS = 11
"""Of the store and the engine in turn: what else the machine does meanwhile meets both."""
PER_SECOND = 500
STEADY_SECONDS = 10
STEADY_RUNS = 16
RUNS = 500
RUN_EVENTS = 200
"""A hundred thousand events in all."""
FOLDS = 5
READS = 50
_LETTERS = 960
"""Of an event's text: with the rest of its JSON it takes 1 KB."""


def run() -> list[Row]:
    """Measure everything on files in the temporary folder, which should be on a disk."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(Path(folder)))


async def _measure(folder: Path) -> list[Row]:
    rates = {size: await _rates(folder / f"by-{size}", size) for size in (1, WRITERS)}
    print_table(
        f"durable appends of 1 KB, median of {ROUNDS} rounds",
        ("what", "events a second", "the same engine alone, given the same rows"),
        [
            (f"{_writers(size)} at a time, {size} an append", f"{ours:,.0f}", f"{raw:,.0f}")
            for size, (ours, raw) in rates.items()
        ],
    )
    waits = await _steady_waits(folder)
    print_table(
        f"an append at {PER_SECOND} events a second, ms",
        ("samples", "p50", "p99"),
        [(str(len(waits)), f"{percentile(waits, 0.5) * 1000:.1f}", f"{percentile(waits, 0.99) * 1000:.1f}")],
    )
    loading, folding, size = await _folding_times(folder)
    reading, correlated = await _reading_times(folder)
    print_table(
        f"a history of {RUNS * RUN_EVENTS:,} events",
        ("what", "time"),
        [
            (f"read the texts of one run of all of them, {size / 1e6:.0f} MB", f"{loading:.2f} s"),
            ("fold those texts", f"{folding:.2f} s"),
            (f"read one run of {RUN_EVENTS} beside all others", f"{reading * 1000:.1f} ms"),
            (f"read one correlation of {RUN_EVENTS} beside all others", f"{correlated * 1000:.1f} ms"),
        ],
    )
    return [
        *(
            Row(f"durable appends, {size} an append, × the engine's own rate", ours / raw, "≥", 0.8)
            for size, (ours, raw) in rates.items()
        ),
        Row(f"append at {PER_SECOND} events a second, p99", percentile(waits, 0.99) * 1000, "≤", 10, " ms"),
        Row(f"fold of {RUNS * RUN_EVENTS:,} events from their texts", folding, "≤", 0.5, " s"),
        Row(f"one correlation of {RUN_EVENTS} in them", correlated * 1000, "≤", 3, " ms"),
    ]


def _event(number: int) -> TaskProgressed:
    return TaskProgressed(task_id="t1", text="x" * _LETTERS, done=number % 10, total=10)


async def _open(folder: Path) -> SqliteEventStore:
    return await SqliteEventStore.open(folder, time.time)


def _writers(size: int) -> int:
    return WRITERS if size == 1 else TOGETHER


async def _rates(folder: Path, size: int) -> tuple[float, float]:
    """Return events a second of the store, and of the bare engine that is given the very same rows, in turn.

    ``size`` is the number of events in one append.
    """
    ours, raw = [], []
    for number in range(ROUNDS):
        path = folder / str(number)
        store = await _open(path)
        ours.append(await _store_rate(store, number, size))
        await store.close()
        raw.append(await asyncio.to_thread(_raw_rate, path / "orchestra.db", folder / f"raw-{number}.db"))
    return median(ours), median(raw)


async def _store_rate(store: SqliteEventStore, number: int, size: int) -> float:
    writers = _writers(size)
    each = WRITERS * APPENDS // writers
    events = [_event(version) for version in range(each)]

    async def write(name: str) -> None:
        for version in range(0, each, size):
            await store.append(name, version, events[version : version + size])

    begun = time.perf_counter()
    await asyncio.gather(*(write(f"round-{number}-{writer}") for writer in range(writers)))
    return writers * each / (time.perf_counter() - begun)


def _raw_rate(stored: Path, path: Path) -> float:
    """Return rows a second of the engine alone: the same table, indexes and journal, and nothing around it."""
    source = sqlite3.connect(stored)
    mode = source.execute("PRAGMA journal_mode").fetchone()[0]
    schema = source.execute("SELECT sql FROM sqlite_master WHERE tbl_name = 'events' AND sql IS NOT NULL")
    statements = [sql for (sql,) in schema]
    rows = source.execute("SELECT * FROM events ORDER BY position").fetchall()
    source.close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA journal_mode={mode}")
    connection.execute(f"PRAGMA synchronous={'FULL' if mode == 'wal' else 'EXTRA'}")
    for sql in statements:
        connection.execute(sql)
    insert = f"INSERT INTO events VALUES ({', '.join('?' * len(rows[0]))})"
    begun = time.perf_counter()
    for start in range(0, len(rows), WRITERS):
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(insert, rows[start : start + WRITERS])
        connection.execute("COMMIT")
    took = time.perf_counter() - begun
    connection.close()
    return len(rows) / took


async def _steady_waits(folder: Path) -> list[float]:
    """Return how long each append took from when it was due, whether or not those before it were done."""
    store = await _open(folder / "steady")
    waits: list[float] = []
    clock = asyncio.get_running_loop().time
    start = clock()

    async def append(number: int) -> None:
        version, writer = divmod(number, STEADY_RUNS)
        await store.append(f"steady-{writer}", version, [_event(version)])
        waits.append(clock() - start - number / PER_SECOND)

    async with asyncio.TaskGroup() as group:
        for number in range(PER_SECOND * STEADY_SECONDS):
            await asyncio.sleep(start + number / PER_SECOND - clock())
            group.create_task(append(number))
    await store.close()
    return waits


async def _folding_times(folder: Path) -> tuple[float, float, int]:
    """Return the seconds that reading a long run's texts takes, those of folding them, and their characters."""
    store = await _open(folder / "folded")
    events = long_run(RUNS * RUN_EVENTS)
    for version in range(0, RUNS * RUN_EVENTS, RUN_EVENTS):
        await store.append("run-1", version, list(islice(events, RUN_EVENTS)))
    begun = time.perf_counter()
    texts = await store.read_texts("run-1")
    loading = time.perf_counter() - begun
    await store.close()
    folding = []
    for _ in range(FOLDS):
        begun = time.perf_counter()
        state = fold_texts(one.text for one in texts)
        folding.append(time.perf_counter() - begun)
        if not state.version == len(texts) == RUNS * RUN_EVENTS:
            raise RuntimeError(f"the measured fold did not do its work: version {state.version}")
    return loading, median(folding), sum(len(one.text) for one in texts)


async def _reading_times(folder: Path) -> tuple[float, float]:
    """Return the seconds it takes to read one run, and one correlation, out of all.

    The runs went on side by side, event by event: no two events of one lie on the same page of the file.
    """
    store = await _open(folder / "long")
    for version in range(RUN_EVENTS):
        event = _event(version)
        await asyncio.gather(*(store.append(f"run-{number}", version, [event]) for number in range(RUNS)))
    reading, correlated = [], []
    for number in range(READS):
        name = f"run-{number * RUNS // READS}"
        begun = time.perf_counter()
        run = await store.read(name)
        between = time.perf_counter()
        same = await store.read_since(0, RUN_EVENTS + 1, name)
        correlated.append(time.perf_counter() - between)
        reading.append(between - begun)
        if not len(run) == len(same) == RUN_EVENTS:
            raise RuntimeError(f"the measured reads did not do their work: {len(run)} and {len(same)} events")
    await store.close()
    return median(reading), median(correlated)

"""Who wrote each line of a file of 10,000 lines, in a log of 100,000 events: at first, and while typing."""

import asyncio
import tempfile
import time
from pathlib import Path

from benchmarks.long_run import long_run
from benchmarks.table import Row, percentile
from codecompanion.contracts import document_events as d
from codecompanion.contracts import events as e
from codecompanion.contracts.edits import EditOutcome, ReplaceBlock
from codecompanion.contracts.hashes import sha256_of
from codecompanion.contracts.messages import Role
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.server.provenance.file_authors import FileAuthors
from codecompanion.server.runs.reader import RunReader

EVENTS, LINES, EDITS, TYPED = 100_000, 10_000, 100, 1_000
PATH = "src/big.py"
ASKED = 200


def run() -> list[Row]:
    """Return what a first and a later answer cost."""
    with tempfile.TemporaryDirectory() as folder:
        first, later = asyncio.run(_measure(Path(folder)))
    return [
        Row("blame: first answer about a file", first, "≤", 5.0, " s"),
        Row("blame: answer for a hover while typing, p50", 1000 * percentile(later, 0.5), "≤", 30, " ms"),
        Row("blame: answer for a hover while typing, p99", 1000 * percentile(later, 0.99), "≤", 100, " ms"),
    ]


async def _measure(folder: Path) -> tuple[float, list[float]]:
    store = await SqliteEventStore.open(folder, time.time)
    try:
        await store.append("run-long", 0, list(long_run(EVENTS)))
        text = await _life(store)
        reader, authors = RunReader(store), FileAuthors()
        begin = time.perf_counter()
        found = await authors.authors(reader, PATH, text)
        first = time.perf_counter() - begin
        assert sum(author is not None for author in found) == EDITS + TYPED
        later = []
        for nth in range(ASKED):
            typed = text.replace("line 50\n", f"line 50\n# typed {nth}\n", 1)
            begin = time.perf_counter()
            await authors.authors(reader, PATH, typed)
            later.append(time.perf_counter() - begin)
        return first, later
    finally:
        await store.close()


async def _life(store: SqliteEventStore) -> str:
    """Write a file's life into the log: edits of an agent among what a person types; returns its text."""
    text = "".join(f"line {number}\n" for number in range(LINES))
    await store.blobs.put(text.encode())
    await store.append(d.DOCUMENTS, 0, [d.DocumentOpened(path=PATH, version=0, sha256=sha256_of(text))])
    typing: list[e.Event] = []
    edits: list[e.Event] = [e.BaseKept(path=PATH, text=text)]
    for nth in range(TYPED):
        if nth % (TYPED // EDITS) == 0:
            await _append(store, typing, edits)
            text, changed = _edit(text, nth)
            edits, typing = changed[:-1], []
            await _append(store, [_changed(text)], edits)
            edits = changed[-1:]
        new = text.replace(f"line {nth}\n", f"line {nth}\n# typed {nth}\n", 1)
        start = text.index(f"line {nth}\n") + len(f"line {nth}\n")
        change = d.TextChange(start=start, end=start, text=f"# typed {nth}\n")
        text = new
        typing.append(d.DocumentChanged(path=PATH, version=nth, changes=(change,), sha256=sha256_of(text)))
    await _append(store, typing, edits)
    return text


async def _append(store: SqliteEventStore, typing: list[e.Event], edits: list[e.Event]) -> None:
    if edits:
        await store.append("run-1", await store.version("run-1"), edits)
    if typing:
        await store.append(d.DOCUMENTS, await store.version(d.DOCUMENTS), typing)


def _edit(text: str, nth: int) -> tuple[str, list[e.Event]]:
    block = ReplaceBlock(path=PATH, search=f"line {9_999 - nth}\n", replace=f"agent wrote {nth}\n")
    after = text.replace(block.search, block.replace, 1)
    made = e.EditProposed(
        edit_id=f"e{nth}",
        task_id="t",
        role=Role.CODE_GENERATOR,
        edit=block,
        sha256=sha256_of(after),
        base_sha256=sha256_of(text),
    )
    outcome = EditOutcome(edit_id=f"e{nth}", path=PATH, state="confirmed", sha256=sha256_of(after))
    return after, [made, e.EditSettled(outcome=outcome)]


def _changed(text: str) -> e.Event:
    """The editor's own word of an edit, as a change of the whole text."""
    whole = d.TextChange(start=0, end=10**9, text=text)
    return d.DocumentChanged(path=PATH, version=0, changes=(whole,), sha256=sha256_of(text))

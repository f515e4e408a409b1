"""What is recorded of typing leads to exactly the text the editor had, at every version, whatever is typed."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lsprotocol import types

from codecompanion.contracts.document_events import DOCUMENTS
from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.events import Context, Event, Recorded
from codecompanion.memory.blob_store import MemoryBlobStore
from codecompanion.memory.memory_store import MemoryEventStore
from codecompanion.orchestra.replay.documents import Document, documents_after, texts_wanted
from codecompanion.server.editor.text_changes import minimal_span
from codecompanion.server.editor.typing_recorder import MOST_WAITING, TypingRecorder
from codecompanion.server.wire.documents import OpenDocument, split_lines
from codecompanion.server.wire.positions import PositionEncoding


class Log:
    """A store with texts; ``full`` is how many writes fail from now on; all appends are counted."""

    def __init__(self) -> None:
        self.store = MemoryEventStore(time.time)
        self.blobs = MemoryBlobStore()
        self.full = 0
        self.appends = 0

    async def append(
        self, run_id: str, expected_version: int, events: Sequence[Event], contexts: Sequence[Context] = ()
    ) -> list[Recorded]:
        self.appends += 1
        if self.full:
            self.full -= 1
            raise OrchestraError("the disk is full: nothing was stored")
        return await self.store.append(run_id, expected_version, events, contexts)

    async def version(self, run_id: str) -> int:
        return len(await self.store.read(run_id))

    async def events(self) -> list[Event]:
        return [one.body for one in await self.store.read(DOCUMENTS)]

    async def rebuilt(self, path: str = "a.py") -> Document:
        history = await self.store.read(DOCUMENTS)
        texts = {
            sha: (await self.blobs.get(sha)).decode("utf-8", "surrogatepass") for sha in texts_wanted(history)
        }
        return documents_after(history, texts)[path]


def document(text: str, version: int = 1, encoding: PositionEncoding = PositionEncoding.UTF16) -> OpenDocument:
    return OpenDocument("file:///w/a.py", "python", version, tuple(split_lines(text)), encoding)


def edited(before: OpenDocument, *changes: Any) -> OpenDocument:
    raw = []
    for change in changes:
        item: dict[str, Any] = {"text": change.text}
        if (where := getattr(change, "range", None)) is not None:
            item["range"] = {
                "start": {"line": where.start.line, "character": where.start.character},
                "end": {"line": where.end.line, "character": where.end.character},
            }
        raw.append(item)
    return before.edited(raw, (before.version or 0) + 1)


def whole(text: str) -> Any:
    return types.TextDocumentContentChangeWholeDocument(text=text)


def part(start: tuple[int, int], end: tuple[int, int], text: str) -> Any:
    span = types.Range(start=types.Position(*start), end=types.Position(*end))
    return types.TextDocumentContentChangePartial(text=text, range=span)


@pytest.fixture
async def log() -> Log:
    return Log()


@pytest.fixture
async def told() -> list[str]:
    return []


@pytest.fixture
async def recorder(log: Log, told: list[str]) -> AsyncIterator[TypingRecorder]:
    made = TypingRecorder(log, lambda path: path.endswith(".py"), told.append, retry=0.05)
    yield made
    await made.close()


ASTRAL = "\N{MUSICAL SYMBOL G CLEF}"
BITS = (
    "a",
    "b",
    " ",
    "\n",
    "\r\n",
    "\r",
    "\u2028",
    "\u00e9",
    ASTRAL,
    "\U0001f469\u200d\U0001f4bb",
    "\ud83d",
    "\udc69",
    "\t",
)
# as JSON brings them: two halves of a character that meet in one text are that character
LETTERS = st.lists(st.sampled_from(BITS), max_size=12).map(
    lambda bits: "".join(bits).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
)
PLACES = st.tuples(st.integers(0, 6), st.integers(0, 14))
PARTS = st.builds(part, PLACES, PLACES, LETTERS)
NOTICES = st.lists(st.lists(PARTS | st.builds(whole, LETTERS), min_size=1, max_size=3), max_size=6)


@settings(max_examples=200)
@given(LETTERS, NOTICES, st.sampled_from(list(PositionEncoding)), st.integers(1, 3))
def test_the_rebuilt_text_is_the_documents_at_every_version(
    text: str, notices: list[list[Any]], encoding: PositionEncoding, each: int
) -> None:
    async def scenario() -> None:
        log, told = Log(), list[str]()
        recorder = TypingRecorder(log, lambda path: True, told.append)
        now = document(text, encoding=encoding)
        recorder.opened("a.py", now)
        for nth, changes in enumerate(notices):
            now = edited(now, *changes)
            recorder.changed("a.py", changes, now)
            if nth % each == 0:
                await recorder.flush()
                seen = await log.rebuilt()
                assert (seen.text, seen.problems) == (now.text, ())
        await recorder.flush()
        seen = await log.rebuilt()
        assert (seen.text, seen.problems, told) == (now.text, (), [])

    asyncio.run(scenario())


@given(st.text("ab\n" + ASTRAL, max_size=20), st.text("ab\n" + ASTRAL, max_size=20))
def test_a_minimal_span_makes_the_one_into_the_other_and_has_nothing_to_spare(old: str, new: str) -> None:
    spans = list(minimal_span(old, new))
    assert (spans == []) == (old == new)
    for span in spans:
        assert old[: span.start] + span.text + old[span.end :] == new
        removed, put = old[span.start : span.end], span.text
        assert not (removed and put and (removed[0] == put[0] or removed[-1] == put[-1]))


async def test_a_change_is_one_small_span_and_a_full_text_is_made_one(recorder: Any, log: Log) -> None:
    before = document("x = 1\n" * 1000)
    recorder.opened("a.py", before)
    change = part((500, 4), (500, 5), "2")
    after = edited(before, change)
    recorder.changed("a.py", [change], after)
    await recorder.flush()
    rewritten = whole(after.text.replace("2", "3"))
    recorder.changed("a.py", [rewritten], edited(after, rewritten))
    await recorder.flush()
    spans = [event.changes for event in await log.events() if event.event == "document_changed"]
    assert [[(s.start, s.end, s.text) for s in one] for one in spans] == [
        [(3004, 3005, "2")],
        [(3004, 3005, "3")],
    ]


async def test_what_comes_within_a_moment_is_one_event(log: Log, told: list[str]) -> None:
    recorder = TypingRecorder(log, lambda path: True, told.append, gather=0.05)
    task = asyncio.create_task(recorder.run())
    now = document("")
    recorder.opened("a.py", now)
    for nth in range(40):
        change = part((0, nth), (0, nth), "x")
        now = edited(now, change)
        recorder.changed("a.py", [change], now)
        await asyncio.sleep(0)
    await asyncio.sleep(0.15)
    assert [event.event for event in await log.events()] == ["document_opened", "document_changed"]
    assert (await log.rebuilt()).text == "x" * 40
    await recorder.close()
    await asyncio.wait_for(task, 1)


async def test_saves_and_closes_stand_where_they_happened(recorder: Any, log: Log) -> None:
    now = document("one\n")
    recorder.opened("a.py", now)
    change = part((0, 0), (0, 3), "two")
    now = edited(now, change)
    recorder.changed("a.py", [change], now)
    recorder.saved("a.py", now)
    again = part((0, 0), (0, 3), "three")
    recorder.changed("a.py", [again], edited(now, again))
    recorder.closed("a.py")
    await recorder.flush()
    names = [event.event.removeprefix("document_") for event in await log.events()]
    assert names == ["opened", "changed", "saved", "changed", "closed"]
    assert (await log.rebuilt()).text == "two\n"


async def test_the_end_of_the_recording_is_recorded(log: Log, told: list[str]) -> None:
    recorder = TypingRecorder(log, lambda path: True, told.append)
    recorder.opened("a.py", document("a"))
    await recorder.close()
    recorder.changed("a.py", [whole("b")], edited(document("a"), whole("b")))
    await recorder.flush()
    assert [event.event for event in await log.events()] == ["document_opened", "document_closed"]


async def test_what_may_not_be_recorded_is_not(recorder: Any, log: Log) -> None:
    key = "-----BEGIN PRIVATE KEY-----\n" + "A" * 64 + "\n-----END PRIVATE KEY-----\n"
    recorder.opened("notes.txt", document("x"))
    recorder.opened("key.py", document(f'KEY = """{key}"""'))
    recorder.opened("big.py", document("x" * 1_000_001))
    recorder.opened("a.py", document(""))
    pasted = part((0, 0), (0, 0), key)
    recorder.changed("a.py", [pasted], edited(document(""), pasted))
    recorder.saved("a.py", document(key))
    await recorder.flush()
    assert [(event.event, event.path) for event in await log.events()] == [
        ("document_opened", "a.py"),
        ("document_closed", "a.py"),
    ]


async def test_a_full_disk_pauses_with_one_word_and_it_begins_anew(
    recorder: Any, log: Log, told: list[str]
) -> None:
    now = document("1")
    recorder.opened("a.py", now)
    await recorder.flush()
    log.full = 1
    for text in "234":
        change = whole(text)
        now = edited(now, change)
        recorder.changed("a.py", [change], now)
        await recorder.flush()
    assert len(told) == 1
    assert "not recorded for now: the disk is full" in told[0]
    assert log.appends == 2
    await asyncio.sleep(0.06)
    change = whole("5")
    recorder.changed("a.py", [change], edited(now, change))
    await recorder.flush()
    assert (await log.rebuilt()).text == "5"
    assert [event.event for event in await log.events()] == ["document_opened"] * 2
    assert len(told) == 1


async def test_a_log_that_cannot_keep_up_costs_bounded_memory(recorder: Any, log: Log) -> None:
    now = document("")
    recorder.opened("a.py", now)
    for _ in range(MOST_WAITING * 3):
        change = part((0, 0), (0, 0), "x")
        now = edited(now, change)
        recorder.changed("a.py", [change], now)
        assert len(recorder._waiting) <= MOST_WAITING + 1
    recorder.changed("a.py", [whole("y" * 5_000_000)], edited(now, whole("y" * 5_000_000)))
    assert len(recorder._waiting) == 2
    await recorder.flush()
    assert len((await log.rebuilt()).text or "") == 5_000_000


async def test_a_pause_while_the_log_is_written_to_harms_neither(
    recorder: Any, log: Log, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = asyncio.Event()
    append = log.append

    async def slow_append(*given: Any) -> list[Recorded]:
        await go_on.wait()
        return await append(*given)

    monkeypatch.setattr(log, "append", slow_append)
    recorder.opened("a.py", document("1"))
    writing = asyncio.create_task(recorder.flush())
    await asyncio.sleep(0.05)
    for _ in range(MOST_WAITING + 1):
        recorder.saved("a.py", document("1"))
    assert "too slow" in told[0]
    go_on.set()
    await writing
    await asyncio.sleep(0.06)
    recorder.changed("a.py", [whole("2")], edited(document("1"), whole("2")))
    await recorder.flush()
    assert ((await log.rebuilt()).text, (await log.rebuilt()).problems) == ("2", ())


async def test_it_can_be_switched_off_and_on(recorder: Any, log: Log) -> None:
    now = document("a")
    recorder.opened("a.py", now)
    recorder.enable(False)
    recorder.changed("a.py", [whole("b")], edited(now, whole("b")))
    await recorder.flush()
    assert [event.event for event in await log.events()] == ["document_opened", "document_closed"]
    recorder.enable(True)
    await recorder.flush()
    assert (await log.rebuilt()).text == "b"


async def test_who_stops_waiting_leaves_the_log_whole(recorder: Any, log: Log) -> None:
    recorder.opened("a.py", document("a"))
    task = asyncio.create_task(recorder.flush())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    recorder.changed("a.py", [whole("b")], edited(document("a"), whole("b")))
    await recorder.flush()
    assert ((await log.rebuilt()).text, (await log.rebuilt()).problems) == ("b", ())

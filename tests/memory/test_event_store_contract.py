"""What every event store promises, durable or not: one suite, run against each."""

import asyncio
import math
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codecompanion.contracts.edits import WholeFile
from codecompanion.contracts.event_text import decode_event, event_name
from codecompanion.contracts.events import (
    Context,
    DocumentSaved,
    EditProposed,
    Event,
    LogOpened,
    ModelAnswered,
    StopRequested,
    TestsRan,
)
from codecompanion.contracts.messages import Priority, Role
from codecompanion.contracts.model_calls import ToolCall, Usage
from codecompanion.contracts.ports import Clock, EventStore, VersionConflict
from codecompanion.contracts.test_reports import TestReport
from codecompanion.memory.errors import StorageError
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.memory.memory_store import MemoryEventStore


@pytest.fixture(params=["sqlite", "memory"])
async def store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> AsyncIterator[EventStore]:
    opened: EventStore = (
        await SqliteEventStore.open(tmp_path / ".orchestra", clock)
        if request.param == "sqlite"
        else MemoryEventStore(clock)
    )
    yield opened
    await opened.close()


def said(text: str) -> StopRequested:
    return StopRequested(reason=text)


def asked(arguments: dict[str, Any]) -> ModelAnswered:
    return ModelAnswered(
        task_id="task-1",
        role=Role.DEBUGGER,
        request_sha256="0" * 64,
        provider="offline",
        model="offline",
        text="",
        tool_calls=(ToolCall(id="call-1", name="read", arguments=arguments),),
        usage=Usage(),
    )


async def test_an_append_gives_each_event_its_place(store: EventStore) -> None:
    first = await store.append("run-1", 0, [said("a"), said("b")])
    second = await store.append("run-1", 2, [said("c")])
    assert [event.version for event in first + second] == [1, 2, 3]
    assert [event.position for event in first + second] == [1, 2, 3]
    assert [event.body for event in first + second] == [said("a"), said("b"), said("c")]
    assert first[0].at == first[1].at < second[0].at
    assert {event.run_id for event in first + second} == {"run-1"}


async def test_what_was_appended_is_read(store: EventStore) -> None:
    appended = await store.append("run-1", 0, [said("a"), said("b")])
    await store.append("run-2", 0, [said("other")])
    appended += await store.append("run-1", 2, [said("c")])
    assert await store.read("run-1") == appended
    assert await store.read("run-3") == []


async def test_runs_are_listed_oldest_first(store: EventStore) -> None:
    assert await store.run_ids() == []
    for run_id in ("run-b", "run-a", "run-c"):
        await store.append(run_id, 0, [said(run_id)])
    await store.append("run-b", 1, [said("more")])
    assert await store.run_ids() == ["run-b", "run-a", "run-c"]


def by(actor: str, cause: str | None = None, correlation: str = "run-1") -> Context:
    return Context(actor=actor, priority=Priority.HIGH, correlation_id=correlation, causation_id=cause)


async def test_an_event_keeps_its_context(store: EventStore) -> None:
    contexts = [by("user"), by("CodeGenerator", "run-1:1"), by("editor", "run-0:7", "run-0")]
    appended = await store.append("run-1", 0, [said("a"), said("b"), said("c")], contexts)
    assert [one.context for one in appended] == contexts
    assert await store.read("run-1") == appended
    assert appended[1].id == "run-1:2"


async def test_without_contexts_events_are_orchestras_own(store: EventStore) -> None:
    (one,) = await store.append("run-1", 0, [said("a")])
    assert one.context == Context(actor="orchestra", priority=Priority.NORMAL, correlation_id="run-1")
    assert await store.read("run-1") == [one]


async def test_one_context_an_event_or_none(store: EventStore) -> None:
    with pytest.raises(StorageError, match="2 events came with 1 contexts"):
        await store.append("run-1", 0, [said("a"), said("b")], [by("user")])
    assert await store.read("run-1") == []


@pytest.mark.parametrize(
    "context", [by(""), by("us\0er"), by("user", ""), by("user", "\ud800"), by("user", correlation="rün")]
)
async def test_a_context_that_no_log_can_hold_is_refused(store: EventStore, context: Context) -> None:
    with pytest.raises(StorageError, match=r"context .* cannot be stored: use letters"):
        await store.append("run-1", 0, [said("a")], [context])


async def test_the_whole_log_is_read_in_pages(store: EventStore) -> None:
    whole = []
    for number in range(5):
        whole += await store.append(f"run-{number % 2}", number // 2, [said(f"{number}")])
    whole += await store.append("~documents", 0, [DocumentSaved(path="a.py", sha256="0")])
    assert await store.read_since(0, 100) == whole
    assert await store.read_since(0, 2) == whole[:2]
    assert await store.read_since(whole[3].position, 2) == whole[4:6]
    assert await store.read_since(whole[-1].position, 100) == []
    assert await store.read_since(0, 0) == []


async def test_what_hangs_together_is_read_over_all_streams(store: EventStore) -> None:
    first = await store.append("run-1", 0, [said("a"), said("b")])
    await store.append("run-2", 0, [said("other")])
    fork = await store.append("run-3", 0, [said("c")], [by("user")])
    first += await store.append("run-1", 2, [said("d")])
    assert await store.read_since(0, 100, "run-1") == [*first[:2], *fork, first[2]]
    assert await store.read_since(first[0].position, 2, "run-1") == [first[1], *fork]
    assert await store.read_since(0, 100, "run-3") == []


async def test_texts_are_the_events_as_they_are_stored(store: EventStore) -> None:
    events = [said("a"), asked({"x": math.nan}), said("\ud800")]
    appended = await store.append("run-1", 0, events)
    texts = await store.read_texts("run-1")
    assert [one.at for one in texts] == [one.at for one in appended]
    assert [repr(decode_event(one.text)) for one in texts] == [repr(event) for event in events]
    assert [event_name(one.text) for one in texts] == ["stop_requested", "model_answered", "stop_requested"]
    assert await store.read_texts("run-2") == []


async def test_streams_that_are_no_run_are_not_listed(store: EventStore) -> None:
    await store.append("~sessions", 0, [LogOpened(program="x")])
    await store.append("run-1", 0, [said("a")])
    assert await store.run_ids() == ["run-1"]
    assert [one.body for one in await store.read("~sessions")] == [LogOpened(program="x")]


@pytest.mark.parametrize("expected", [0, 2, -1])
async def test_a_wrong_version_is_refused_whole(store: EventStore, expected: int) -> None:
    kept = await store.append("run-1", 0, [said("a")])
    with pytest.raises(VersionConflict, match=rf"'run-1' is at version 1, not {expected}"):
        await store.append("run-1", expected, [said("b"), said("c")])
    assert await store.read("run-1") == kept
    assert (await store.append("run-1", 1, [said("d")]))[0].position == 2


async def test_an_empty_append_only_checks_the_version(store: EventStore) -> None:
    assert await store.append("run-1", 0, []) == []
    assert await store.run_ids() == []
    with pytest.raises(VersionConflict):
        await store.append("run-1", 1, [])


async def test_appends_at_the_same_time_keep_their_order_and_refuse_only_the_wrong_one(
    store: EventStore,
) -> None:
    wishes = [("run-1", 0), ("run-2", 0), ("run-1", 1), ("run-1", 1), ("run-2", 5), ("run-2", 1)]
    outcomes = await asyncio.gather(
        *(store.append(run_id, version, [said(f"{n}")]) for n, (run_id, version) in enumerate(wishes)),
        return_exceptions=True,
    )
    refused = [isinstance(outcome, VersionConflict) for outcome in outcomes]
    assert refused == [False, False, False, True, True, False]
    stored = [recorded for run_id in ("run-1", "run-2") for recorded in await store.read(run_id)]
    assert [(e.run_id, e.version, e.position, e.body) for e in stored] == [
        ("run-1", 1, 1, said("0")),
        ("run-1", 2, 3, said("2")),
        ("run-2", 1, 2, said("1")),
        ("run-2", 2, 4, said("5")),
    ]


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"deeper": value}
    return value


ODD_EVENTS: dict[str, Event] = {
    "nothing": said(""),
    "NUL": said("a\0b"),
    "lone surrogate": said("\ud800 and \udfff, but also 😀"),
    "every plane": said("äÖ€ 漢字 \U0010ffff \u2028 \x7f \x1b"),
    "a megabyte": said("line\n" * 200_000),
    "JSON in JSON": said('{"event": "run_finished"}\\'),
    "surrogate in a key": asked({"\udc80": 1}),
    "not a number": asked({"x": [math.nan, math.inf, -math.inf]}),
    "deep": asked(nested(400)),
    "great number": asked({"x": 10**200, "y": 5e-324}),
    "null": asked({"x": None}),
    "infinite time": TestsRan(report=TestReport(command=("x",), ran=True, seconds=math.inf), round=0),
    "bytes as text": EditProposed(
        edit_id="e",
        task_id="t",
        role=Role.TEST_WRITER,
        edit=WholeFile(path="a\udcff.py", text="\r\n\0"),
        sha256="",
    ),
}


@pytest.mark.parametrize("name", ODD_EVENTS)
async def test_odd_content_comes_back_exactly(store: EventStore, name: str) -> None:
    event = ODD_EVENTS[name]
    await store.append("run-1", 0, [event])
    (recorded,) = await store.read("run-1")
    assert type(recorded.body) is type(event)
    # by their text, because NaN equals nothing
    assert repr(recorded.body) == repr(event)


@pytest.mark.parametrize(
    "arguments", [{"x": {1, 2}}, {"x": object()}, {"x": b"\xff"}, {"x": {1: 2}}, nested(100_000)]
)
async def test_what_json_cannot_say_is_refused_by_name(store: EventStore, arguments: dict[str, Any]) -> None:
    with pytest.raises(StorageError, match=r"'model_answered' (cannot be stored as JSON|does not read back)"):
        await store.append("run-1", 0, [said("good"), asked(arguments)])
    assert await store.read("run-1") == []
    await store.append("run-1", 0, [said("good")])


async def test_only_events_are_taken(store: EventStore) -> None:
    with pytest.raises(StorageError, match="'hello' is no event"):
        await store.append("run-1", 0, ["hello"])  # type: ignore[list-item]


@pytest.mark.parametrize("run_id", ["", "run\0", "\ud800", "rün", "two\nlines"])
async def test_a_run_id_that_no_log_can_hold_is_named(store: EventStore, run_id: str) -> None:
    with pytest.raises(StorageError, match="cannot be stored: use letters"):
        await store.append(run_id, 0, [said("a")])
    with pytest.raises(StorageError, match="cannot be stored: use letters"):
        await store.read(run_id)


async def test_a_closed_store_says_so(store: EventStore) -> None:
    await store.append("run-1", 0, [said("a")])
    await store.close()
    await store.close()
    with pytest.raises(StorageError, match="closed"):
        await store.append("run-1", 1, [said("b")])
    with pytest.raises(StorageError, match="closed"):
        await store.read("run-1")
    with pytest.raises(StorageError, match="closed"):
        await store.run_ids()
    with pytest.raises(StorageError, match="closed"):
        await store.read_since(0, 1)
    with pytest.raises(StorageError, match="closed"):
        await store.read_texts("run-1")


any_text = st.text(st.characters(exclude_categories=()), max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=8,
)
events = st.builds(said, any_text) | st.builds(asked, st.dictionaries(any_text, json_values, max_size=3))
wishes = st.tuples(
    st.sampled_from(["a", "b", "c"]), st.integers(-1, 1), st.lists(events, max_size=3), st.booleans()
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(wishes, max_size=12))
async def test_any_history_keeps_versions_whole_and_positions_growing(
    store: EventStore, wanted: list[tuple[str, int, list[Event], bool]]
) -> None:
    """Each wish: a run, how far its expected version is off, events, and whether to wait for its outcome."""
    example = next(EXAMPLES)
    model: dict[str, list[Event]] = {}
    running = []
    for name, off, body, waits in wanted:
        run_id = f"run-{example}-{name}"
        stream = model.setdefault(run_id, [])
        append = asyncio.create_task(store.append(run_id, len(stream) + off, body))
        running.append((append, off))
        # a task starts at the next turn of the loop, and its order is the order of the appends
        await asyncio.sleep(0)
        if off == 0:
            stream.extend(body)
        if waits:
            await asyncio.wait([append])
    outcomes = await asyncio.gather(*(append for append, _ in running), return_exceptions=True)

    assert [isinstance(outcome, VersionConflict) for outcome in outcomes] == [off != 0 for _, off in running]
    acknowledged = [recorded for outcome in outcomes if isinstance(outcome, list) for recorded in outcome]
    positions = [recorded.position for recorded in acknowledged]
    assert positions == list(range(positions[0], positions[0] + len(positions))) if positions else True
    for run_id, stream in model.items():
        recorded = await store.read(run_id)
        assert [event.version for event in recorded] == list(range(1, len(stream) + 1))
        assert [repr(event.body) for event in recorded] == [repr(event) for event in stream]


EXAMPLES = count()

"""The list of runs: ended ones come from their table, and that says the same as their histories."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from codecompanion.contracts import events as e
from codecompanion.contracts.edits import EditOutcome
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.session_events import RunImported, RunSetAside
from codecompanion.contracts.test_reports import TestReport
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.memory.records import projecting
from codecompanion.memory.records.ended_runs import ended_runs
from codecompanion.orchestra.replay.story import sentence
from codecompanion.server.runs import keeping
from codecompanion.server.runs.entries import RunEntry
from codecompanion.server.runs.reader import RunReader


def ended(events: list[e.Event], outcome: e.Outcome, *before: e.Event) -> list[e.Event]:
    return [*events[:-1], *before, e.RunFinished(outcome=outcome, summary="over")]


def report(passed: int, *, ran: bool = True) -> TestReport:
    return TestReport(command=("pytest",), ran=ran, passed=passed, failed=1, exit_code=1 if ran else None)


def runs(small_run: Callable[..., list[e.Event]]) -> dict[RunId, list[e.Event]]:
    """Runs of all kinds of ends and of none, by their ids."""
    base = small_run()
    failed = EditOutcome(edit_id="e1", path="calc.py", state="failed", reason="it was changed meanwhile")
    waiting = EditOutcome(edit_id="e1", path="calc.py", state="pending")
    stepwise = e.RunStarted(order=base[0].order.model_copy(update={"mode": "stepwise"}))
    return {
        "run-done": base,
        "run-red": ended(base, "red", e.TestsStarted(round=1), e.TestsRan(report=report(3), round=1)),
        "run-no-tests": ended(base, "failed", e.TestsRan(report=report(0, ran=False), round=1)),
        "run-stopped": ended(base, "stopped", e.StopRequested(reason="enough")),
        "run-edit-failed": [*base[:7], e.EditSettled(outcome=failed), *base[8:]],
        "run-edit-waits": [*base[:7], e.EditSettled(outcome=waiting), *base[8:]],
        "run-long": small_run(request="a  to-do\nlist " * 200),
        "run-open": small_run(open_=True),
        "run-paused": [*base[:5], e.RunPaused(reason="")],
        "run-waits": [stepwise, base[1]],
        "run-interrupted": base[:9],
        "run-fork": [*base[:8], e.RunForked(origin="run-done", version=8), *base[8:]],
        "run-old": base,
        "run-copied": base,
        "run-aside": base,
        "run-lost": base,
    }


class Counting(RunReader):
    """Knows which runs were read in full."""

    def __init__(self, log: SqliteEventStore) -> None:
        super().__init__(log)
        self.read: list[RunId] = []

    async def _entry(self, run_id: RunId, notes: Any) -> RunEntry:
        self.read.append(run_id)
        return await super()._entry(run_id, notes)


async def lived(store: SqliteEventStore, made: dict[RunId, list[e.Event]]) -> None:
    for run_id, events in made.items():
        await store.append(run_id, 0, events)
    await keeping.archive(store, "run-old", archived=True)
    await keeping.rename(store, "run-red", "the red one")
    await keeping.note(store, RunImported(run_id="run-copied", origin="run-x", source="f", last_link=""))
    await store.change(lambda connection: projecting.catch_up(connection, sentence))
    await keeping.note(store, RunSetAside(run_id="run-aside", reason="it was odd"))
    await store.append("run-late", 0, made["run-done"])


def test_the_table_says_the_same_as_the_histories(folder: Any, small_run: Any) -> None:
    made = runs(small_run)

    async def listed() -> tuple[list[RunEntry], list[RunEntry], list[RunId]]:
        async with folder.store() as store:
            await lived(store, made)
        folder.sql("DELETE FROM events WHERE run_id = 'run-lost' AND version = 4")
        async with folder.store() as store:
            reader = Counting(store)
            quick, read = await reader.entries(archived=True), reader.read
            assert [one.run_id for one in await reader.entries()] == [
                one.run_id for one in quick if one.run_id != "run-old"
            ]
            return quick, await RunReader(store).entries_from_log(archived=True), read

    quick, thorough, read = asyncio.run(listed())
    assert quick == thorough
    assert {one.run_id: one.state for one in quick} | {"run-edit-waits": ""} == {
        **dict.fromkeys(made, "done"),
        **dict.fromkeys(("run-open", "run-paused", "run-waits", "run-interrupted"), "open"),
        **dict.fromkeys(("run-aside", "run-lost"), "damaged"),
        "run-red": "red",
        "run-no-tests": "failed",
        "run-stopped": "stopped",
        "run-late": "done",
        "run-edit-waits": "",
    }
    ended_in_full = {"run-done", "run-red", "run-no-tests", "run-stopped", "run-long", "run-fork", "run-copied"}
    assert not ended_in_full & set(read)
    assert {"run-open", "run-waits", "run-lost", "run-late", "run-aside"} <= set(read)


@pytest.mark.parametrize("spoilt", ["DROP TABLE project_sessions", "UPDATE project_sessions SET events = 'x'"])
def test_a_spoilt_table_is_not_asked(folder: Any, small_run: Any, spoilt: str) -> None:
    async def listed() -> list[RunEntry]:
        async with folder.store() as store:
            await store.append("run-done", 0, small_run())
            await store.change(lambda connection: projecting.catch_up(connection, sentence))
            assert list(await store.ask(ended_runs)) == ["run-done"]
        folder.sql(spoilt)
        async with folder.store() as store:
            assert await store.ask(ended_runs) == {}
            return await RunReader(store).entries()

    (entry,) = asyncio.run(listed())
    assert (entry.run_id, entry.state, entry.events) == ("run-done", "done", 13)

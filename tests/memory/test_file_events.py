"""The log is searched for one file's events, under any name, and for runs that left something waiting."""

from pathlib import Path

import pytest

from codecompanion.contracts import events as e
from codecompanion.contracts.edits import EditOutcome, HeldPart, WholeFile
from codecompanion.contracts.messages import Role
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.memory.file_events import events_of_file, forked_runs, runs_that_wait


def edit(path: str, **outcome: object) -> list[e.Event]:
    made = e.EditProposed(
        edit_id="e1", task_id="t", role=Role.DEBUGGER, edit=WholeFile(path=path, text="x"), sha256="x"
    )
    fixed = {"edit_id": "e1", "path": path, "state": "confirmed"}
    return [made, e.EditSettled(outcome=EditOutcome.model_validate({**fixed, **outcome}))]


@pytest.mark.parametrize("path", ["a.py", "größe/日本.py", 'quoted".py', "back\\slash.py"])
async def test_the_events_of_a_file_are_found_and_no_others(tmp_path: Path, path: str) -> None:
    store = await SqliteEventStore.open(tmp_path, lambda: 1.0)
    try:
        await store.append("run-1", 0, [e.BaseKept(path=path, text=None), *edit(path), e.RunPaused()])
        await store.append("run-2", 0, edit("b.py"))
        found = await store.ask(lambda connection: events_of_file(connection, path, 0))
        assert [one.body.event for one in found] == ["base_kept", "edit_proposed", "edit_settled"]
        later = await store.ask(lambda connection: events_of_file(connection, path, found[0].position))
        assert later == found[1:]
    finally:
        await store.close()


async def test_runs_that_wait_and_runs_from_elsewhere_are_found(tmp_path: Path) -> None:
    store = await SqliteEventStore.open(tmp_path, lambda: 1.0)
    part = HeldPart(base="b", user="u", wanted="w", line=1)
    try:
        await store.append("run-landed", 0, edit("a.py"))
        await store.append("run-pending", 0, edit("a.py", state="pending"))
        await store.append("run-held", 0, edit("a.py", held=(part,)))
        await store.append("run-fork", 0, [*edit("a.py"), e.RunForked(origin="run-landed", version=2)])
        assert await store.ask(runs_that_wait) == ["run-pending", "run-held"]
        assert await store.ask(forked_runs) == {"run-fork"}
        assert await store.ask(lambda connection: forked_runs(connection, 9)) == frozenset()
    finally:
        await store.close()

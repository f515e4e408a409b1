"""The logs of every released version, opened, verified and replayed with today's code.

``tests/data/histories/<release>`` holds what `record.py` made with that release, and ``expected.json`` what its
own code said of the runs. The files stay as they are for good: what would make one of these tests fail would
take a person's history away.
"""

import gzip
import json
from contextlib import closing
from importlib.util import module_from_spec, spec_from_file_location
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from codecompanion.contracts import events as e
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.memory.sqlite import sqlite3
from codecompanion.orchestra.runs.contexts import completed
from codecompanion.orchestra.runs.evolve import fold
from codecompanion.orchestra.runs.quick_fold import fold_texts

HISTORIES = Path(__file__).parent.parent / "data" / "histories"
STORED = [(path.parent.name, path.name.removesuffix(".db.gz")) for path in sorted(HISTORIES.glob("*/*.db.gz"))]
RELEASES = sorted({release for release, _ in STORED})


def recorder() -> ModuleType:
    spec = spec_from_file_location("record", Path(__file__).with_name("record.py"))
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


record = recorder()


def expected(release: str, name: str) -> list[dict[str, Any]]:
    known = json.loads((HISTORIES / release / "expected.json").read_text(encoding="utf-8"))
    runs: list[dict[str, Any]] = known[name]
    return runs


def lay_out(release: str, name: str, folder: Path) -> Path:
    """Unpack a history as the data folder it was."""
    folder.mkdir()
    packed = (HISTORIES / release / f"{name}.db.gz").read_bytes()
    (folder / "orchestra.db").write_bytes(gzip.decompress(packed))
    return folder


async def opened(release: str, name: str, tmp_path: Path) -> SqliteEventStore:
    seconds = count(1_800_000_000)
    return await SqliteEventStore.open(
        lay_out(release, name, tmp_path / ".orchestra"), lambda: float(next(seconds))
    )


def as_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


@pytest.mark.parametrize("release", RELEASES)
def test_every_way_a_run_can_go_is_stored(release: str) -> None:
    stored = {name for known, name in STORED if known == release}
    assert stored == set(json.loads((HISTORIES / release / "expected.json").read_text(encoding="utf-8")))
    assert stored >= {
        "api_service",
        "web_app",
        "mended",
        "stepwise",
        "paused_and_stopped",
        "reopened",
        "failed",
    }
    assert sum(path.stat().st_size for path in (HISTORIES / release).iterdir()) < 400_000


@pytest.mark.parametrize(("release", "name"), STORED)
async def test_a_history_is_brought_up_to_date_verified_and_folded(
    release: str, name: str, tmp_path: Path
) -> None:
    store = await opened(release, name, tmp_path)
    try:
        assert store.notices == []
        runs = expected(release, name)
        assert await store.run_ids() == [run["runId"] for run in runs]
        for run in runs:
            assert await store.verify(run["runId"]) == []
            history = await store.read(run["runId"])
            state = fold(one.body for one in history)
            assert {"runId": run["runId"], **as_json(record.said_of(run["runId"], state))} == run
            assert fold_texts(one.text for one in await store.read_texts(run["runId"])) == state
    finally:
        await store.close()


@pytest.mark.parametrize(("release", "name"), STORED)
async def test_a_history_keeps_its_links_and_goes_on_with_new_ones(
    release: str, name: str, tmp_path: Path
) -> None:
    untouched = lay_out(release, name, tmp_path / "untouched")
    store = await opened(release, name, tmp_path)
    try:
        for run in expected(release, name):
            run_id, version = run["runId"], run["events"]
            context = e.Context(actor="user", correlation_id=run_id, causation_id=e.event_id(run_id, version))
            (added,) = await store.append(run_id, version, [e.StopRequested(reason="seen")], [context])
            assert (await store.read(run_id))[-1] == added
            assert added.context == context
            assert await store.verify(run_id) == []
    finally:
        await store.close()
    assert rows_of(tmp_path / ".orchestra", untouched)


def rows_of(folder: Path, untouched: Path) -> bool:
    """Whether every row of the old log is in the new one, byte for byte."""
    query = "SELECT position, run_id, version, at, body, link FROM events ORDER BY position"
    with (
        closing(sqlite3.connect(untouched / "orchestra.db")) as old,
        closing(sqlite3.connect(folder / "orchestra.db")) as new,
    ):
        before = old.execute(query).fetchall()
        return bool(before) and new.execute(query).fetchmany(len(before)) == before


@pytest.mark.parametrize(("release", "name"), STORED)
async def test_what_had_no_context_is_told_it(release: str, name: str, tmp_path: Path) -> None:
    store = await opened(release, name, tmp_path)
    try:
        for run_id in await store.run_ids():
            history = completed(await store.read(run_id))
            known = {one.id for one in history}
            assert history[0].context == e.Context(actor="user", correlation_id=run_id)
            assert {one.context.correlation_id for one in history} == {run_id}
            for one in history[1:]:
                if one.context.actor != "user":
                    assert one.context.causation_id in known, one
                    assert int(one.context.causation_id.rpartition(":")[2]) < one.version
    finally:
        await store.close()


@pytest.mark.parametrize("release", RELEASES)
async def test_a_run_interrupted_under_an_old_release_is_ended_by_this_one(
    release: str, tmp_path: Path
) -> None:
    recording = record.Recording(tmp_path / "project")
    lay_out(release, "interrupted", recording.folder / ".orchestra")
    (recording.folder / "calc.py").write_text("def add(a, b):\n    return a + b\n", encoding="utf-8")
    (run,) = expected(release, "interrupted")
    async with recording.engine(record.by_role(record.GOOD)) as engine:
        assert [status.run_id for status in await engine.interrupted()] == [run["runId"]]
        await engine.reopen(run["runId"])
        ended = await engine.wait(run["runId"])
    assert (ended.phase, ended.tests_passed, sorted(ended.files)) == ("done", 2, ["calc.py", "test_calc.py"])
    store = await SqliteEventStore.open(recording.folder / ".orchestra", float)
    try:
        assert await store.verify(run["runId"]) == []
        history = await store.read(run["runId"])
        # what was paid for under the old release is not asked again
        asked = sum(isinstance(one.body, e.ModelAnswered) for one in history)
        assert asked == run["calls"] + 1
    finally:
        await store.close()


async def test_this_release_can_be_recorded_the_same_way(tmp_path: Path) -> None:
    """The recorder still works, so that the next release's histories can be frozen with it."""
    target = tmp_path / "histories"
    await record.record(target, tmp_path / "project", scenes=(record.stepwise, record.failed))
    known = json.loads((target / "expected.json").read_text(encoding="utf-8"))
    assert [(name, runs[0]["phase"], runs[0]["mode"]) for name, runs in known.items()] == [
        ("stepwise", "done", "stepwise"),
        ("failed", "failed", "automatic"),
    ]
    assert sorted(path.name for path in target.iterdir()) == [
        "expected.json",
        "failed.db.gz",
        "stepwise.db.gz",
    ]

"""The database commands over the wire, as the owner, beside one, and while a run is under way."""

import json
from pathlib import Path
from typing import Any

import pytest

REHEARSAL = {"tasks": 2, "seconds": 0}
ENDLESS = {"tasks": 1, "seconds": 60}


async def refused(editor: Any, command: str, *arguments: Any) -> str:
    with pytest.raises(Exception, match=r"^-\d+: ") as problem:
        await editor.command(command, *arguments)
    return str(problem.value)


async def rehearsed(editor: Any) -> str:
    run_id = str((await editor.command("simulateTask", REHEARSAL))["runId"])
    await editor.ended(run_id)
    return run_id


async def test_every_command_answers_for_the_owner(start_editor: Any) -> None:
    editor = await start_editor()
    assert "there is no run log at" in await refused(editor, "dbStatus")
    await rehearsed(editor)
    status = await editor.command("dbStatus")
    assert (status["runs"], status["owner"]) == (1, editor.process.pid)
    check = await editor.command("dbCheck")
    assert check["sound"], check
    backup = await editor.command("dbBackup")
    assert Path(backup["path"]).stat().st_size == backup["size"]
    assert (await editor.command("dbVacuum"))["sizeAfter"] > 0
    assert (await editor.command("dbRebuild"))["events"] >= status["events"]
    export = await editor.command("dbExport", "log.jsonl")
    lines = (editor.root / "log.jsonl").read_text("utf-8").splitlines()
    assert (Path(export["path"]), export["events"]) == (editor.root / "log.jsonl", len(lines))
    assert {json.loads(line)["event"]["event"] for line in lines} >= {"log_opened", "run_started"}
    assert "exists already" in await refused(editor, "dbExport", "log.jsonl")
    await editor.command("dbExport", {"file": "log.jsonl", "force": True})
    assert "say which file" in await refused(editor, "dbExport")
    assert (await editor.command("dbCheck"))["sound"]


async def test_nothing_that_needs_the_database_for_itself_is_done_during_a_run(start_editor: Any) -> None:
    editor = await start_editor()
    run_id = (await editor.command("simulateTask", ENDLESS))["runId"]

    async def works() -> bool:
        return bool(await editor.phase(run_id) == "working")

    await editor.eventually(works)
    for command in ("dbVacuum", "dbRebuild"):
        assert f"run {run_id} is under way in {editor.root}" in await refused(editor, command)
    assert (await editor.command("dbCheck"))["sound"]
    await editor.command("stop", {"runId": run_id})
    await editor.ended(run_id)
    await editor.command("dbVacuum")


async def test_beside_the_owner_only_looking_is_done(start_editor: Any) -> None:
    owner = await start_editor()
    await rehearsed(owner)
    other = await start_editor()
    assert (await other.command("dbStatus"))["owner"] == owner.process.pid
    assert (await other.command("dbCheck"))["sound"]
    await other.command("dbBackup")
    for command in ("dbVacuum", "dbRebuild"):
        assert f"in use by process {owner.process.pid}" in await refused(other, command)
    await rehearsed(owner)


async def test_spoiled_tables_are_mended_and_told_once_while_runs_go_on(start_editor: Any) -> None:
    from codecompanion.memory.sqlite import sqlite3

    editor = await start_editor()
    await rehearsed(editor)
    stranger = sqlite3.connect(editor.root / ".orchestra" / "orchestra.db", isolation_level=None)
    stranger.execute("ALTER TABLE artifacts DROP COLUMN sha256")
    stranger.execute("DROP TABLE timeline")
    stranger.execute("CREATE TABLE timeline (hour, lesson)")
    stranger.close()
    check = await editor.command("dbCheck")
    assert check["tables"] == [
        "the table 'artifacts' has no column 'sha256'",
        "the table 'timeline' was made by another program",
    ]
    await rehearsed(editor)
    rebuilt = await editor.command("dbRebuild")
    assert len(rebuilt["mended"]) == 2
    assert (await editor.command("dbCheck"))["sound"]

"""Settings changed while a folder is open: they count for what begins after the change, over the real wire."""

import time
from pathlib import Path
from typing import Any

import pytest

from codecompanion.router.scripted_server import Reply, ScriptedServer

CODE = "def one():\n    return 1\n"


def edit(new: int) -> str:
    """Return an answer that replaces what the function returns, whatever it was."""
    return f"FILE: app.py\n```python\ndef one():\n    return {new}\n```\n"


WITH_CONFIGURATION: dict[str, Any] = {
    "workspace": {"configuration": True},
    "window": {"workDoneProgress": True},
    "experimental": {"orchestra": True},
}


def is_event(message: dict[str, Any], name: str) -> bool:
    return message.get("method") == "orchestra/event" and message["params"]["body"]["event"] == name


def push(editor: Any, **settings: Any) -> None:
    editor.notify("workspace/didChangeConfiguration", {"settings": {"orchestra": settings}})


def most_at_once(editor: Any, run_id: str) -> int:
    """Return how many agents of a run were at work at the same time."""
    now = most = 0
    for params in editor.of("orchestra/event"):
        if params["runId"] == run_id:
            now += {"task_started": 1, "task_finished": -1}.get(params["body"]["event"], 0)
            most = max(most, now)
    return most


async def test_the_number_of_places_counts_for_runs_begun_after_the_change(start_editor: Any) -> None:
    editor = await start_editor(initializationOptions={"maxParallel": 1})
    before = await editor.command("simulateTask", {"tasks": 4, "seconds": 0.2})
    await editor.until(lambda m: is_event(m, "task_started"))
    push(editor, maxParallel=2)
    after = await editor.command("simulateTask", {"tasks": 4, "seconds": 0.2})
    for run in (before, after):
        await editor.ended(run["runId"])
    assert most_at_once(editor, before["runId"]) == 1
    assert most_at_once(editor, after["runId"]) == 2


async def test_a_test_command_and_its_time_count_from_the_next_test_run_on(start_editor: Any) -> None:
    def answer(_: Any) -> Reply:
        return Reply(text=edit(len(server.requests)))

    async with ScriptedServer(answer) as server:
        environ = {"OPENAI_API_KEY": "any-key", "OPENAI_BASE_URL": server.openai_url}
        fine = ["sh", "-c", "echo fine"]
        editor = await start_editor(
            environ=environ, initializationOptions={"testCommand": fine, "maxRepairs": 0}
        )
        uri = editor.open("app.py", CODE)

        async def reports() -> list[dict[str, Any]]:
            run = await editor.command("changeCode", {"request": "another number", "uri": uri})
            await editor.ended(run["runId"])
            return [event["report"] for event in editor.events("tests_ran")]

        first = (await reports())[-1]
        assert "fine" in first["output"]
        sleeper = ["sh", "-c", "echo waiting; sleep 60"]
        push(editor, testCommand=sleeper, testTimeout=1, maxRepairs=0)
        begin = time.perf_counter()
        second = (await reports())[-1]
        assert time.perf_counter() - begin < 15
        assert "waiting" in second["output"]
        assert second["seconds"] < 10
        push(editor, maxRepairs=0)
        assert not any("waiting" in report["output"] for report in (await reports())[-1:])


@pytest.mark.slow
async def test_a_shorter_deadline_counts_from_the_next_call_on(start_editor: Any) -> None:
    async with ScriptedServer([Reply(text="late", first_token_after=60, times=None)]) as server:
        environ = {"OPENAI_API_KEY": "any-key", "OPENAI_BASE_URL": server.openai_url}
        editor = await start_editor(environ=environ)
        uri = editor.open("app.py", CODE)
        waiting = await editor.command("changeCode", {"request": "go", "uri": uri})
        await editor.until(lambda m: is_event(m, "model_call_started"))
        push(editor, deadline=1)
        begin = time.perf_counter()
        hasty = await editor.command("changeCode", {"request": "go", "uri": uri})
        said = await editor.ended(hasty["runId"])
        assert time.perf_counter() - begin < 15
        assert "1 s" in said
        assert await editor.phase(waiting["runId"]) == "working"


@pytest.mark.needs("bwrap")
async def test_the_guard_of_the_users_file_counts_once_the_editor_tells_of_a_change(
    start_editor: Any, tmp_path: Path
) -> None:
    editor = await start_editor()
    run = await editor.command("simulateTask", {"tasks": 1, "seconds": 0})
    await editor.ended(run["runId"])
    (before,) = (await editor.command("health"))["workspaces"]
    assert before["sandbox"] == "bubblewrap"
    (tmp_path / "orchestra").mkdir()
    (tmp_path / "orchestra" / "orchestra.toml").write_text('sandbox = "off"\n')
    push(editor)

    async def is_off() -> bool:
        (now,) = (await editor.command("health"))["workspaces"]
        return bool(now["sandbox"] == "unguarded")

    await editor.eventually(is_off)


async def test_a_command_right_behind_a_change_waits_for_what_the_editor_says(start_editor: Any) -> None:
    editor = await start_editor(WITH_CONFIGURATION, settings={"maxParallel": 1})
    opening = await editor.command("simulateTask", {"tasks": 1, "seconds": 0})
    await editor.ended(opening["runId"])
    editor.settings = {"maxParallel": 2}
    editor.notify("workspace/didChangeConfiguration", {"settings": None})
    run = await editor.command("simulateTask", {"tasks": 4, "seconds": 0.2})
    await editor.ended(run["runId"])
    assert most_at_once(editor, run["runId"]) == 2

"""Runs are paused, stepped, stopped by command and from the client's progress, and always come to an end."""

import asyncio
import time
from typing import Any

import pytest


def ends(editor: Any, token: str) -> int:
    return sum(1 for value in editor.progress(token) if value["kind"] == "end")


async def started(editor: Any, **arguments: Any) -> str:
    answer = await editor.command("simulateTask", {"tasks": 3, "seconds": 30, **arguments})
    run_id = str(answer["runId"])
    await editor.until(
        lambda m: (
            m.get("method") == "orchestra/status"
            and m["params"]["runId"] == run_id
            and m["params"]["phase"] != "planning"
        )
    )
    return run_id


async def test_a_run_is_stopped_by_command_within_a_second(start_editor: Any) -> None:
    editor = await start_editor()
    run_id = await started(editor)
    begin = time.perf_counter()
    answer = await editor.command("stop")
    assert answer["runId"] == run_id
    assert answer["otherRuns"] == []
    said = await editor.ended(run_id)
    assert time.perf_counter() - begin < 1.0
    assert said.startswith("Orchestra: Stopped: the user stopped it.")
    tokens = await editor.all_progress_ended()
    assert len(tokens) > 1
    assert all(ends(editor, token) == 1 for token in tokens)
    again = await editor.command("stop", run_id)
    assert "had ended already (stopped)" in again["text"]


async def test_a_run_is_stopped_from_any_of_its_progresses(start_editor: Any) -> None:
    editor = await start_editor()
    for whole in (True, False):
        run_id = await started(editor)
        token = f"orchestra/{run_id}"
        if not whole:
            message = await editor.until(
                lambda m, t=token: str(m.get("params", {}).get("token")).startswith(t + "/")
            )
            token = message["params"]["token"]
        begin = time.perf_counter()
        editor.notify("window/workDoneProgress/cancel", {"token": token})
        said = await editor.ended(run_id)
        assert time.perf_counter() - begin < 1.0
        assert "cancelled in the editor" in said
    tokens = await editor.all_progress_ended()
    assert all(ends(editor, token) == 1 for token in tokens)


async def test_a_run_is_stopped_while_its_engine_is_still_being_loaded(start_editor: Any) -> None:
    editor = await start_editor()
    answer = await editor.command("simulateTask", {"tasks": 1, "seconds": 30})
    assert (await editor.command("stop"))["runId"] == answer["runId"]
    assert "No file was changed" in await editor.ended(answer["runId"])
    (status,) = (await editor.command("status"))["runs"]
    assert status["phase"] == "stopped"
    assert ends(editor, answer["progressToken"]) == 1
    later = await editor.command("simulateTask", {"tasks": 1, "seconds": 0})
    assert "no file was touched" in await editor.ended(later["runId"])


async def test_pause_resume_and_next_choose_the_run_they_fit(start_editor: Any) -> None:
    editor = await start_editor()
    plain = await started(editor, tasks=1, seconds=60)
    answer = await editor.command("simulateTask", {"tasks": 2, "seconds": 0, "step": True})
    stepped = answer["runId"]
    await editor.until(lambda m: m.get("method") == "orchestra/status" and m["params"]["phase"] == "waiting")
    first = await editor.command("next")
    assert first["runId"] == stepped
    assert first["otherRuns"] == [plain]
    paused = await editor.command("pause", {"runId": plain})
    assert paused["text"].startswith("paused")
    assert (await editor.command("status", plain))["runs"][0]["phase"] == "paused"
    assert (await editor.command("resume"))["runId"] == plain
    with pytest.raises(Exception, match="no run is paused"):
        await editor.command("resume")
    with pytest.raises(Exception, match="goes by itself"):
        await editor.command("next", {"runId": plain})

    async def stepped_to_the_end() -> bool:
        if await editor.phase(stepped) == "waiting":
            await editor.command("next", {"runId": stepped})
        return bool(editor.events("run_finished"))

    await editor.eventually(stepped_to_the_end)
    assert (await editor.command("stopAll"))["runIds"] == [plain]
    await editor.ended(plain)


async def test_a_run_ends_with_its_session_and_stays_in_the_log(start_editor: Any) -> None:
    editor = await start_editor()
    run_id = await started(editor)
    await editor.ask("shutdown", None)
    assert ends(editor, f"orchestra/{run_id}") == 1
    editor.notify("exit", None)
    async with asyncio.timeout(5):
        assert await editor.process.wait() == 0


async def test_progress_ends_when_the_run_cannot_even_begin(start_editor: Any) -> None:
    editor = await start_editor()
    (editor.root / ".orchestra").write_text("a file where the data folder belongs")
    answer = await editor.command("simulateTask", {"tasks": 1, "seconds": 0})
    said = await editor.ended(answer["runId"])
    assert "a file stands where the folder should be" in said
    assert ends(editor, answer["progressToken"]) == 1
    (status,) = (await editor.command("status"))["runs"]
    assert status["phase"] == "failed"


async def test_a_killed_run_is_taken_up_again_by_the_next_session(start_editor: Any) -> None:
    editor = await start_editor()
    answer = await editor.command("simulateTask", {"tasks": 2, "seconds": 0.5})
    run_id = answer["runId"]
    await editor.until(
        lambda m: m.get("method") == "orchestra/event" and m["params"]["body"]["event"] == "task_progressed"
    )
    editor.process.kill()
    await editor.process.wait()
    later = await start_editor()
    with pytest.raises(Exception, match="unknown run 'run-x'; known: "):
        await later.command("resume", "run-x")
    await later.until(lambda m: m.get("method") == "window/showMessage" and run_id in m["params"]["message"])
    again = await later.command("resume", run_id)
    assert again == {**again, **answer}
    assert "no file was touched" in await later.ended(run_id)
    assert later.events("run_reopened")
    assert ends(later, answer["progressToken"]) == 1
    assert "had ended already (done)" in (await later.command("resume", run_id))["text"]

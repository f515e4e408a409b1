"""Runs that an earlier session left open: offered at the start, and steered without being started."""

import time
from typing import Any

import pytest

ASKING: dict[str, Any] = {
    "window": {
        "workDoneProgress": True,
        "showMessage": {"messageActionItem": {"additionalPropertiesSupport": False}},
    },
    "experimental": {"orchestra": True},
}
REHEARSAL = {"tasks": 2, "seconds": 20}


async def left_open(start_editor: Any, count: int = 1, *, clean: bool = False) -> list[str]:
    """Leave runs open in the log of an editor that is killed, or told to end."""
    editor = await start_editor()
    runs = [(await editor.command("simulateTask", REHEARSAL))["runId"] for _ in range(count)]
    for run_id in runs:
        await editor.until(lambda m, run_id=run_id: _started(m, run_id))
    if clean:
        await editor.ask("shutdown", None)
        editor.notify("exit", None)
    else:
        editor.process.kill()
    await editor.process.wait()
    return runs


def _started(message: dict[str, Any], run_id: str) -> bool:
    if message.get("method") != "orchestra/event":
        return False
    params = message["params"]
    return bool(params["runId"] == run_id and params["body"]["event"] == "task_started")


def questions(editor: Any) -> list[str]:
    return [params["message"] for params in editor.of("window/showMessageRequest")]


@pytest.mark.parametrize("clean", [False, True], ids=["killed", "ended"])
async def test_the_next_start_offers_to_resume_and_does(start_editor: Any, clean: bool) -> None:
    (run_id,) = await left_open(start_editor, clean=clean)
    editor = await start_editor(ASKING)
    editor.choices = ["Resume"]
    await editor.until(lambda m: "run_reopened" in str(m.get("params")))
    assert len(questions(editor)) == 1
    assert run_id in questions(editor)[0]
    assert [o["title"] for o in editor.of("window/showMessageRequest")[0]["actions"]] == [
        "Resume",
        "Not now",
        "Stop it",
    ]
    await editor.command("stop", run_id)
    await editor.ended(run_id)


async def test_an_offer_that_is_dismissed_starts_nothing(start_editor: Any) -> None:
    (run_id,) = await left_open(start_editor)
    editor = await start_editor(ASKING)
    await editor.until(lambda m: "left as it is" in str(m.get("params")))
    (status,) = (await editor.command("status"))["runs"]
    assert (status["runId"], status["interrupted"], status["phase"]) == (run_id, True, "working")
    assert not editor.of("orchestra/event")


async def test_an_offer_may_stop_the_run(start_editor: Any) -> None:
    (run_id,) = await left_open(start_editor)
    editor = await start_editor(ASKING)
    editor.choices = ["Stop it"]
    await editor.until(lambda m: "Orchestra: stopped: a rehearsal" in str(m.get("params")))
    assert not (await editor.command("status"))["runs"]
    (entry,) = (await editor.command("runsList"))["runs"]
    assert (entry["runId"], entry["state"]) == (run_id, "stopped")


async def test_interrupted_runs_are_paused_and_stopped_in_the_log_only(start_editor: Any) -> None:
    first, second = await left_open(start_editor, 2)
    editor = await start_editor()
    await editor.command("pause", first)
    paused, other = (await editor.command("status"))["runs"]
    assert [(paused["runId"], paused["phase"]), other["runId"]] == [(first, "paused"), second]
    answer = await editor.command("stop", second)
    assert answer["text"] == "stopped: a rehearsal"
    bodies = [params["body"]["event"] for params in editor.of("orchestra/event")]
    assert not {"run_reopened", "task_started"} & set(bodies)
    await editor.command("resume", first)
    await editor.until(lambda m: "run_resumed" in str(m.get("params")))
    await editor.command("stopAll")
    await editor.ended(first)


async def test_without_a_name_commands_mean_the_run_that_was_left_open(start_editor: Any) -> None:
    editor = await start_editor()
    answer = await editor.command("simulateTask", {"tasks": 3, "seconds": 0.2, "mode": "stepwise"})
    await editor.until(lambda m: "plan_made" in str(m.get("params")))
    editor.process.kill()
    await editor.process.wait()
    editor = await start_editor()
    (left,) = (await editor.command("status"))["runs"]
    assert (left["runId"], left["phase"], left["interrupted"]) == (answer["runId"], "waiting", True)
    await editor.command("instruct", {"taskId": left["nextTask"], "text": "be quick"})
    await editor.command("next")
    assert (await editor.command("pause"))["runId"] == answer["runId"]
    await editor.command("resume")
    await editor.until(lambda m: "next is UIDesigner" in str(m.get("params")))
    await editor.command("next", answer["runId"])
    await editor.until(lambda m: "next is TestWriter" in str(m.get("params")))
    bodies = [params["body"]["event"] for params in editor.of("orchestra/event")]
    assert bodies.count("task_started") == 2
    told = (await editor.command("runsShow", {"type": "task_instructed"}))["events"]
    assert [one["taskId"] for one in told] == [left["nextTask"]]
    assert "stopped" in (await editor.command("stop"))["text"]
    await editor.ended(answer["runId"])
    for _ in range(2):
        assert "had ended already (stopped)" in (await editor.command("resume", answer["runId"]))["text"]


async def test_stop_all_reaches_what_an_earlier_session_left_open(start_editor: Any) -> None:
    runs = await left_open(start_editor, 2)
    editor = await start_editor()
    assert sorted((await editor.command("stopAll"))["runIds"]) == sorted(runs)
    assert {entry["state"] for entry in (await editor.command("runsList"))["runs"]} == {"stopped"}


async def test_a_folder_in_which_all_runs_have_ended_is_not_opened_for_a_look(start_editor: Any) -> None:
    editor = await start_editor()
    await editor.ended((await editor.command("simulateTask", {"tasks": 1, "seconds": 0}))["runId"])
    editor.process.kill()
    await editor.process.wait()
    editor = await start_editor(ASKING)
    began = time.monotonic()
    while time.monotonic() - began < 1.5:
        await editor.command("health")
    assert (await editor.command("health"))["workspaces"] == []
    assert not questions(editor)


APPROVAL = {"tasks": 2, "seconds": 0, "mode": "approve"}


async def left_waiting(start_editor: Any) -> tuple[str, str]:
    """Leave a run open whose plan waits for approval; returns its id and its plan's text."""
    editor = await start_editor()
    run_id = (await editor.command("simulateTask", APPROVAL))["runId"]
    await editor.until(lambda m: "keeps waiting for your approval" in str(m.get("params")))
    text = (await editor.command("plan", run_id))["text"]
    editor.process.kill()
    await editor.process.wait()
    return run_id, text


async def test_a_resumed_run_asks_for_the_approval_it_waits_for(start_editor: Any) -> None:
    run_id, _ = await left_waiting(start_editor)
    editor = await start_editor(ASKING)
    editor.choices = ["Resume", "Approve"]
    await editor.ended(run_id)
    asked = questions(editor)
    assert [run_id in asked[0], "Shall it be carried out?" in asked[1], len(asked)] == [True, True, 2]
    assert len(editor.events("plan_approved")) == 1


async def test_the_plan_of_an_interrupted_run_is_changed_and_approved_in_the_log_only(
    start_editor: Any,
) -> None:
    run_id, text = await left_waiting(start_editor)
    editor = await start_editor()
    last = text.rindex("## ")
    assert (await editor.command("editPlan", {"runId": run_id, "text": text[:last]}))["runId"] == run_id
    await editor.command("instruct", {"runId": run_id, "taskId": "simulated-1", "text": "carefully"})
    await editor.command("approvePlan", run_id)
    with pytest.raises(Exception, match="unknown run 'run-x'"):
        await editor.command("approvePlan", "run-x")
    assert not editor.events("run_reopened")
    await editor.command("resume", run_id)
    await editor.ended(run_id)
    assert len(editor.events("task_finished")) == 1

"""The plan of a run in the editor: asked about, looked at, changed as a document, approved, or stopped."""

from pathlib import Path
from typing import Any

import pytest

ASKING: dict[str, Any] = {
    "workspace": {"codeLens": {"refreshSupport": True}},
    "window": {
        "workDoneProgress": True,
        "showMessage": {"messageActionItem": {"additionalPropertiesSupport": False}},
        "showDocument": {"support": True},
    },
    "experimental": {"orchestra": True},
}
REHEARSAL = {"tasks": 2, "seconds": 0, "mode": "approve"}


async def waiting(editor: Any, **more: Any) -> str:
    """Start a rehearsal that waits for the person, and return its id."""
    run_id = str((await editor.command("simulateTask", {**REHEARSAL, **more}))["runId"])

    async def waits() -> bool:
        return bool(await editor.phase(run_id) == "waiting")

    await editor.eventually(waits)
    return run_id


def asked(editor: Any) -> list[list[str]]:
    """Return the actions of each question that was asked."""
    return [[one["title"] for one in params["actions"]] for params in editor.of("window/showMessageRequest")]


async def lens_titles(editor: Any, uri: str) -> list[str]:
    found = await editor.ask("textDocument/codeLens", {"textDocument": {"uri": uri}})
    return [lens["command"]["title"] for lens in found]


def opened(editor: Any, answer: dict[str, Any]) -> str:
    """Open a plan's document as an editor does when it is told to show it."""
    path = Path(answer["file"])
    uri = str(editor.open(str(path.relative_to(editor.root)), path.read_text(encoding="utf-8"), "markdown"))
    assert uri == answer["uri"]
    return uri


async def test_who_approves_when_asked_lets_the_run_go(start_editor: Any) -> None:
    editor = await start_editor(ASKING)
    editor.choices = ["Approve"]
    run_id = (await editor.command("simulateTask", REHEARSAL))["runId"]
    assert "no file was touched" in await editor.ended(run_id)
    assert asked(editor) == [["Approve", "Look at the plan", "Stop"]]
    assert len(editor.events("plan_approved")) == 1


async def test_who_looks_first_gets_the_document_and_is_asked_again(start_editor: Any) -> None:
    editor = await start_editor(ASKING)
    editor.choices = ["Look at the plan", "Stop"]
    run_id = (await editor.command("simulateTask", REHEARSAL))["runId"]
    assert "the plan was not approved" in await editor.ended(run_id)
    assert asked(editor)[1] == ["Approve", "Stop"]
    (shown,) = editor.of("window/showDocument")
    assert shown["uri"].endswith(f"/.orchestra/plans/{run_id}.md")
    assert (editor.root / ".orchestra" / "plans" / f"{run_id}.md").read_text().startswith("# Plan: ")


async def test_a_dismissed_question_keeps_the_run_waiting_and_says_how_to_go_on(start_editor: Any) -> None:
    editor = await start_editor(ASKING)
    run_id = await waiting(editor)
    await editor.until(lambda m: "`orchestra.approvePlan` lets it go" in str(m.get("params")))
    assert await editor.phase(run_id) == "waiting"
    assert not editor.events("task_started")
    answer = await editor.command("approvePlan")
    assert answer["runId"] == run_id
    await editor.ended(run_id)


async def test_a_client_that_cannot_ask_or_show_is_told_in_messages(start_editor: Any) -> None:
    editor = await start_editor({"window": {"workDoneProgress": True}, "experimental": {"orchestra": True}})
    run_id = await waiting(editor)
    await editor.until(lambda m: "keeps waiting for your approval" in str(m.get("params")))
    assert not asked(editor)
    answer = await editor.command("plan", run_id)
    assert (answer["shown"], answer["text"][:8]) == (False, "# Plan: ")
    assert any(answer["file"] in message for message in editor.messages())
    await editor.command("stop", run_id)
    await editor.ended(run_id)


async def test_a_plan_is_changed_as_a_document_and_its_troubles_are_shown_on_their_lines(
    start_editor: Any,
) -> None:
    editor = await start_editor(ASKING)
    run_id = await waiting(editor, tasks=3)
    uri = opened(editor, await editor.command("plan"))
    assert await lens_titles(editor, uri) == ["Approve the plan", "Stop the run"]
    text = editor.documents[uri].text
    first, last = text.index("## "), text.rindex("## ")
    editor.type(uri, text.replace("- agent: ", "- agnt: ", 1))
    editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    told = await editor.until(lambda m: m.get("method") == "textDocument/publishDiagnostics")
    (problem,) = told["params"]["diagnostics"]
    assert "unknown entry 'agnt'; known: agent" in problem["message"]
    at = problem["range"]["start"]["line"]
    assert editor.documents[uri].text.splitlines()[at].startswith("- agnt:")
    with pytest.raises(Exception, match="mend the plan first, or close it"):
        await editor.command("approvePlan", run_id)
    # the last task goes; the approval takes the plan as it stands in the editor, unsaved
    editor.type(uri, text[:last])
    await editor.command("approvePlan", {"runId": run_id})
    await editor.until(
        lambda m: m.get("method") == "textDocument/publishDiagnostics" and not m["params"]["diagnostics"]
    )
    await editor.ended(run_id)
    assert len(editor.events("task_finished")) == 2
    assert first < last
    assert await lens_titles(editor, uri) == []


async def test_saving_the_document_records_the_change_and_words_for_agents(start_editor: Any) -> None:
    editor = await start_editor(ASKING)
    run_id = await waiting(editor)
    uri = opened(editor, await editor.command("plan", run_id))
    text = editor.documents[uri].text
    editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    editor.type(uri, text.rstrip("\n") + "\n- tell the agent: slowly\n")
    editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    await editor.until(lambda m: "task_instructed" in str(m.get("params")))
    assert len(editor.events("plan_edited")) == 1, "what was saved unchanged changes nothing"
    await editor.command("instruct", {"runId": run_id, "taskId": "simulated-1", "text": "carefully"})
    now = (await editor.command("plan", run_id))["text"]
    assert "- tell the agent: slowly" in now
    assert "- tell the agent: carefully" in now
    with pytest.raises(Exception, match="task 'nobody' is not in the plan"):
        await editor.command("instruct", {"runId": run_id, "taskId": "nobody", "text": "x"})
    await editor.command("editPlan", {"runId": run_id, "text": text})
    assert "tell the agent" not in (await editor.command("plan", run_id))["text"].split("\n## ", 1)[1]


async def test_step_by_step_the_plan_has_a_lens_for_the_next_step_and_words_go_with_it(
    start_editor: Any,
) -> None:
    editor = await start_editor(ASKING)
    run_id = await waiting(editor, mode="stepwise")
    assert not asked(editor)
    (status,) = (await editor.command("status", run_id))["runs"]
    assert (status["nextTask"], status["mode"]) == ("simulated-1", "stepwise")
    assert status["text"].startswith("next is ")
    uri = opened(editor, await editor.command("plan", run_id))
    assert await lens_titles(editor, uri) == ["Go one step", "Stop the run"]
    await editor.command("next", {"runId": run_id, "instruction": "begin gently"})
    (told,) = editor.events("task_instructed")
    assert (told["taskId"], told["text"]) == ("simulated-1", "begin gently")
    await editor.command("next", run_id)
    await editor.ended(run_id)


async def test_plans_are_not_written_through_links(start_editor: Any, tmp_path: Path) -> None:
    editor = await start_editor(ASKING)
    run_id = await waiting(editor)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (editor.root / ".orchestra" / "plans").symlink_to(elsewhere)
    with pytest.raises(Exception, match="is a link, and plans are never written through links"):
        await editor.command("plan", run_id)
    assert not list(elsewhere.iterdir())
    await editor.command("stop", run_id)
    await editor.ended(run_id)


async def test_what_was_told_beneath_an_open_document_is_not_taken_back_by_it(start_editor: Any) -> None:
    editor = await start_editor(ASKING)
    run_id = await waiting(editor)
    uri = opened(editor, await editor.command("plan", run_id))
    before = editor.documents[uri].text
    await editor.command("instruct", {"runId": run_id, "taskId": "simulated-1", "text": "carefully"})
    # this editor does not notice that the file has changed beneath it
    assert editor.documents[uri].text == before
    await editor.command("approvePlan", run_id)
    assert not editor.events("plan_edited")
    await editor.ended(run_id)


async def test_what_a_person_writes_is_neither_overwritten_nor_left_marked(start_editor: Any) -> None:
    editor = await start_editor(ASKING)
    run_id = await waiting(editor)
    answer = await editor.command("plan", run_id)
    uri = opened(editor, answer)
    editor.type(uri, answer["text"] + "\nnot finished")
    again = await editor.command("plan", run_id)
    assert again["text"] == Path(again["file"]).read_text(encoding="utf-8") == answer["text"]
    with pytest.raises(Exception, match="mend the plan first, or close it"):
        await editor.command("approvePlan", run_id)
    assert editor.of("textDocument/publishDiagnostics")[-1]["diagnostics"]
    editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    await editor.command("approvePlan", run_id)
    assert editor.of("textDocument/publishDiagnostics")[-1] == {"uri": uri, "diagnostics": []}
    await editor.ended(run_id)
    assert not editor.events("plan_edited")

"""Every command answers at once with a typed result, or with one sentence that says how to mend it."""

from pathlib import Path
from typing import Any

import pytest

INVALID_PARAMS, REQUEST_FAILED = -32602, -32803
STARTING = ("startProject", "changeCode", "writeTests", "fix", "designUI", "runRequest", "simulateTask")
REHEARSAL = {"tasks": 1, "seconds": 0}


async def refused(editor: Any, command: str, *arguments: Any) -> tuple[int, str]:
    with pytest.raises(Exception) as refusal:
        await editor.command(command, *arguments)
    return refusal.value.code, refusal.value.message


async def test_what_cannot_be_taken_is_refused_in_one_sentence(start_editor: Any) -> None:
    editor = await start_editor()
    for command in (*STARTING, "next", "pause", "resume", "stop", "status", "keys"):
        code, said = await refused(editor, command, {"nonsense": 1})
        assert code == INVALID_PARAMS
        assert "'nonsense'" in said
    for command in ("startProject", "changeCode", "designUI", "runRequest"):
        for nothing in ("", "   ", {}, {"request": ""}):
            code, said = await refused(editor, command, nothing)
            assert code == REQUEST_FAILED
            assert "the request is empty" in said
    for arguments, code, words in (
        ({"request": "x" * 1_000_000}, REQUEST_FAILED, "1,000,000 characters"),
        ({"request": "a\0b"}, REQUEST_FAILED, "NUL"),
        (
            {"request": "x", "template": "spaceship"},
            REQUEST_FAILED,
            "unknown template 'spaceship'; known: web app",
        ),
        ({"request": "x", "workspace": str(editor.root / "gone")}, REQUEST_FAILED, "does not exist"),
        ({"request": "x", "workspace": "relative/path"}, INVALID_PARAMS, "absolute path"),
        ({"request": "x", "workspace": "https://example.org/"}, INVALID_PARAMS, "file:"),
        ({"request": "x", "workspace": "/"}, REQUEST_FAILED, "choose the folder of one project"),
        ({"request": 5}, INVALID_PARAMS, "'request'"),
    ):
        got, said = await refused(editor, "startProject", arguments)
        assert got == code, said
        assert words in said
        assert len(said) < 400
    for command in ("next", "pause", "resume", "stop"):
        code, said = await refused(editor, command)
        assert code == REQUEST_FAILED
        assert "active runs: none" in said
        code, said = await refused(editor, command, "run-of-yesterday")
        assert "run 'run-of-yesterday'" in said
    assert await editor.command("stopAll") == {"runIds": []}
    assert await editor.command("status") == {"runs": []}
    assert editor.of("window/workDoneProgress/create") == []


async def test_without_a_usable_folder_work_is_refused_with_the_mend(start_editor: Any) -> None:
    editor = await start_editor(folders=[])
    for command in ("startProject", "designUI", "writeTests", "fix", "simulateTask"):
        code, said = await refused(editor, command, "anything")
        assert code == REQUEST_FAILED
        assert "no folder is open" in said
    file = editor.root / "file"
    file.write_text("")
    code, said = await refused(editor, "startProject", {"request": "x", "workspace": str(file)})
    assert (code, "not a folder" in said) == (REQUEST_FAILED, True)
    if Path("/proc/self").exists():
        # read-only for everybody, root too
        code, said = await refused(editor, "startProject", {"request": "x", "workspace": "/proc/self"})
        assert (code, "/proc" in said) == (REQUEST_FAILED, True)


async def test_the_folder_is_found_by_document_by_name_and_by_what_was_open_last(
    start_editor: Any, tmp_path: Path
) -> None:
    folders = [tmp_path / "one", tmp_path / "two", tmp_path / "one" / "inner"]
    for folder in folders:
        folder.mkdir()
    editor = await start_editor(folders=folders)
    editor.root = tmp_path
    code, said = await refused(editor, "simulateTask", REHEARSAL)
    assert code == REQUEST_FAILED
    assert "several folders are open" in said
    assert all(str(folder) in said for folder in folders)

    async def where(**arguments: Any) -> str:
        answer = await editor.command("simulateTask", {**REHEARSAL, **arguments})
        await editor.ended(answer["runId"])
        return str(answer["workspace"])

    assert await where(workspace="two") == str(folders[1])
    assert await where(workspace=str(folders[0])) == str(folders[0])
    assert await where(workspace=folders[1].as_uri()) == str(folders[1])
    editor.open("one/inner/a.py", "")
    assert await where() == str(folders[2])
    editor.open("two/a.py", "")
    assert await where() == str(folders[1])
    editor.notify(
        "workspace/didChangeWorkspaceFolders",
        {"event": {"added": [], "removed": [{"uri": folder.as_uri(), "name": ""} for folder in folders[1:]]}},
    )
    assert await where() == str(folders[0])
    assert (folders[0] / ".orchestra").is_dir()


async def test_health_and_keys_tell_facts_and_never_a_key(start_editor: Any) -> None:
    secret = "sk-ant-" + "x" * 40
    editor = await start_editor(environ={"ANTHROPIC_API_KEY": secret})
    before = await editor.command("health")
    assert before["workspaces"] == []
    assert before["python"].startswith("3.")
    assert before["settingsProblems"] == []
    answer = await editor.command("simulateTask", REHEARSAL)
    await editor.ended(answer["runId"])
    health = await editor.command("health")
    (workspace,) = health["workspaces"]
    assert workspace["workspace"] == str(editor.root)
    assert workspace["database"] == "open"
    assert workspace["runs"] == 1
    assert workspace["sandbox"]
    assert health["eventBus"] == "in memory"
    assert health["uptimeSeconds"] > before["uptimeSeconds"]
    keys = await editor.command("keys")
    states = {state["provider"]: state for state in keys["providers"]}
    assert states["anthropic"]["configured"]
    assert not states["openai"]["configured"]
    assert secret not in str(editor.seen)
    assert secret.encode() not in (editor.root.parent / "server.log").read_bytes()


async def test_a_request_in_another_script_is_taken_as_it_is(start_editor: Any) -> None:
    editor = await start_editor()
    request = "図書館の貸出を管理するサービス 👋"
    answer = await editor.command("startProject", {"request": request, "offline": True})
    said = await editor.ended(answer["runId"])
    assert said.startswith("Orchestra: ")
    (event,) = editor.events("run_started")
    assert event["order"]["request"] == request
    assert event["order"]["offline"]


async def test_wrong_settings_are_one_message_and_change_nothing(start_editor: Any) -> None:
    editor = await start_editor(
        {"workspace": {"configuration": True, "applyEdit": True}, "window": {"workDoneProgress": True}},
        settings={"maxRepairs": "many", "ofline": True},
    )
    message = await editor.until(lambda m: m.get("method") == "window/showMessage")
    said = message["params"]["message"]
    assert "'orchestra.maxRepairs'" in said
    assert "did you mean 'orchestra.offline'?" in said
    assert len(editor.messages()) == 1
    assert len((await editor.command("health"))["settingsProblems"]) == 2
    editor.settings = {"maxRepairs": 1, "offline": True}
    editor.notify("workspace/didChangeConfiguration", {"settings": None})
    while (await editor.command("health"))["settingsProblems"]:
        pass
    answer = await editor.command("simulateTask", REHEARSAL)
    assert "no file was touched" in await editor.ended(answer["runId"])

"""From a command to tested software, without a model: every step over real stdio."""

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

LIBRARY = "an API service for library loans with member, book and due date"


def check_progress(values: list[dict[str, Any]]) -> None:
    """One begin, one end, in that order, and percentages that never go back."""
    kinds = [value["kind"] for value in values]
    assert kinds[0] == "begin"
    assert kinds[-1] == "end"
    assert kinds.count("begin") == kinds.count("end") == 1
    percentages = [value["percentage"] for value in values if "percentage" in value]
    assert percentages == sorted(percentages)


async def check_all_progress(editor: Any) -> list[str]:
    tokens: list[str] = await editor.all_progress_ended()
    assert len(set(tokens)) == len(tokens)
    for token in tokens:
        check_progress(editor.progress(token))
    return tokens


async def test_a_library_service_is_built_shown_and_tested(start_editor: Any) -> None:
    editor = await start_editor(encoding="utf-8")
    answer = await editor.command("startProject", {"request": LIBRARY})
    run_id = answer["runId"]
    assert answer == {
        "runId": run_id,
        "workspace": str(editor.root),
        "progressToken": f"orchestra/{run_id}",
    }
    said = await editor.ended(run_id)
    assert "tests pass" in said
    assert "No model was used" in said

    (status,) = (await editor.command("status", {"runId": run_id}))["runs"]
    assert status["phase"] == "done"
    assert status["testsPassed"] > 0
    assert status["testsFailed"] == 0
    assert status["failedEdits"] == []
    assert any("loan" in path for path in status["files"])
    check_edits(editor, status)
    check_notifications(editor)
    tokens = await check_all_progress(editor)
    assert f"orchestra/{run_id}" in tokens
    assert {f"orchestra/{run_id}/{task['taskId']}" for task in status["tasks"]} <= set(tokens)
    check_what_was_built(editor)


def check_edits(editor: Any, status: dict[str, Any]) -> None:
    """Every file was offered once, and while the run was still going on."""
    changes = [c for params in editor.of("workspace/applyEdit") for c in params["edit"]["documentChanges"]]
    offered = Counter(change["textDocument"]["uri"] for change in changes if "kind" not in change)
    assert set(offered) == set(editor.documents)
    assert set(offered.values()) == {1}
    assert len(offered) == len(status["files"])
    names = [event["event"] for event in editor.events()]
    assert names.index("edit_settled") < names.index("tests_started")


def check_notifications(editor: Any) -> None:
    """Events come whole and in order; the status never goes back and ends with the summary."""
    versions = [event["version"] for event in editor.of("orchestra/event")]
    assert versions == list(range(1, len(versions) + 1))
    assert editor.events()[-1]["event"] == "run_finished"
    statuses = editor.of("orchestra/status")
    assert [status["percent"] for status in statuses] == sorted(status["percent"] for status in statuses)
    assert statuses[-1]["phase"] == "done"
    assert statuses[-1]["summary"]


def check_what_was_built(editor: Any) -> None:
    """What the editor holds is what was tested: saved by hand, it passes by itself."""
    for uri, document in editor.documents.items():
        path = Path(uri.removeprefix("file://"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document.text, "utf-8")
    tested = subprocess.run(
        [sys.executable, "-m", "unittest", "-q"], cwd=editor.root, capture_output=True, text=True, check=False
    )
    assert tested.returncode == 0, tested.stderr


async def test_a_client_that_can_do_little_and_slowly_gets_messages_and_plain_changes(
    start_editor: Any, tempers: Any
) -> None:
    editor = await start_editor({"workspace": {"applyEdit": True}}, encoding="utf-32", apply=tempers["slow"])
    answer = await editor.command("startProject", LIBRARY)
    assert "tests pass" in await editor.ended(answer["runId"])
    started, ended = editor.messages()
    assert started.startswith("Orchestra has started: an API service")
    assert "written" in ended
    assert editor.of("$/progress") == editor.of("orchestra/event") == editor.of("orchestra/status") == []
    assert all("changes" in params["edit"] for params in editor.of("workspace/applyEdit"))
    assert len(editor.documents) > 5


async def test_a_written_request_runs_and_stops_by_its_lens(start_editor: Any) -> None:
    editor = await start_editor()
    uri = editor.open("notes.md", f"# Ideas\n\norchestra: {LIBRARY}\n", "markdown")
    (lens,) = await editor.ask("textDocument/codeLens", {"textDocument": {"uri": uri}})
    assert lens["command"]["title"] == "Run with Orchestra"
    answer = await editor.ask("workspace/executeCommand", lens["command"])
    (lens,) = await editor.ask("textDocument/codeLens", {"textDocument": {"uri": uri}})
    assert lens["command"]["title"].startswith("Orchestra: ")
    assert lens["command"]["title"].endswith(" — stop")
    assert lens["command"]["arguments"] == [{"runId": answer["runId"]}]
    await editor.until(lambda m: m.get("method") == "workspace/codeLens/refresh")
    (event,) = editor.events("run_started") or [
        (await editor.until(lambda m: m.get("method") == "orchestra/event"))["params"]["body"]
    ]
    assert event["order"]["kind"] == "project"
    assert event["order"]["place"]["path"] == "notes.md"
    await editor.ask("workspace/executeCommand", lens["command"])
    await editor.ended(answer["runId"])
    (lens,) = await editor.ask("textDocument/codeLens", {"textDocument": {"uri": uri}})
    assert lens["command"]["title"] == "Run with Orchestra"
    await check_all_progress(editor)


async def test_a_request_in_code_is_a_change_with_its_place(start_editor: Any) -> None:
    editor = await start_editor()
    (editor.root / "other.py").write_text("x = 1\n")
    uri = editor.open("app.py", "a = 1\n# orchestra: rename a to b\nprint(b)\n")
    place = {"start": {"line": 1, "character": 3}, "end": {"line": 1, "character": 3}}
    (action,) = await editor.ask(
        "textDocument/codeAction",
        {"textDocument": {"uri": uri}, "range": place, "context": {"diagnostics": []}},
    )
    answer = await editor.ask("workspace/executeCommand", action["command"])
    said = await editor.ended(answer["runId"])
    # without a model there is nobody who could change code, and that is said
    assert "without a model" in said.lower()
    (event,) = editor.events("run_started")
    order = event["order"]
    assert (order["kind"], order["request"]) == ("change", "rename a to b")
    assert (order["place"]["path"], order["place"]["firstLine"], order["place"]["lastLine"]) == ("app.py", 2, 2)
    assert order["place"]["text"] == "# orchestra: rename a to b\n"

    problem = {
        "range": {"start": {"line": 2, "character": 6}, "end": {"line": 2, "character": 7}},
        "message": "undefined name 'b'",
        "source": "ruff",
    }
    actions = await editor.ask(
        "textDocument/codeAction",
        {
            "textDocument": {"uri": uri},
            "range": problem["range"],
            "context": {"diagnostics": [{**problem, "severity": 1, "code": "F821"}]},
        },
    )
    fix = next(action for action in actions if action["title"] == "Fix with Orchestra")
    answer = await editor.ask("workspace/executeCommand", fix["command"])
    await editor.ended(answer["runId"])
    assert editor.events("run_started")[1]["order"]["problems"] == ["app.py:3: undefined name 'b' (ruff)"]
    await check_all_progress(editor)

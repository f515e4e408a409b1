"""Whole runs with editors of every temper: each ends plainly, with nothing lost and nothing pretended."""

from pathlib import Path
from typing import Any

LIBRARY = "an API service for library loans with member, book and due date"


async def built(editor: Any) -> tuple[str, dict[str, Any]]:
    answer = await editor.command("startProject", LIBRARY)
    said = await editor.ended(answer["runId"])
    (status,) = (await editor.command("status", answer["runId"]))["runs"]
    return said, status


def on_disk(root: Path) -> set[str]:
    found = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return {str(path) for path in found if path.parts[0] != ".orchestra"}


async def test_an_editor_that_says_yes_and_does_nothing_gets_its_files_on_disk(
    start_editor: Any, tempers: Any
) -> None:
    editor = await start_editor(apply=tempers["lying"])
    said, status = await built(editor)
    assert status["phase"] == "done"
    assert status["testsPassed"] > 0
    assert on_disk(editor.root) == set(status["files"])
    assert "not saved" not in said
    assert len(editor.of("workspace/applyEdit")) == 1


async def test_a_run_whose_edits_are_refused_says_so_once(start_editor: Any, tempers: Any) -> None:
    editor = await start_editor(apply=tempers["refusing"])
    said, status = await built(editor)
    assert status["phase"] == "failed"
    assert status["files"] == []
    assert status["failedEdits"]
    assert "the user said no" in said
    assert "Not applied (kept in the run's log)" in said
    assert len(editor.messages()) == 1
    assert on_disk(editor.root) == set()
    texts = [event["edit"]["text"] for event in editor.events("edit_proposed")]
    assert texts
    assert editor.events("run_finished")

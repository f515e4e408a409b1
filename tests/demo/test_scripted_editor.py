"""The demo's editor takes edits as a careful editor does; the other side is a process that only sends edits."""

import json
import sys
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

from codecompanion.server.demo import DemoFailed
from codecompanion.server.demo.processes import running
from codecompanion.server.demo.scripted_editor import ScriptedEditor

SERVER = Path(__file__).with_name("editing_server.py")


def replacing(uri: str, version: int | None, *edits: tuple[int, int, int, str]) -> dict[str, Any]:
    """Return an edit of one line each: line, first and last column, new text."""
    texts = [
        {
            "range": {"start": {"line": line, "character": first}, "end": {"line": line, "character": last}},
            "newText": text,
        }
        for line, first, last, text in edits
    ]
    return {"documentChanges": [{"textDocument": {"uri": uri, "version": version}, "edits": texts}]}


def exchange(folder: Path, *edits: dict[str, Any]) -> tuple[list[Any], list[Any], list[tuple[Path, str]]]:
    """Send the edits to an editor; return its answers, its notifications, and the changes it told of."""
    changed: list[tuple[Path, str]] = []
    command = [sys.executable, str(SERVER), json.dumps(edits)]
    with running(command, seconds=20, stdin=PIPE, stdout=PIPE) as server:
        editor = ScriptedEditor(
            server,
            folder,
            heard=lambda method, params: None,
            changed=lambda path, text: changed.append((path, text)),
        )
        told = editor.request("tell", None)
        assert editor.close() == 0
    return told["answers"], told["notified"], changed


def test_a_new_file_is_created_filled_saved_and_shown_as_open(tmp_path: Path) -> None:
    uri = (tmp_path / "src" / "naïve.py").as_uri()
    edit = replacing(uri, None, (0, 0, 0, "print('hello')\n"))
    edit["documentChanges"].insert(0, {"kind": "create", "uri": uri})
    answers, notified, changed = exchange(tmp_path, edit)
    assert answers == [{"applied": True}]
    assert (tmp_path / "src" / "naïve.py").read_text("utf-8") == "print('hello')\n"
    assert [method for method, _ in notified] == ["textDocument/didOpen", "textDocument/didSave"]
    assert notified[0][1]["textDocument"]["text"] == "print('hello')\n"
    assert changed == [(tmp_path / "src" / "naïve.py", "print('hello')\n")]


def test_all_places_of_an_edit_are_those_of_the_text_before(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("one two\r\n🦉three\n", "utf-8", newline="")
    edit = replacing(file.as_uri(), None, (0, 0, 3, "1"), (0, 4, 7, "2"), (1, 1, 6, "3"))
    answers, _, _ = exchange(tmp_path, edit)
    assert answers == [{"applied": True}]
    assert file.read_bytes().decode() == "1 2\r\n🦉3\n"


def test_an_open_document_counts_its_versions_and_refuses_an_edit_for_another(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("a\n", "utf-8")
    answers, notified, _ = exchange(
        tmp_path,
        replacing(file.as_uri(), None, (0, 0, 1, "b")),
        replacing(file.as_uri(), 1, (0, 0, 1, "c")),
        replacing(file.as_uri(), 1, (0, 0, 1, "late")),
    )
    assert [answer["applied"] for answer in answers] == [True, True, False]
    assert "version 2" in answers[2]["failureReason"]
    assert file.read_text("utf-8") == "c\n"
    changes = [params for method, params in notified if method == "textDocument/didChange"]
    assert [change["textDocument"]["version"] for change in changes] == [2]


@pytest.mark.parametrize("name", ["../outside.txt", "/etc/orchestra-demo-outside.txt"])
def test_a_file_outside_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    outside = (folder / name).resolve()
    answers, _, changed = exchange(folder, replacing(outside.as_uri(), None, (0, 0, 0, "x")))
    assert answers[0]["applied"] is False
    assert "outside" in answers[0]["failureReason"]
    assert not outside.exists()
    assert changed == []


def test_a_server_that_ends_is_a_plain_sentence(tmp_path: Path) -> None:
    with running([sys.executable, "-c", ""], seconds=20, stdin=PIPE, stdout=PIPE) as server:
        editor = ScriptedEditor(
            server, tmp_path, heard=lambda method, params: None, changed=lambda path, text: None
        )
        with pytest.raises(DemoFailed, match="the language server ended too early"):
            editor.initialize()


def test_a_server_that_never_answers_is_ended(tmp_path: Path) -> None:
    sleeper = [sys.executable, "-c", "import time; time.sleep(600)"]
    with running(sleeper, seconds=0.3, stdin=PIPE, stdout=PIPE) as server:
        editor = ScriptedEditor(
            server, tmp_path, heard=lambda method, params: None, changed=lambda path, text: None
        )
        with pytest.raises(DemoFailed, match="too slow"):
            editor.initialize()
    assert server.returncode is not None

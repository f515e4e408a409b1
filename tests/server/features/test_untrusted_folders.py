"""What happens in a folder before its person trusts it: nothing that starts, connects, or reads a key.

CVE-2025-61260, CVE-2025-59536, CVE-2025-68432: the server really runs, and Python itself tells what it does.
"""

import json
from pathlib import Path
from typing import Any

import pytest

StartEditor = Any

HOOK = """
import os, sys
NOTED = ("subprocess.Popen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.system", "pty.spawn",
         "socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto")
log = os.open(os.environ["AUDIT_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
def note(event, arguments):
    if event in NOTED:
        os.write(log, f"{event} {arguments[:2]!r}\\n".encode())
    elif event == "open" and str(arguments[0]).endswith("keys.toml"):
        os.write(log, b"key read\\n")
    elif event == "import" and str(arguments[0]) == "keyring":
        os.write(log, b"key read: the keyring\\n")
sys.addaudithook(note)
"""
REQUEST = "# orchestra: add a function that doubles a number\nx = 1\n"


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A repository in which everything that tools run of themselves leaves a mark."""
    root, mark = tmp_path / "work", tmp_path / "mark"
    run = f"touch {mark}"
    files = {
        "app.py": REQUEST,
        "conftest.py": f"open({str(mark)!r}, 'w')\n",
        "sitecustomize.py": f"open({str(mark)!r}, 'w')\n",
        "test_app.py": "def test_a(): pass\n",
        "package.json": json.dumps({"scripts": {"test": run, "postinstall": run}}),
        "Makefile": f"test:\n\t{run}\n",
        ".git/config": f"[core]\n\tfsmonitor = {run}\n\thooksPath = .\n",
        ".git/hooks/post-checkout": f"#!/bin/sh\n{run}\n",
        ".vscode/settings.json": json.dumps({"orchestra.testCommand": run, "orchestra.trusted": True}),
        ".nvim.lua": f"os.execute({run!r})",
        ".env": "ORCHESTRA_TRUSTED_FOLDERS=/\n",
        ".orchestra/orchestra.toml": 'trustedFolders = ["/"]\n',
        ".orchestra/orchestra.db": "no database",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook/sitecustomize.py").write_text(HOOK)
    (tmp_path / "orchestra").mkdir()
    (tmp_path / "orchestra/keys.toml").write_text('openai = "sk-never-read-0000000000"\n')
    (tmp_path / "orchestra/keys.toml").chmod(0o600)
    return root


def environ_of(tmp_path: Path) -> dict[str, str]:
    return {"PYTHONPATH": str(tmp_path / "hook"), "AUDIT_LOG": str(tmp_path / "audit.log")}


def noted(tmp_path: Path) -> list[str]:
    return (tmp_path / "audit.log").read_text().splitlines()


SETTINGS = {"testCommand": "touch mark", "maxRepairs": 0}


async def opened(start_editor: StartEditor, tmp_path: Path, **more: Any) -> Any:
    client = {"workspace": {"applyEdit": True, "configuration": True}, "window": more.pop("window", {})}
    return await start_editor(client, environ=environ_of(tmp_path), settings=SETTINGS, trusted=False, **more)


async def test_opening_a_hostile_repository_starts_connects_and_reads_nothing(
    start_editor: StartEditor, hostile: Path, tmp_path: Path
) -> None:
    asks = {"showMessage": {"messageActionItem": {}}, "workDoneProgress": True}
    editor = await opened(start_editor, tmp_path, window=asks)
    uri = editor.open("app.py", REQUEST)
    place = {"start": {"line": 0, "character": 0}, "end": {"line": 1, "character": 0}}
    lenses = await editor.ask("textDocument/codeLens", {"textDocument": {"uri": uri}})
    actions = await editor.ask(
        "textDocument/codeAction",
        {"textDocument": {"uri": uri}, "range": place, "context": {"diagnostics": []}},
    )
    assert lenses
    assert actions
    await editor.command("health")
    await editor.command("status")
    # the person dismisses the question; the next command puts it again
    editor.choices = [None, "Not now"]
    for _ in range(2):
        run = await editor.command("runRequest", {"uri": uri})
        assert "is not trusted yet" in await editor.ended(run["runId"])
    questions = [asked["message"] for asked in editor.of("window/showMessageRequest")]
    assert len(questions) == 2
    assert all(f"Do you trust the files in {hostile}?" in question for question in questions)
    assert noted(tmp_path) == []
    assert not (tmp_path / "mark").exists()
    assert not (tmp_path / "orchestra/trust.json").exists()
    assert sorted(path.name for path in (hostile / ".orchestra").iterdir()) == [
        "orchestra.db",
        "orchestra.toml",
    ]


async def test_one_yes_is_enough_for_ever_and_is_kept_outside_the_folder(
    start_editor: StartEditor, hostile: Path, tmp_path: Path
) -> None:
    (hostile / ".orchestra/orchestra.db").unlink()
    (hostile / "package.json").unlink()
    for name in ("conftest.py", "sitecustomize.py"):
        (hostile / name).unlink()
    asks = {"showMessage": {"messageActionItem": {}}, "workDoneProgress": True}
    editor = await opened(start_editor, tmp_path, window=asks)
    uri = editor.open("app.py", REQUEST)
    editor.choices = ["Trust"]
    for _ in range(2):
        run = await editor.command("simulateTask", {"tasks": 1, "seconds": 0})
        await editor.ended(run["runId"])
    assert len(editor.of("window/showMessageRequest")) == 1
    kept = json.loads((tmp_path / "orchestra/trust.json").read_text())
    assert list(kept["folders"]) == [str(hostile)]
    assert (tmp_path / "orchestra/trust.json").stat().st_mode & 0o777 == 0o600
    assert "key read" in noted(tmp_path)
    taken_back = await editor.command("trust", {"remove": True})
    assert taken_back == {"workspace": str(hostile), "trusted": False}
    run = await editor.command("runRequest", {"uri": uri})
    assert "is not trusted yet" in await editor.ended(run["runId"])


async def test_an_editor_without_questions_trusts_by_the_command(
    start_editor: StartEditor, hostile: Path, tmp_path: Path
) -> None:
    (hostile / ".orchestra/orchestra.db").unlink()
    editor = await opened(start_editor, tmp_path)
    assert editor.of("window/showMessageRequest") == []
    with pytest.raises(Exception, match=r"orchestra\.trust"):
        await editor.command("resume", {"runId": "run-x"})
    assert (await editor.command("trust"))["trusted"] is True
    with pytest.raises(Exception, match="unknown run"):
        await editor.command("resume", {"runId": "run-x"})


async def test_an_editor_that_does_not_say_that_it_can_ask_is_tried(
    start_editor: StartEditor, hostile: Path, tmp_path: Path
) -> None:
    (hostile / ".orchestra/orchestra.db").unlink()
    editor = await opened(start_editor, tmp_path)
    editor.choices = ["Trust"]
    with pytest.raises(Exception, match="unknown run"):
        await editor.command("resume", {"runId": "run-x"})
    assert len(editor.of("window/showMessageRequest")) == 1

"""What happens in a folder before its person trusts it: nothing that starts, connects, or reads a key.

CVE-2025-61260, CVE-2025-59536, CVE-2025-68432: the server really runs, and Python itself tells what it does.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from codecompanion.contracts import events as e
from codecompanion.contracts.edits import EditOutcome, WholeFile
from codecompanion.contracts.hashes import sha256_of
from codecompanion.contracts.messages import Role
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.server.commands import COMMANDS

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


# a person who has all set up: a fleet, a model of their own, budgets and learning
SET_UP = {
    "ORCHESTRA_REDIS_URL": "redis://127.0.0.1:9/0",
    "ORCHESTRA_LOCAL_BASE_URL": "http://127.0.0.1:9/v1",
    "ORCHESTRA_LOCAL_MODEL": "m",
    "ORCHESTRA_BUDGET_DAY": "1",
}


async def opened(
    start_editor: StartEditor, tmp_path: Path, more_environ: dict[str, str] | None = None, **more: Any
) -> Any:
    client = {"workspace": {"applyEdit": True, "configuration": True}, "window": more.pop("window", {})}
    environ = {**environ_of(tmp_path), **(more_environ or {})}
    return await start_editor(client, environ=environ, settings=SETTINGS, trusted=False, **more)


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


ARGUMENTS: dict[str, dict[str, Any]] = {
    "startProject": {"request": "a web app"},
    "designUI": {"request": "a page"},
    "changeCode": {"request": "be nice"},
    "instruct": {"text": "x", "taskId": "code"},
    "dbExport": {"file": "log.jsonl"},
    "editPlan": {"text": "x"},
    "accept": {"path": "app.py"},
    "reject": {"path": "app.py"},
    "runsImport": {"file": "run.orchestra-run.jsonl"},
    "runsRename": {"runId": "run-1", "title": "x"},
    "runsDiff": {"runId": "run-1", "other": "run-2"},
}
WITH_DOCUMENT = ("changeCode", "writeTests", "fix", "runRequest", "blame", "routerWhy")


async def leave_a_log(root: Path) -> None:
    """Leave a log as a hostile repository may bring one: a run that is open, with a change that waits."""
    text = REQUEST + "z = 3\n"
    edit = WholeFile(path="app.py", text=text)
    known = {"task_id": "code", "role": Role.CODE_GENERATOR}
    history = [
        e.RunStarted(order=e.RunOrder(kind="change", request="x", workspace=str(root))),
        e.BaseKept(path="app.py", text=REQUEST),
        e.EditProposed(edit_id="e1", edit=edit, sha256=sha256_of(text), **known),
        e.EditSettled(
            outcome=EditOutcome(edit_id="e1", path="app.py", state="pending", sha256=sha256_of(text))
        ),
    ]
    store = await SqliteEventStore.open(root / ".orchestra", lambda: 1.0)
    for run_id in ("run-1", "run-2"):
        await store.append(run_id, 0, history)
    await store.close()


@pytest.mark.parametrize(("asks", "log"), [(True, False), (False, True)])
async def test_a_whole_session_with_every_command_starts_connects_and_reads_nothing(
    start_editor: StartEditor, hostile: Path, tmp_path: Path, asks: bool, log: bool
) -> None:
    """Each command once, every notification, and what an editor asks by itself; also with a log to be read."""
    (hostile / ".orchestra/orchestra.db").unlink()
    if log:
        await leave_a_log(hostile)
    before = contents(hostile)
    window = {"workDoneProgress": True, "showMessage": {"messageActionItem": {}}} if asks else {}
    editor = await opened(start_editor, tmp_path, window=window, more_environ=SET_UP)
    uri = editor.open("app.py", REQUEST)
    document = {"textDocument": {"uri": uri}}
    for name in COMMANDS:
        if name == "trust":
            continue
        argument = {**ARGUMENTS.get(name, {}), **({"uri": uri} if name in WITH_DOCUMENT else {})}
        answer = await answered_or_refused(editor, name, argument)
        if "progressToken" in answer:
            assert "is not trusted yet" in await editor.ended(answer["runId"])
    editor.type(uri, REQUEST + "y = 2\n")
    changes = [{"uri": f"file://{hostile}/{name}", "type": 2} for name in ("app.py", ".git/config")]
    editor.notify("textDocument/didSave", document)
    editor.notify("workspace/didChangeWatchedFiles", {"changes": changes})
    editor.notify("workspace/didChangeConfiguration", {"settings": {"orchestra": SETTINGS}})
    place = {"line": 1, "character": 0}
    for _ in range(2):
        await editor.ask("textDocument/codeLens", document)
        await editor.ask("textDocument/hover", {**document, "position": place})
        where = {**document, "range": {"start": place, "end": place}, "context": {"diagnostics": []}}
        await editor.ask("textDocument/codeAction", where)
    other = {"uri": f"file://{tmp_path}/other", "name": "other"}
    (tmp_path / "other").mkdir()
    (tmp_path / "other/app.py").write_text(REQUEST)
    editor.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [other], "removed": []}})
    editor.notify("textDocument/didClose", document)
    await editor.ask("shutdown", None)
    assert noted(tmp_path) == []
    assert not (tmp_path / "mark").exists()
    assert not (tmp_path / "orchestra/trust.json").exists()
    # what the person asked for by name was written: a backup, and two exports
    after = contents(hostile)
    assert {name: after.pop(name) for name in before} == before
    assert len(after) == (3 if log else 0), after.keys()


async def answered_or_refused(editor: Any, name: str, argument: dict[str, Any]) -> dict[str, Any]:
    """Return a command's answer, nothing where it was refused in words."""
    try:
        answer: dict[str, Any] = await editor.command(name, argument)
    except Exception as refusal:  # noqa: BLE001 - the scripted editor's own, which lives in the fixtures
        assert str(refusal).startswith("-32"), name
        return {}
    return answer


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder with what it holds, but for those a database keeps while it is read."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): path.read_bytes() for path in files if not path.name.endswith(("-wal", "-shm"))}


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

"""What an editor feels on the wire: the first progress, an edit after its last token, an answer under load."""

import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.lsp_process import LspProcess, Message, initialize
from benchmarks.table import Row, percentile, print_table
from benchmarks.token_server import Speech, TokenServer, token_server

BIN = Path(sys.executable).parent
COMMANDS = 200
FILES = 60
LINES = 12
"""Lines of each of these files: about forty tokens, so five files a second at a quick model's pace."""
AGENTS = 8
TOKENS_PER_SECOND = 200
STREAM_SECONDS = 6


def run() -> list[Row]:
    """Measure all three against one kind of server: `orchestra serve` over stdio."""
    first = _first_progress()
    edits = _edit_after_last_token()
    loaded = _answers_under_load()
    ms = 1000
    print_table(
        "on the wire, ms",
        ("what", "samples", "p50", "p99"),
        [
            (
                name,
                str(len(values)),
                f"{percentile(values, 0.5) * ms:.1f}",
                f"{percentile(values, 0.99) * ms:.1f}",
            )
            for name, values in (
                ("command → first progress", first),
                ("last token of a file → its applyEdit", edits),
                (f"a request while {AGENTS} agents stream", loaded),
            )
        ],
    )
    return [
        Row("command → first progress, p99", percentile(first, 0.99) * ms, "≤", 20, " ms"),
        Row("last token → applyEdit, p50", percentile(edits, 0.5) * ms, "≤", 5, " ms"),
        Row("last token → applyEdit, p99", percentile(edits, 0.99) * ms, "≤", 25, " ms"),
        Row(f"request while {AGENTS} agents stream, p99", percentile(loaded, 0.99) * ms, "≤", 30, " ms"),
    ]


@contextmanager
def _session(root: Path, model: TokenServer | None) -> Iterator[LspProcess]:
    kept = ("PATH", "HOME", "LANG", "TMPDIR")
    env = {name: os.environ[name] for name in kept if name in os.environ}
    if model:
        # a model that calls tools natively streams its files; one that answers in steps sends them at the end
        env |= {"ORCHESTRA_LOCAL_BASE_URL": model.url, "ORCHESTRA_LOCAL_MODEL": "m"}
        env["ORCHESTRA_LOCAL_NATIVE_TOOLS"] = "true"
    with LspProcess([str(BIN / "orchestra"), "serve"], cwd=root, env=env) as server:
        server.on_request = lambda message: _honest(server, message)
        initialize(
            server,
            root,
            window={"workDoneProgress": True},
            workspace={
                "applyEdit": True,
                "workspaceEdit": {"documentChanges": True, "resourceOperations": ["create"]},
            },
        )
        yield server


def _honest(server: LspProcess, message: Message) -> Any:
    """Answer like an editor that opens what it is given to edit."""
    if message["method"] != "workspace/applyEdit":
        return [None] if message["method"] == "workspace/configuration" else None
    for change in message["params"]["edit"]["documentChanges"]:
        if "textDocument" in change:
            text = "".join(edit["newText"] for edit in change["edits"])
            document = {
                "uri": change["textDocument"]["uri"],
                "languageId": "python",
                "version": 1,
                "text": text,
            }
            server.notify("textDocument/didOpen", {"textDocument": document})
    return {"applied": True}


def _first_progress() -> list[float]:
    waits = []
    with tempfile.TemporaryDirectory() as folder, _session(Path(folder), None) as server:
        for _ in range(COMMANDS):
            start = len(server.seen)
            argument = {"tasks": 1, "seconds": 0}
            answer, sent, _ = server.request(
                "workspace/executeCommand", {"command": "orchestra.simulateTask", "arguments": [argument]}
            )
            token = f"orchestra/{answer['runId']}"
            begun = server.wait(lambda m, token=token: _is_progress(m, token, "begin"), start=start)
            waits.append(begun.at - sent)
            server.wait(lambda m, token=token: _is_progress(m, token, "end"), start=start)
    return waits


def _is_progress(message: Message, token: str, kind: str) -> bool:
    if message.get("method") != "$/progress":
        return False
    return message["params"]["token"] == token and message["params"]["value"]["kind"] == kind


def _plan(tasks: list[dict[str, Any]]) -> Speech:
    return Speech([json.dumps({"summary": "as planned", "complexity": {"level": "large"}, "tasks": tasks})])


def _task(name: str, role: str, files: list[str]) -> dict[str, Any]:
    return {"id": name, "title": name, "role": role, "files": files, "acceptance": ["it is there"]}


_TEST_FILE = """FILE: test_all.py
```python
import unittest


class T(unittest.TestCase):
    def test_it(self):
        self.assertTrue(True)
```
"""


def _edit_after_last_token() -> list[float]:
    """One agent streams many files at a model's pace; each edit is awaited on the wire."""
    names = [f"f{i:03}.py" for i in range(FILES)]

    def answer(system: str, text: str) -> Speech:
        if "You are the ProjectManager" in system:
            return _plan([_task("code", "CodeGenerator", names), _task("tests", "TestWriter", ["test_all.py"])])
        if "You are the TestWriter" in system:
            return Speech([_TEST_FILE])
        speech = Speech([], per_second=TOKENS_PER_SECOND)
        for name in names:
            lines = [token for i in range(LINES) for token in (f"VALUE_{i}", " = ", f"{i}\n")]
            speech.tokens += [f"FILE: {name}\n", "```python\n", *lines, "```\n"]
            speech.noted[len(speech.tokens) - 1] = name
        return speech

    with (
        token_server(answer) as model,
        tempfile.TemporaryDirectory() as folder,
        _session(Path(folder), model) as server,
    ):
        _start_project(server)
        return [
            server.wait(lambda m, name=name: _is_edit_of(m, name)).at - model.sent_at[name] for name in names
        ]


def _is_edit_of(message: Message, name: str) -> bool:
    return message.get("method") == "workspace/applyEdit" and f"/{name}" in json.dumps(
        message["params"]["edit"]
    )


def _start_project(server: LspProcess) -> None:
    server.request(
        "workspace/executeCommand",
        {"command": "orchestra.startProject", "arguments": [{"request": "all of these files"}]},
    )


def _answers_under_load() -> list[float]:
    """Eight agents stream long files; meanwhile a code lens is asked for every 20 ms."""
    names = [f"part{i}.py" for i in range(AGENTS)]

    def answer(system: str, text: str) -> Speech:
        if "You are the ProjectManager" in system:
            return _plan(
                [_task(f"t{i}", "CodeGenerator", [name]) for i, name in enumerate(names)]
                + [
                    _task("tests", "TestWriter", ["test_all.py"])
                    | {"dependsOn": [f"t{i}" for i in range(AGENTS)]}
                ]
            )
        if "You are the TestWriter" in system:
            return Speech([_TEST_FILE])
        found = re.search(r"Files: (\S+)", text)
        name = found.group(1) if found else "part0.py"
        lines = [f"VALUE{i} = {i}\n" for i in range(TOKENS_PER_SECOND * STREAM_SECONDS)]
        return Speech([f"FILE: {name}\n```python\n", *lines, "```\n"], per_second=TOKENS_PER_SECOND)

    waits: list[float] = []
    with (
        token_server(answer) as model,
        tempfile.TemporaryDirectory() as folder,
        _session(Path(folder), model) as server,
    ):
        uri = (Path(folder) / "notes.md").as_uri()
        text = "orchestra: a small thing\n" * 3
        server.notify(
            "textDocument/didOpen",
            {"textDocument": {"uri": uri, "languageId": "markdown", "version": 1, "text": text}},
        )
        server.request("textDocument/codeLens", {"textDocument": {"uri": uri}})
        _start_project(server)
        # the agents are at it once all eight have begun their progress
        for i in range(AGENTS):
            server.wait(
                lambda m, i=i: m.get("method") == "$/progress" and m["params"]["token"].endswith(f"/t{i}")
            )
        time.sleep(0.5)
        until = time.monotonic() + STREAM_SECONDS - 1.5
        while time.monotonic() < until:
            _, sent, answered = server.request("textDocument/codeLens", {"textDocument": {"uri": uri}})
            waits.append(answered - sent)
            time.sleep(0.02)
    return waits

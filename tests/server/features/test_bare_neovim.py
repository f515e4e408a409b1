"""Neovim without any plugin: a request written into a file becomes tested software, by a code action alone."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from codecompanion.router.scripted_server import Reply, ScriptedServer

SCRIPT = Path(__file__).with_name("bare_neovim.lua")
LIBRARY = "an API service for library loans with member, book and due date"
pytestmark = pytest.mark.needs("nvim")


async def drive(
    file: Path, line: int, *, attach: bool, environ: dict[str, str] | None = None
) -> dict[str, Any]:
    """Let a bare Neovim take the first code action at a line of a file; returns what it saw."""
    report = file.parent.parent / "report.json"
    own = {key: value for key, value in os.environ.items() if not key.endswith(("_API_KEY", "_BASE_URL"))}
    process = await asyncio.create_subprocess_exec(
        *("nvim", "--clean", "--headless", "-c", f"luafile {SCRIPT}"),
        cwd=file.parent,
        env={
            **{key: value for key, value in own.items() if not key.startswith("ORCHESTRA_")},
            "XDG_CONFIG_HOME": str(file.parent.parent / "config"),
            "XDG_STATE_HOME": str(file.parent.parent / "state"),
            "BARE_SERVER": json.dumps([sys.executable, "-P", "-m", "codecompanion.server.cli", "serve"]),
            "BARE_FILE": str(file),
            "BARE_LINE": str(line),
            "BARE_ATTACH": "yes" if attach else "no",
            "BARE_REPORT": str(report),
            **(environ or {}),
        },
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(90):
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    seen: dict[str, Any] = json.loads(report.read_text("utf-8"))
    return seen


def written(root: Path, *names: str) -> Path:
    root.mkdir()
    file = root / names[0]
    file.write_text("\n".join(names[1:]) + "\n", "utf-8")
    return file


def check_progress(seen: dict[str, Any]) -> None:
    kinds: dict[str, list[str]] = {}
    for report in seen["progress"]:
        kinds.setdefault(report["token"], []).append(report["value"]["kind"])
    assert f"orchestra/{seen['answer']['runId']}" in kinds
    assert len(kinds) > 1
    for one in kinds.values():
        assert (one[0], one[-1]) == ("begin", "end")
        assert one.count("begin") == one.count("end") == 1


async def test_without_attaching_new_buffers_the_files_are_on_disk(tmp_path: Path) -> None:
    file = written(tmp_path / "work", "notes.md", "# Ideas", "", f"orchestra: {LIBRARY}")
    seen = await drive(file, 2, attach=False)
    assert seen["title"] == "Run with Orchestra"
    (message,) = seen["messages"]
    assert "tests pass" in message
    check_progress(seen)
    assert len(list(file.parent.rglob("*.py"))) > 5
    assert (file.parent / "README.md").read_text("utf-8").strip()
    # only the file that taught us that this editor hides such buffers is in one of them
    assert seen["edits"] == 1
    assert sum(buffer["modified"] for buffer in seen["buffers"].values()) == 1


async def test_with_new_buffers_attached_the_files_are_there_to_be_saved(tmp_path: Path) -> None:
    file = written(tmp_path / "work", "notes.md", "# Ideas", "", f"orchestra: {LIBRARY}")
    seen = await drive(file, 2, attach=True)
    (message,) = seen["messages"]
    assert "tests pass" in message
    assert "open and not saved yet" in message
    check_progress(seen)
    modified = [name for name, buffer in seen["buffers"].items() if buffer["modified"]]
    assert len(modified) == seen["edits"] > 5
    # `:wall` was enough
    assert all((file.parent / name).exists() for name in modified)


async def test_a_request_in_code_changes_the_buffer_it_stands_in(tmp_path: Path) -> None:
    code = ("def one():", "    # orchestra: grüße 👋, return eleven", "    return 1")
    file = written(tmp_path / "work", "app.py", *code)
    block = "<<<<<<< SEARCH\n    return 1\n=======\n    return 11\n>>>>>>> REPLACE\n"
    async with ScriptedServer([Reply(text=f"FILE: app.py\n{block}", tokens_per_second=100)]) as server:
        model = {"OPENAI_API_KEY": "any-key", "OPENAI_BASE_URL": server.openai_url}
        seen = await drive(file, 1, attach=False, environ=model)
    assert seen["text"] == [*code[:2], "    return 11"]
    assert file.read_text("utf-8").endswith("return 1\n")
    (message,) = seen["messages"]
    assert "app.py" in message
    assert "1 of them is open and not saved yet" in message
    check_progress(seen)

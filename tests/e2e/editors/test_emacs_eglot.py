"""Emacs with eglot, in a terminal as a person has it (its idle timers do not run in batch mode)."""

import asyncio
import json
import os
import pty
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from codecompanion.router.scripted_server import Reply, ScriptedServer

DOCS = Path(__file__).parents[3] / "docs" / "editors.md"
SCRIPT = Path(__file__).with_name("eglot_session.el")
pytestmark = pytest.mark.needs("emacs", "eglot")


@asynccontextmanager
async def terminal() -> AsyncIterator[int]:
    """Yield a terminal that is read all the time, so that nobody waits for it."""
    ours, theirs = pty.openpty()
    loop = asyncio.get_running_loop()
    loop.add_reader(ours, lambda: os.read(ours, 65_536))
    try:
        yield theirs
    finally:
        loop.remove_reader(ours)
        os.close(theirs)
        os.close(ours)


@pytest.fixture
def eglot(tmp_path: Path, editor_environ: Any, running: Any) -> Any:
    """Let a person with eglot run the request in a file; returns what Emacs and the person saw."""

    async def session(name: str, text: str, **more: str) -> dict[str, Any]:
        root, report = tmp_path / "work", tmp_path / "report.json"
        root.mkdir()
        (root / name).write_text(text, "utf-8")
        environ = editor_environ(
            tmp_path, {"EMACS_FILE": str(root / name), "EMACS_REPORT": str(report), "TERM": "xterm", **more}
        )
        async with terminal() as screen:
            command = ("setsid", "--ctty", "emacs", "-nw", "-q", "-l", str(SCRIPT))
            streams = {"stdin": screen, "stdout": screen, "stderr": screen}
            async with running(*command, cwd=root, environ=environ, seconds=90, **streams):
                pass
        seen: dict[str, Any] = json.loads(report.read_text("utf-8"))
        assert seen["failure"] is None, seen
        return seen

    return session


async def test_a_comment_changes_the_code_below_it(eglot: Any, tmp_path: Path) -> None:
    code = "# orchestra: grüße 👋, return eleven\ndef one():\n    return 1\n"
    block = "FILE: app.py\n<<<<<<< SEARCH\n    return 1\n=======\n    return 11\n>>>>>>> REPLACE\n"
    async with ScriptedServer([Reply(text=block, tokens_per_second=200, times=None)]) as server:
        seen = await eglot(
            "app.py", code, ORCHESTRA_LOCAL_BASE_URL=server.openai_url, ORCHESTRA_LOCAL_MODEL="scripted"
        )
    assert (tmp_path / "work" / "app.py").read_text("utf-8") == code.replace("return 1\n", "return 11\n")
    assert len(seen["questions"]) == 1
    assert "app.py" in seen["messages"][-1]
    # eglot does nothing else until a command is answered
    assert seen["seconds"] < 2


async def test_a_comment_becomes_tested_files(eglot: Any, tmp_path: Path) -> None:
    seen = await eglot("main.py", "# orchestra: a data pipeline that sums sales by month\n")
    assert "tests pass" in seen["messages"][-1]
    files = [path.relative_to(tmp_path / "work") for path in (tmp_path / "work").rglob("*") if path.is_file()]
    written = [path for path in files if path.parts[0] not in (".orchestra", "main.py")]
    assert Path("README.md") in written
    assert any(path.name.startswith("test_") for path in written)
    # as docs/editors.md says, eglot asks before each file
    assert len(seen["questions"]) == len(written)
    assert seen["seconds"] < 2


async def test_review_hover_undo_and_blame_need_no_plugin(eglot: Any, tmp_path: Path) -> None:
    """With the lines that docs/editors.md gives."""
    code = "# orchestra: add ten to both\ndef one():\n    return 1\n\n\ndef two():\n    return 2\n"
    answer = "".join(
        f"FILE: app.py\n<<<<<<< SEARCH\n    return {n}\n=======\n    return {n}{n}\n>>>>>>> REPLACE\n\n"
        for n in (1, 2)
    )
    blocks = re.findall(r"```elisp\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    (lines,) = (block for block in blocks if "(defun orchestra " in block)
    (tmp_path / "docs.el").write_text(lines, "utf-8")
    async with ScriptedServer([Reply(text=answer, times=None)]) as server:
        seen = await eglot(
            "app.py",
            code,
            ORCHESTRA_LOCAL_BASE_URL=server.openai_url,
            ORCHESTRA_LOCAL_MODEL="scripted",
            ORCHESTRA_LANDING="review",
            EMACS_AFTER=str(SCRIPT.with_name("eglot_review.el")),
            EMACS_DOCS=str(tmp_path / "docs.el"),
        )
    reviewed, hover, blame, undone = seen["after"]
    assert reviewed == code.replace("return 1\n", "return 11\n")
    assert "CodeGenerator with local/scripted" in hover
    assert "CodeGenerator" in blame
    assert undone == code

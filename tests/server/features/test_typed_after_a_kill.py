"""kill -9 of the server between a model's answer and its edit: what is typed before the next start stays."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from codecompanion.router.scripted_server import Asked, Reply, ScriptedServer

pytestmark = pytest.mark.slow
PROGRAM = Path(__file__).parents[2] / "e2e" / "crashes" / "serve_until_killed.py"
ASKING: dict[str, Any] = {
    "workspace": {"applyEdit": True, "workspaceEdit": {"documentChanges": True}},
    "window": {
        "workDoneProgress": True,
        "showMessage": {"messageActionItem": {"additionalPropertiesSupport": False}},
    },
    "experimental": {"orchestra": True},
}
CODE = "def add(a, b):\n    return a - b\n\n\ndef sub(a, b):\n    return a - b\n"
ADDED = CODE.replace("a - b", "a + b", 1)
ABOVE = "import os  # typed\n\n\n"


@pytest.fixture
async def model() -> AsyncIterator[ScriptedServer]:
    def whole(asked: Asked) -> Reply:
        return Reply(text=f"FILE: calc.py\n```python\n{ADDED}```\n")

    async with ScriptedServer(whole) as server:
        yield server


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (ABOVE + CODE, ABOVE + ADDED),
        (CODE.replace("a - b", "a * b", 1), CODE.replace("a - b", "a * b", 1)),
    ],
    ids=["elsewhere", "at the same line"],
)
async def test_typing_before_the_resume_stays(
    start_editor: Any, model: ScriptedServer, tmp_path: Path, typed: str, expected: str
) -> None:
    root = tmp_path / "folder"
    root.mkdir()
    (root / "calc.py").write_text(CODE)
    environ = {
        "ORCHESTRA_LOCAL_BASE_URL": model.openai_url,
        "ORCHESTRA_LOCAL_MODEL": "scripted",
        "ORCHESTRA_LOCAL_NATIVE_TOOLS": "true",
        "ORCHESTRA_SANDBOX": "off",
    }
    program = (sys.executable, PROGRAM, tmp_path / "acks", "after:model_answered")
    editor = await start_editor(ASKING, root=root, environ=environ, program=program)
    uri = editor.open("calc.py", CODE)
    await editor.command("changeCode", {"request": "mend add", "uri": uri})
    assert await editor.process.wait() == -9
    assert editor.documents[uri].text == CODE

    editor = await start_editor(ASKING, root=root, environ=environ)
    editor.choices = ["Resume"]
    editor.open("calc.py", typed)
    await editor.until(lambda m: "run_finished" in str(m.get("params")), 60)
    assert editor.documents[uri].text == expected
    assert len(model.requests) == 1

"""Answering `initialize` loads nothing that only a run needs."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

HEAVY = (
    "pydantic",
    "rich",
    "openai",
    "anthropic",
    "google",
    "numpy",
    "jinja2",
    "codecompanion.orchestra.engine",
)


def test_making_the_server_imports_nothing_heavy() -> None:
    script = f"""
import sys
from codecompanion.server.app import make_server
make_server({{}})
loaded = sorted(name for name in {HEAVY!r} if name in sys.modules)
sys.exit(f"loaded at start: {{loaded}}" if loaded else 0)
"""
    made = subprocess.run([sys.executable, "-P", "-c", script], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr


async def test_an_idle_session_stays_light_and_its_first_run_loads_the_rest(start_editor: Any) -> None:
    editor = await start_editor()
    uri = editor.open("a.py", "# orchestra: go\n")
    await editor.ask("textDocument/codeLens", {"textDocument": {"uri": uri}})
    await editor.command("health")
    await editor.command("status")
    # long enough for what is done in the background after the start
    await asyncio.sleep(1.5)
    assert not loads_pydantic(editor)
    answer = await editor.command("simulateTask", {"tasks": 1, "seconds": 0})
    token = answer["progressToken"]
    await editor.until(lambda m: m.get("method") == "$/progress" and m["params"]["token"] == token)
    # the answer and the progress were not kept waiting for the engine
    assert editor.events() == []
    await editor.ended(answer["runId"])
    assert loads_pydantic(editor)


def loads_pydantic(editor: Any) -> bool:
    """Whether the server's process has mapped pydantic's own library (told by Linux)."""
    maps = Path(f"/proc/{editor.process.pid}/maps")
    return not maps.exists() or "pydantic_core" in maps.read_text()

"""What an editor that asks for a trace is told of a run: its events at every level, a key at none."""

import json
from typing import Any

import pytest

from codecompanion.router.scripted_server import Reply, ScriptedServer

KEY = "sk-" + "thismustnotbeseen" * 2
CODE = "def one():\n    return 1\n"
ANSWER = "FILE: app.py\n<<<<<<< SEARCH\n    return 1\n=======\n    return 11\n>>>>>>> REPLACE\n"


@pytest.mark.parametrize("level", ["messages", "verbose"])
async def test_a_run_is_traced_without_its_key(start_editor: Any, level: str) -> None:
    async with ScriptedServer([Reply(text=ANSWER + f"\nYour key is {KEY}.", times=None)]) as server:
        environ = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": server.openai_url}
        editor = await start_editor(environ=environ, trace=level)
        await editor.command("keys")
        # a key in the editor's settings is refused, and not shown either
        editor.notify("workspace/didChangeConfiguration", {"settings": {"orchestra": {"openaiApiKey": KEY}}})
        uri = editor.open("app.py", CODE + f"# {KEY}\n")
        answer = await editor.command("changeCode", {"request": "add ten", "uri": uri})
        await editor.ended(answer["runId"])
    traced = editor.of("$/logTrace")
    events = [
        params["message"] for params in traced if params["message"].startswith(f"run {answer['runId']}: ")
    ]
    assert events[0].endswith(": run_started")
    assert events[-1].endswith(": run_finished")
    assert KEY not in json.dumps(traced)
    assert any("verbose" in params for params in traced) == (level == "verbose")
    assert ("return 11" in json.dumps(traced)) == (level == "verbose")

"""A model's changes reach open documents while it is still writing, around whatever the person types."""

import asyncio
import time
from typing import Any

import pytest

from codecompanion.router.scripted_server import Reply, ScriptedServer

APP = "def one():\n    return 1\n\n\ndef two():\n    return 2\n"


def block(path: str, search: str, replace: str) -> str:
    return f"FILE: {path}\n<<<<<<< SEARCH\n{search}=======\n{replace}>>>>>>> REPLACE\n\n"


def model(server: ScriptedServer) -> dict[str, str]:
    return {"OPENAI_API_KEY": "any-key", "OPENAI_BASE_URL": server.openai_url}


async def has_requests(server: ScriptedServer, count: int) -> bool:
    return len(server.requests) >= count


ANSWER = (
    "Both are changed.\n\n"
    + block("app.py", "    return 1\n", "    return 11\n")
    + "And now the other one, after some more words so that it takes its time. " * 4
    + "\n\n"
    + block("app.py", "    return 2\n", "    return 22\n")
)
WHOLE = {"start": {"line": 0, "character": 0}, "end": {"line": 6, "character": 0}}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
async def test_blocks_land_one_by_one_around_typing(start_editor: Any, encoding: str) -> None:
    async with ScriptedServer([Reply(text=ANSWER, tokens_per_second=200)]) as server:
        editor = await start_editor(environ=model(server), encoding=encoding)
        uri = editor.open("app.py", "é = '😀'\n" + APP)
        answer = await editor.command("changeCode", {"request": "add ten", "uri": uri, "range": WHOLE})
        await editor.until(lambda m: m.get("method") == "workspace/applyEdit")
        await asyncio.sleep(0)
        assert "return 11" in editor.documents[uri].text
        assert editor.events("model_answered") == []
        editor.type(uri, "# grüße 👋\n" + editor.documents[uri].text)
        said = await editor.ended(answer["runId"])
        text = editor.documents[uri].text
        assert text == "# grüße 👋\né = '😀'\n" + APP.replace("1\n", "11\n").replace("2\n", "22\n")
        assert "app.py" in said
        assert "1 of them is open and not saved yet" in said
        states = [event["outcome"]["state"] for event in editor.events("edit_settled")]
        assert states == ["confirmed", "confirmed"]


async def test_a_place_that_was_typed_over_keeps_its_text_and_the_edit_waits(start_editor: Any) -> None:
    slow = block("app.py", "    return 2\n", "    return 22\n")
    async with ScriptedServer([Reply(text=slow, tokens_per_second=40)]) as server:
        editor = await start_editor(environ=model(server))
        uri = editor.open("app.py", APP)
        answer = await editor.command("changeCode", {"request": "add twenty", "uri": uri})
        await editor.until(
            lambda m: (
                m.get("method") == "orchestra/event" and m["params"]["body"]["event"] == "model_call_started"
            )
        )
        mine = APP.replace("    return 2\n", "    return my_own()\n")
        editor.type(uri, mine)
        said = await editor.ended(answer["runId"])
        assert editor.documents[uri].text == mine
        assert "they stay, and 1 change waits for your review: app.py line 6." in said
        assert "Not applied (kept in the run's log): app.py" in said
        assert editor.events("edit_proposed")[-1]["edit"]["replace"] == "    return 22\n"
        (kept,) = (await editor.command("review"))["keptBack"]
        assert (kept["yours"], kept["agents"]) == ("    return my_own()\n", "    return 22\n")


async def test_stopping_closes_the_models_stream_within_a_second(start_editor: Any) -> None:
    endless = "word " * 5_000
    async with ScriptedServer([Reply(text=endless, tokens_per_second=50, times=None)]) as server:
        editor = await start_editor(environ=model(server))
        uri = editor.open("app.py", APP)
        answer = await editor.command("changeCode", {"request": "go", "uri": uri})
        await editor.until(
            lambda m: (
                m.get("method") == "orchestra/event" and m["params"]["body"]["event"] == "model_call_started"
            )
        )
        await editor.eventually(lambda: has_requests(server, 1))
        begin = time.perf_counter()
        await editor.command("stop")
        async with asyncio.timeout(1.0):
            await server.until_disconnects()
        await editor.ended(answer["runId"])
        assert time.perf_counter() - begin < 1.0
        assert editor.documents[uri].text == APP


async def test_requests_are_answered_while_eight_agents_stream(start_editor: Any) -> None:
    endless = "word " * 4_000
    async with ScriptedServer([Reply(text=endless, tokens_per_second=200, times=None)]) as server:
        editor = await start_editor(environ=model(server))
        uri = editor.open("app.py", APP + "# orchestra: be nice\n")
        for number in range(8):
            await editor.command("changeCode", {"request": f"change {number}", "uri": uri, "range": WHOLE})
        await editor.eventually(lambda: has_requests(server, 8))
        took = []
        for _ in range(60):
            begin = time.perf_counter()
            await editor.ask("textDocument/codeLens", {"textDocument": {"uri": uri}})
            took.append(time.perf_counter() - begin)
            await asyncio.sleep(0.01)
        assert len((await editor.command("stopAll"))["runIds"]) == 8
        took.sort()
        # the benchmarks hold the bar of 30 ms; this machine is shared with other tests, but nothing is frozen
        assert took[len(took) // 2] < 1.0

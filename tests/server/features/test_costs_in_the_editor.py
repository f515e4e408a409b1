"""In an editor: what a run may cost is asked before it, what it did cost is offered after it, why is told."""

from typing import Any

import pytest

from codecompanion.router.scripted_server import Reply, ScriptedServer

ASKING: dict[str, Any] = {
    "workspace": {
        "applyEdit": True,
        "workspaceEdit": {"documentChanges": True, "resourceOperations": ["create", "rename", "delete"]},
    },
    "window": {"workDoneProgress": True, "showMessage": {"messageActionItem": {}}},
    "experimental": {"orchestra": True},
}
APP = "def one():\n    return 1\n"
ANSWER = "FILE: app.py\n<<<<<<< SEARCH\n    return 1\n=======\n    return 11\n>>>>>>> REPLACE\n"


def model(server: ScriptedServer, **more: str) -> dict[str, str]:
    return {
        "OPENAI_API_KEY": "any-key",
        "OPENAI_BASE_URL": server.openai_url,
        "ORCHESTRA_MODELS_CODE_GENERATOR": "openai/gpt-4.1-mini",
        **more,
    }


def asked(editor: Any) -> list[str]:
    return [params["message"] for params in editor.of("window/showMessageRequest")]


async def change(editor: Any) -> str:
    uri = editor.open("app.py", APP)
    answer = await editor.command("changeCode", {"request": "add ten", "uri": uri})
    return str(answer["runId"])


@pytest.mark.parametrize("answer", ["Go on", "Stop", None])
async def test_the_person_is_asked_before_a_run_and_silence_is_no_yes(
    start_editor: Any, answer: str | None
) -> None:
    async with ScriptedServer([Reply(text=ANSWER, times=None)]) as server:
        limits = {"ORCHESTRA_BUDGET_RUN": "2", "ORCHESTRA_BUDGET_TELL_ABOVE": "1"}
        editor = await start_editor(ASKING, environ=model(server, **limits))
        editor.choices = [answer]
        run_id = await change(editor)
        said = await editor.ended(run_id)
        assert asked(editor)[0] == "Orchestra: This run may cost up to $2.00. Shall it begin?"
        if answer == "Go on":
            assert editor.events("run_started")
            assert not any("may cost up to" in message for message in editor.messages())
        else:
            assert not server.requests
            assert not editor.events("run_started")
            assert await editor.phase(run_id) == "stopped"
            assert ("as you wish" in said) is (answer == "Stop")
            assert ("raise budget.tellAbove" in said) is (answer is None)


async def test_what_a_run_cost_is_offered_and_shown_to_the_micro_dollar(start_editor: Any) -> None:
    async with ScriptedServer([Reply(text=ANSWER, times=None)]) as server:
        editor = await start_editor(ASKING, environ=model(server))
        editor.choices = ["Show what it cost"]
        run_id = await change(editor)
        await editor.ended(run_id)
        shown = await editor.until(lambda m: "spent in run" in str(m.get("params")))
        told = await editor.command("statement", {"runId": run_id})
        assert shown["params"]["message"] == f"Orchestra: {told['text']}"
        assert told["micros"] == sum(line["micros"] for line in told["lines"]) > 0
        assert {line["model"] for line in told["lines"]} == {"gpt-4.1-mini"}
        assert (await editor.command("statement"))["runId"] == run_id


async def test_a_line_leads_to_why_its_model_was_chosen(start_editor: Any) -> None:
    async with ScriptedServer([Reply(text=ANSWER, times=None)]) as server:
        editor = await start_editor(ASKING, environ=model(server))
        run_id = await change(editor)
        await editor.ended(run_id)
        uri = next(iter(editor.documents))
        place = {"textDocument": {"uri": uri}, "position": {"line": 1, "character": 0}}
        said = (await editor.ask("textDocument/hover", place))["contents"]["value"]
        assert "Why this model: openai/gpt-4.1-mini is set for this role" in said
        assert "`orchestra.routerWhy` tells more" in said
        line = {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 1}}
        found = await editor.command("routerWhy", {"uri": uri, "range": line})
        assert found["decision"]["runId"] == run_id
        assert found["decision"]["how"] == "pinned"
        assert found["text"].startswith(f"{run_id}/")
        assert (await editor.command("routerWhy", run_id))["decision"] == found["decision"]
        with pytest.raises(Exception, match="no agent wrote line 1"):
            await editor.command("routerWhy", {"uri": uri})
        with pytest.raises(Exception, match="has decided nothing about 'run-x'"):
            await editor.command("routerWhy", "run-x")

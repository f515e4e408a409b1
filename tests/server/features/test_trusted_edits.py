"""What an agent wrote can be asked for, taken back and reviewed, through a real session."""

from pathlib import Path
from typing import Any

from codecompanion.router.scripted_server import Reply, ScriptedServer

APP = "def one():\n    return 1\n\n\ndef two():\n    return 2\n"
CHANGED = APP.replace("return 1\n", "return 11\n").replace("return 2\n", "return 22\n")

FULL: dict[str, Any] = {
    "workspace": {
        "applyEdit": True,
        "workspaceEdit": {"documentChanges": True, "resourceOperations": ["create", "rename", "delete"]},
    },
    "window": {"workDoneProgress": True},
    "textDocument": {"codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": [""]}}}},
    "experimental": {"orchestra": True},
}


def block(path: str, search: str, replace: str) -> str:
    return f"FILE: {path}\n<<<<<<< SEARCH\n{search}=======\n{replace}>>>>>>> REPLACE\n\n"


ANSWER = block("app.py", "    return 1\n", "    return 11\n") + block(
    "app.py", "    return 2\n", "    return 22\n"
)
NEW_FILE = "FILE: more.py\n```python\nx = 1\n```\n"


def model(server: ScriptedServer) -> dict[str, str]:
    return {"OPENAI_API_KEY": "any-key", "OPENAI_BASE_URL": server.openai_url}


async def changed(editor: Any, uri: str, **more: Any) -> str:
    answer = await editor.command("changeCode", {"request": "add ten", "uri": uri, **more})
    await editor.ended(answer["runId"])
    run_id: str = answer["runId"]
    return run_id


async def hovered(editor: Any, uri: str, line: int) -> str:
    place = {"textDocument": {"uri": uri}, "position": {"line": line, "character": 0}}
    found = await editor.ask("textDocument/hover", place)
    return "" if found is None else str(found["contents"]["value"])


async def lenses(editor: Any, uri: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await editor.ask("textDocument/codeLens", {"textDocument": {"uri": uri}})
    return found


def titled(found: list[dict[str, Any]], beginning: str) -> list[dict[str, Any]]:
    commands = [one.get("command", one) for one in found]
    return [one for one in commands if one["title"].startswith(beginning)]


async def run_command(editor: Any, command: dict[str, Any]) -> Any:
    return await editor.command(command["command"].removeprefix("orchestra."), *command["arguments"])


async def test_lines_say_who_wrote_them_and_a_run_is_undone_around_typing(start_editor: Any) -> None:
    async with ScriptedServer([Reply(text=ANSWER, times=None)]) as server:
        editor = await start_editor(environ=model(server))
        (editor.root / "test_app.py").write_text("import app\n")
        uri = editor.open("app.py", APP)
        assert await hovered(editor, uri, 1) == ""
        run_id = await changed(editor, uri)
        editor.type(uri, "# mine\n" + editor.documents[uri].text)
        said = await hovered(editor, uri, 2)
        assert "CodeGenerator with openai/" in said
        assert run_id in said
        assert "Asked for: add ten" in said
        assert "`test_app.py` names this file" in said
        assert await hovered(editor, uri, 0) == ""
        blame = await editor.command("blame", {"uri": uri})
        assert [bool(line["by"]) for line in blame["lines"]] == [True, False, True, False, False, False, True]
        assert blame["lines"][0]["by"] == "person"
        assert {origin["lines"] for origin in blame["origins"]} == {1}

        undone = await editor.command("undoRun", {"runId": run_id})
        assert editor.documents[uri].text == "# mine\n" + APP
        assert undone["files"] == [
            {"path": "app.py", "change": "changed", "sha256": undone["files"][0]["sha256"]}
        ]
        again = await editor.command("undoRun", {"runId": run_id})
        assert (again["undoId"], again["files"]) == ("", [])
        assert "undone already" in again["text"]
        await editor.command("undoRun", {"runId": undone["undoId"]})
        assert editor.documents[uri].text == "# mine\n" + CHANGED
        assert "CodeGenerator" in await hovered(editor, uri, 2)


async def test_an_undo_lists_what_was_changed_since_and_leaves_it(start_editor: Any) -> None:
    answer = ANSWER + NEW_FILE
    async with ScriptedServer([Reply(text=answer, times=None)]) as server:
        editor = await start_editor(environ=model(server))
        uri = editor.open("app.py", APP)
        await changed(editor, uri)
        made = next(uri for uri in editor.documents if uri.endswith("more.py"))
        editor.type(made, "x = 1\nmine = 2\n")
        editor.type(uri, editor.documents[uri].text.replace("return 22", "return 22 + mine"))
        undone = await editor.command("undoRun", {})
        assert len(undone["kept"]) == 2
        assert any(line.startswith("more.py: ") for line in undone["kept"])
        assert any(line.startswith("app.py:6: ") for line in undone["kept"])
        text = editor.documents[uri].text
        assert "return 1\n" in text
        assert "return 22 + mine\n" in text
        assert editor.documents[made].text == "x = 1\nmine = 2\n"


async def test_changes_wait_for_review_hunk_by_hunk_and_survive_a_restart(
    start_editor: Any, tmp_path: Path
) -> None:
    async with ScriptedServer([Reply(text=ANSWER + NEW_FILE, times=None)]) as server:
        editor = await start_editor(environ=model(server))
        (editor.root / "app.py").write_text(APP)
        uri = editor.open("app.py", APP)
        run_id = await changed(editor, uri, landing="review")
        assert editor.documents[uri].text == APP
        assert not (editor.root / "more.py").exists()
        assert "2 files wait for your review" in "".join(editor.messages())
        editor.type(uri, "# mine\n" + APP)
        found = await lenses(editor, uri)
        accepts = titled(found, "Accept -1 +1")
        assert [one["range"]["start"]["line"] for one in found if one["command"] in accepts] == [2, 6]
        await run_command(editor, accepts[0])
        assert editor.documents[uri].text == "# mine\n" + APP.replace("return 1\n", "return 11\n")
        assert len(titled(await lenses(editor, uri), "Accept")) == 1
        assert "CodeGenerator" in await hovered(editor, uri, 2)

    await editor_gone(editor)
    wary = await start_editor(trusted=False)
    text = editor.documents[uri].text
    assert await hovered(wary, wary.open("app.py", text), 2) == ""
    assert titled(await lenses(wary, uri), "Accept") == []
    await editor_gone(wary)
    other = await start_editor()
    uri = other.open("app.py", editor.documents[uri].text)
    place = {"start": {"line": 6, "character": 0}, "end": {"line": 6, "character": 0}}
    context = {"diagnostics": []}
    actions = await other.ask(
        "textDocument/codeAction", {"textDocument": {"uri": uri}, "range": place, "context": context}
    )
    (reject,) = titled(actions, "Reject -1 +1")
    await run_command(other, reject)
    assert other.documents[uri].text == editor.documents[uri].text
    review = await other.command("review", {"path": "more.py"})
    assert [file["path"] for file in review["files"]] == ["more.py"]
    shown = Path(review["shown"])
    assert shown.read_text() == "x = 1\n"
    assert shown.stat().st_mode & 0o222 == 0
    preview = other.open(str(shown.relative_to(other.root)), "x = 1\n")
    (accept,) = titled(await lenses(other, preview), "Orchestra: accept this new file")
    await run_command(other, accept)
    assert next(doc.text for uri, doc in other.documents.items() if uri.endswith("work/more.py")) == "x = 1\n"
    assert (await other.command("review", {}))["files"] == []
    assert run_id in (await other.command("undoRun", {"runId": run_id}))["text"]
    assert "return 11" not in other.documents[uri].text


async def test_lenses_asked_for_while_a_change_is_let_in_do_not_count_it_twice(
    start_editor: Any, tempers: Any
) -> None:
    async def asking_before_it_answers(editor: Any, edit: dict[str, Any]) -> Any:
        answer = await tempers["honest"](editor, edit)
        await lenses(editor, uri)
        return answer

    async with ScriptedServer([Reply(text=ANSWER, times=None)]) as server:
        editor = await start_editor(environ=model(server))
        uri = editor.open("app.py", APP)
        run_id = await changed(editor, uri, landing="review")
        editor.apply = asking_before_it_answers
        await editor.command("accept", {"path": "app.py", "hunk": "1"})
        await editor.command("reject", {"path": "app.py", "hunk": "1"})
        assert (await editor.command("review"))["files"] == []
        editor.type(uri, "# mine\n" + editor.documents[uri].text)
        await editor.command("undoRun", {"runId": run_id})
        assert editor.documents[uri].text == "# mine\n" + APP


async def test_changes_are_chosen_in_the_editors_own_preview_where_it_has_one(start_editor: Any) -> None:
    async with ScriptedServer([Reply(text=ANSWER, times=None)]) as server:
        edits = {**FULL["workspace"]["workspaceEdit"], "changeAnnotationSupport": {}}
        client = {**FULL, "workspace": {**FULL["workspace"], "workspaceEdit": edits}}
        editor = await start_editor(client, environ=model(server))
        uri = editor.open("app.py", APP)
        await changed(editor, uri, landing="review")
        place = {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 0}}
        asked = {"textDocument": {"uri": uri}, "range": place, "context": {"diagnostics": []}}
        actions = await editor.ask("textDocument/codeAction", asked)
        (choice,) = titled(actions, "Orchestra: choose among 2 changes…")
        (changes,) = choice["edit"]["documentChanges"]
        assert changes["textDocument"]["version"] == editor.documents[uri].version
        notes = choice["edit"]["changeAnnotations"]
        assert all(notes[edit["annotationId"]]["needsConfirmation"] for edit in changes["edits"])
        # the person confirms the second change only
        editor.type(uri, editor.edited(APP, changes["edits"][1:]))
        found = await lenses(editor, uri)
        assert [
            one["range"]["start"]["line"] for one in found if one["command"]["title"] == "Accept -1 +1"
        ] == [1]
        assert "CodeGenerator" in await hovered(editor, uri, 5)


async def test_where_the_persons_text_won_the_agents_lines_wait(start_editor: Any) -> None:
    slow = block("app.py", "    return 2\n", "    return 22\n")
    async with ScriptedServer([Reply(text=slow, tokens_per_second=40, times=None)]) as server:
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
        await editor.ended(answer["runId"])
        assert editor.documents[uri].text == mine
        (take,) = titled(await lenses(editor, uri), "Orchestra: take the agent's lines")
        await run_command(editor, take)
        assert editor.documents[uri].text == APP.replace("return 2\n", "return 22\n")
        assert titled(await lenses(editor, uri), "Orchestra: take") == []


async def editor_gone(editor: Any) -> None:
    """End the first server, which owns the log."""
    editor.process.stdin.close()
    await editor.process.wait()


async def test_verified_changes_land_when_the_tests_are_green(start_editor: Any) -> None:
    async with ScriptedServer([Reply(text=ANSWER, times=None)]) as server:
        editor = await start_editor(environ=model(server))
        tests = "import unittest\n\n\nclass T(unittest.TestCase):\n    def test(self):\n        import app\n"
        (editor.root / "test_app.py").write_text(tests + "        self.assertEqual(app.two(), 22)\n")
        (editor.root / "app.py").write_text(APP)
        uri = editor.open("app.py", APP)
        run_id = await changed(editor, uri, landing="verified")
        assert editor.documents[uri].text == CHANGED
        order = [event["event"] for event in editor.events()]
        assert order.index("tests_ran") < len(order) - order[::-1].index("edit_settled") - 1
        assert (await editor.command("review", {}))["files"] == []
        await editor.command("undoRun", {"runId": run_id})
        assert editor.documents[uri].text == APP

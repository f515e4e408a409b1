"""The extension in a real VS Code: from a folder that is not trusted yet to changes let in and taken back."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from codecompanion.router.scripted_server import Reply, ScriptedServer
from tests.e2e.editors.vscode.contributed import manifest

pytestmark = [pytest.mark.needs("code-server", "chromium"), pytest.mark.slow]

SALES = "a data pipeline that sums sales by month"
CODE = "def one():\n    return 1\n\n\ndef two():\n    return 2\n"
CHANGED = CODE.replace("return 1", "return 11").replace("return 2", "return 22")
ANSWER = "".join(
    f"FILE: app.py\n<<<<<<< SEARCH\n    return {n}\n=======\n    return {n}{n}\n>>>>>>> REPLACE\n\n"
    for n in (1, 2)
)
ENDLESS = Reply(text="word " * 5_000, tokens_per_second=50)
ASKS_FOR_TRUST = {"security.workspace.trust.enabled": True, "security.workspace.trust.startupPrompt": "never"}


async def test_from_a_request_to_files_that_are_reviewed(
    start_code: Any, eventually: Any, tmp_path: Path
) -> None:
    root = tmp_path / "work"
    root.mkdir()
    (root / "app.py").write_text(CODE, "utf-8")
    async with ScriptedServer([ENDLESS, Reply(text=ANSWER, times=None)]) as server:
        environ = {
            "ORCHESTRA_LOCAL_BASE_URL": server.openai_url,
            "ORCHESTRA_LOCAL_MODEL": "scripted",
            "ORCHESTRA_TRUSTED_FOLDERS": "",
        }
        more = {"orchestra.client.path": "no-such-orchestra", "orchestra.offline": True}
        code = await start_code(environ, **ASKS_FOR_TRUST, **more)
        await nothing_is_started_without_trust(code)
        await a_missing_program_is_named_with_the_mend(code)
        await a_request_becomes_tested_files_on_disk(code)
        await code.set("orchestra.offline", False)
        await code.set("orchestra.landing", "review")
        await cancel_in_the_progress_stops_a_run(code, server, eventually)
        await what_waits_is_shown(code)
        await the_editor_asks_about_each_change(code)
        await changes_are_let_in_and_turned_down(code)
        await a_run_is_taken_back_around_what_was_typed(code)


async def nothing_is_started_without_trust(code: Any) -> None:
    contributed = [one["command"] for one in manifest()["contributes"]["commands"]]
    assert set(contributed) <= set(await code.api("return vscode.commands.getCommands(true)"))
    await code.command("Orchestra: Show Keys")
    await code.said("nothing is started in folders that you do not trust")
    assert not (code.root / ".orchestra").exists()
    await code.press("do not trust", "Manage Workspace Trust")
    await code.page("await page.locator('.workspace-trust-buttons-row a.monaco-button').first().click()")
    await code.until("vscode.workspace.isTrusted")
    await code.api("await vscode.commands.executeCommand('workbench.action.closeAllEditors'); return 1")


async def a_missing_program_is_named_with_the_mend(code: Any) -> None:
    await code.command("Orchestra: Show Keys")
    said = await code.said("cannot find the program")
    assert "'no-such-orchestra'; install it with `pip install codecompanion-orchestra`" in said
    await code.set("orchestra.client.path", sys.executable)


async def a_request_becomes_tested_files_on_disk(code: Any) -> None:
    # the trust in the folder comes from VS Code: nobody is asked again
    await code.command("Orchestra: Start a Project…")
    await code.answer("What shall be built?", SALES)
    assert "tests pass" in await code.said("tests pass")
    assert any(path.name.startswith("test_") for path in code.root.rglob("*.py"))
    assert (code.root / "README.md").read_text("utf-8").strip()
    assert await code.api("return vscode.workspace.textDocuments.filter((one) => one.isDirty).length") == 0
    await a_report_tells("done  100 %", code)


async def a_report_tells(words: str, code: Any) -> None:
    await code.command("Orchestra: Show How the Runs Stand")
    await code.until("vscode.window.activeTextEditor?.document.getText().includes(words)", words=words)
    assert await code.api("return vscode.window.activeTextEditor.document.uri.scheme") == "orchestra-report"


async def cancel_in_the_progress_stops_a_run(code: Any, server: Any, eventually: Any) -> None:
    await code.show("app.py")
    await code.command("Orchestra: Change Selected Lines or File…")
    await code.answer("What shall change in this file?", "add ten to both")
    await eventually(lambda: server.requests)
    await code.press("Orchestra: add ten to both", "Cancel")
    async with asyncio.timeout(30):
        await server.until_disconnects()
    await code.said("Stopped: it was cancelled in the editor")
    # the one that is open already is brought up to date
    await a_report_tells("stopped  100 %  add ten to both", code)
    await code.show("app.py")


async def what_waits_is_shown(code: Any) -> None:
    await code.command("Orchestra: Change Selected Lines or File…")
    await code.answer("What shall change in this file?", "add ten to both, now")
    assert "1 file waits for your review: app.py" in await code.said("review")
    assert await code.text_of("app.py") == CODE
    await code.command("Orchestra: Review What Waits…")
    await code.pick("Which file do you want to look at?", "app.py")
    # the file as it is at the left, the preview at the right, which cannot be changed
    tab = "vscode.window.tabGroups.activeTabGroup.activeTab"
    await code.until(f"{tab}?.input instanceof vscode.TabInputTextDiff")
    left, right = await code.api(f"return [{tab}.input.original.fsPath, {tab}.input.modified.fsPath]")
    assert left == str(code.root / "app.py")
    assert Path(right).read_text("utf-8") == CHANGED


async def the_editor_asks_about_each_change(code: Any) -> None:
    await code.show("app.py")
    await code.api(
        "vscode.window.activeTextEditor.selection = new vscode.Selection(1, 4, 1, 4); "
        "void vscode.commands.executeCommand('editor.action.quickFix'); return 1"
    )
    await code.page(
        "await page.locator('.action-widget .monaco-list-row', { hasText: 'choose among 2 changes' }).click()"
    )
    await code.page("await page.getByRole('button', { name: 'Discard' }).click()")
    assert await code.text_of("app.py") == CODE


async def changes_are_let_in_and_turned_down(code: Any) -> None:
    await code.show("app.py")
    await code.lens("Accept -1 +1")
    await code.until("vscode.window.activeTextEditor.document.lineAt(1).text === '    return 11'")
    await code.command("Orchestra: Reject Changes…")
    await code.pick("What do you want to turn down?", "app.py:6")
    await code.said("turned down")
    assert await code.text_of("app.py") == CODE.replace("return 1", "return 11")


async def a_run_is_taken_back_around_what_was_typed(code: Any) -> None:
    typed = "const editor = vscode.window.activeTextEditor; "
    typed += "await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), '# mine\\n')); return 1"
    await code.api(typed)
    await code.command("Orchestra: Take a Run Back…")
    await code.pick("Which run do you want to take back?", "add ten to both, now")
    await code.until("vscode.window.activeTextEditor.document.lineAt(2).text === '    return 1'")
    assert await code.text_of("app.py") == f"# mine\n{CODE}"
    # what held unsaved text of the person's is theirs to save
    assert "# mine" not in (code.root / "app.py").read_text("utf-8")
    await code.api("await vscode.commands.executeCommand('undo'); return 1")
    await code.until("vscode.window.activeTextEditor.document.lineAt(2).text === '    return 11'")

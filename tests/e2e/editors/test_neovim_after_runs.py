"""The plugin's sub-commands for what comes after a run: review, undo, blame, costs, and the runs of the log."""

from pathlib import Path
from typing import Any

import pytest

from codecompanion.router.scripted_server import Reply, ScriptedServer

pytestmark = pytest.mark.needs("nvim")

CODE = ("# orchestra: add ten to both", "def one():", "    return 1", "", "", "def two():", "    return 2")
CHANGED = (*CODE[:2], "    return 11", *CODE[3:6], "    return 22")
ANSWER = "".join(
    f"FILE: app.py\n<<<<<<< SEARCH\n    return {n}\n=======\n    return {n}{n}\n>>>>>>> REPLACE\n\n"
    for n in (1, 2)
)


async def lines(editor: Any) -> list[str]:
    found: list[str] = await editor.lua("return text_of('app.py')")
    return found


async def page(editor: Any, command: str, name: str) -> str:
    """Run a sub-command that answers with a page and return its text; the page is closed again."""
    await editor.do(f"Orchestra {command}")
    await editor.until(f"vim.api.nvim_buf_get_name(0):find('orchestra://{name}', 1, true)")
    text = "\n".join(await editor.lua("return vim.api.nvim_buf_get_lines(0, 0, -1, false)"))
    assert await editor.lua("return vim.bo.modifiable") is False
    await editor.do("normal q")
    return text


async def said_then(editor: Any, command: str, words: str) -> None:
    """Run a sub-command and wait for a message with the words; others may come first."""
    before = await editor.lua("return #seen.messages")
    await editor.do(f"Orchestra {command}")
    later = f"vim.list_slice(seen.messages, {before} + 1)"
    holds = f"function(one) return one.text:find([==[{words}]==], 1, true) end"
    await editor.until(f"#vim.tbl_filter({holds}, {later}) > 0")


async def completed(editor: Any, line: str) -> list[str]:
    found: list[str] = await editor.lua(f"return vim.fn.getcompletion('Orchestra {line}', 'cmdline')")
    return found


async def ended(editor: Any, runs: int) -> None:
    await editor.until(
        f"#require('orchestra.runs').list() == {runs} and require('orchestra').statusline() == ''"
    )


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    root = tmp_path / "work"
    root.mkdir()
    (root / "app.py").write_text("\n".join(CODE) + "\n", "utf-8")
    return {"ORCHESTRA_LOCAL_MODEL": "scripted", "ORCHESTRA_LANDING": "review"}


async def test_what_waits_is_listed_shown_and_decided(start_neovim: Any, environ: dict[str, str]) -> None:
    async with ScriptedServer([Reply(text=ANSWER, times=None)]) as server:
        editor = await start_neovim(
            "plugin_init.lua", {**environ, "ORCHESTRA_LOCAL_BASE_URL": server.openai_url}
        )
        await editor.do("edit app.py")
        await said_then(editor, "review", "nothing waits for your word")
        await editor.do("Orchestra run")
        await editor.said("waits for your review")
        await editor.do("Orchestra review")
        await editor.until("#vim.fn.getqflist() == 2")
        found = await editor.lua("return vim.fn.getqflist()")
        assert [one["lnum"] for one in found] == [3, 7]
        assert "-1 +1 return 11 (run-" in found[0]["text"]
        await editor.do("cclose")

        await editor.do("Orchestra review app.py")
        await editor.until("vim.api.nvim_buf_get_name(0):find('.orchestra/previews', 1, true)")
        assert await editor.lua("return vim.api.nvim_buf_get_lines(0, 0, -1, false)") == [*CHANGED]
        await editor.do("close")

        await editor.do("1")
        await said_then(editor, "accept", "no change waits at this line")
        await said_then(editor, "accept it", "takes nothing, 'file' or 'run', not 'it'")
        assert await lines(editor) == [*CODE]
        await editor.do("3")
        await said_then(editor, "accept", "let in")
        await editor.until("text_of('app.py')[3] == '    return 11'")
        await editor.do("7")
        await said_then(editor, "reject", "turned down")
        assert await lines(editor) == [*CHANGED[:6], CODE[6]]

        await editor.do("1")
        await editor.do("Orchestra run")
        await ended(editor, 2)
        await said_then(editor, "reject file app.py", "turned down")
        await editor.do("Orchestra run")
        await ended(editor, 3)
        await editor.do("Orchestra accept run")
        await editor.until("text_of('app.py')[7] == '    return 22'")
        assert await completed(editor, "accept ") == ["file", "run"]
        assert await completed(editor, "reject file ap") == ["app.py"]
        assert len(await completed(editor, "accept run run-")) == 3


async def test_who_wrote_what_it_cost_and_how_to_take_it_back(
    start_neovim: Any, environ: dict[str, str]
) -> None:
    environ = {**environ, "ORCHESTRA_LANDING": "live"}
    async with ScriptedServer([Reply(text=ANSWER, times=None)]) as server:
        editor = await start_neovim(
            "plugin_init.lua", {**environ, "ORCHESTRA_LOCAL_BASE_URL": server.openai_url}
        )
        await editor.do("edit app.py")
        await editor.do("Orchestra run")
        await ended(editor, 1)
        assert await lines(editor) == [*CHANGED]
        (run,) = await completed(editor, "undo run-")

        blame = await page(editor, "blame", "blame/app.py")
        assert f"{run} CodeGenerator     3|     return 11" in blame
        assert f"1 line(s): CodeGenerator with local/scripted, run {run}: add ten to both" in blame
        assert run in await page(editor, "budget", "budget")
        await editor.do("3")
        assert "scripted" in await page(editor, "why", "why")
        await editor.do("1")

        assert f"{run}  2" in await page(editor, "runs", "runs")
        assert "CodeGenerator" in await page(editor, f"runs show {run}", f"runs/{run}")
        moment = await page(editor, f"runs replay {run} 3", f"runs/{run}/3")
        assert moment.startswith(f"{run} at event 3 of ")
        await said_then(editor, "runs burn", "takes list, show, replay, fork, resume, not 'burn'")
        assert await completed(editor, "runs re") == ["replay", "resume"]
        assert await completed(editor, "runs replay run-") == [run]
        await said_then(editor, f"runs fork {run} 3", "goes on from event")
        await ended(editor, 2)

        assert "TestWriter" in await completed(editor, "undo Te")
        await said_then(editor, f"undo TestWriter {run}", "TestWriter")
        assert await lines(editor) == [*CHANGED]
        await editor.lua("vim.api.nvim_buf_set_lines(0, 0, 0, false, {'# mine'}) return 1")
        await editor.do(f"Orchestra undo {run}")
        await editor.until("text_of('app.py')[4] == '    return 1'")
        assert await lines(editor) == ["# mine", *CODE]
        await editor.do("undo")
        assert (await lines(editor))[3] == "    return 11"

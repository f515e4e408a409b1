"""The shipped plugin in a real Neovim: a command becomes tested files on disk, and typing is left alone."""

import asyncio
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from codecompanion.router.scripted_server import Reply, ScriptedServer

pytestmark = pytest.mark.needs("nvim")
SALES = "a data pipeline that sums sales by month"
INIT = "plugin_init.lua"
PLUGIN = Path(__file__).parents[3] / "editor-clients" / "neovim"
APP = "def one():\n    return 1\n\n\ndef two():\n    return 2\n"


async def answered(editor: Any, name: str) -> str:
    """Run a sub-command that answers with a message and return that."""
    before = await editor.lua("return #seen.messages")
    await editor.do(f"Orchestra {name}")
    await editor.until(f"#seen.messages > {before}")
    return str(await editor.lua(f"return seen.messages[{before} + 1].text"))


def clean(path: Path) -> Path:
    """Write a file that is there before the editor is."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(APP, "utf-8")
    return path


async def test_a_command_becomes_tested_files_on_disk(start_neovim: Any) -> None:
    editor = await start_neovim(INIT)
    await editor.do("edit thoughts.txt")
    await editor.lua("vim.api.nvim_buf_set_lines(0, 0, -1, false, {'my own, unsaved'})")
    await editor.do(f"Orchestra start {SALES}")
    assert "tests pass" in await editor.said("tests pass")
    assert sum(path.name.startswith("test_") for path in editor.root.rglob("*.py")) > 0
    assert (editor.root / "README.md").read_text("utf-8").strip()
    # what the user had in hand is as it was, and nothing of ours is left to be saved
    assert await editor.lua("return text_of('thoughts.txt')") == ["my own, unsaved"]
    assert not (editor.root / "thoughts.txt").exists()
    modified = await editor.lua(
        "return vim.tbl_filter(function(b) return vim.bo[b].modified end, vim.api.nvim_list_bufs())"
    )
    assert len(modified) == 1
    listed = await editor.lua("return buffer('README.md') > 0 and vim.bo[buffer('README.md')].buflisted")
    assert listed is True
    statuses = await editor.lua("return seen.status")
    assert any(re.search(r"thoughts.txt Orchestra \d+% \w", line) for line in statuses)
    assert "Orchestra" not in statuses[-1]
    passed = await editor.lua("return require('orchestra.runs').list()[1].testsPassed")
    assert passed > 0
    assert "done  100%" in await answered(editor, "status")


async def test_stop_ends_a_run_and_its_status_line(start_neovim: Any, eventually: Any) -> None:
    endless = Reply(text="word " * 5_000, tokens_per_second=50, times=None)
    async with ScriptedServer([endless]) as server:
        environ = {"ORCHESTRA_LOCAL_BASE_URL": server.openai_url, "ORCHESTRA_LOCAL_MODEL": "scripted"}
        editor = await start_neovim(INIT, environ)
        await editor.do("edit app.py")
        await editor.do("write")
        await editor.do("Orchestra change add a greeting")
        await editor.until("require('orchestra').statusline() ~= ''")
        await eventually(lambda: server.requests)
        await editor.do("Orchestra stop")
        await editor.said("stopped: add a greeting")
        async with asyncio.timeout(5):
            await server.until_disconnects()
        await editor.until("require('orchestra').statusline() == ''")
        assert "nothing was running" in await answered(editor, "stopall")


async def test_every_kind_of_work_can_be_started_and_steered(start_neovim: Any, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "app.py").write_text(f"# orchestra: be nice\n{APP}", "utf-8")
    endless = Reply(text="word " * 5_000, tokens_per_second=50, times=None)
    async with ScriptedServer([endless]) as server:
        environ = {"ORCHESTRA_LOCAL_BASE_URL": server.openai_url, "ORCHESTRA_LOCAL_MODEL": "scripted"}
        editor = await start_neovim(INIT, environ)
        await editor.do("edit app.py")
        for line in (
            "Orchestra run",
            "2,3Orchestra tests",
            "Orchestra fix",
            "Orchestra design a greeting page",
        ):
            await editor.do(line)
        await editor.until("#require('orchestra.runs').list() == 4")
        statuses = await editor.lua("return require('orchestra.runs').list()")
        assert sorted(status["kind"] for status in statuses) == ["change", "design", "fix", "tests"]
        # more than one is at work; the fix may have found nothing to mend
        assert "(+" in await editor.lua("return require('orchestra').statusline()")
        (change,) = (status["runId"] for status in statuses if status["kind"] == "change")
        await editor.do(f"Orchestra pause {change}")
        assert "; also active: run-" in await editor.said("paused: be nice")
        await editor.do(f"Orchestra resume {change}")
        await editor.said("going on: be nice")
        await editor.do(f"Orchestra next {change}")
        await editor.said("step")
        # each run has a last word of its own, which may come first
        await editor.do("Orchestra stopall")
        assert change in await editor.said("Orchestra: stopped: run-")
        await editor.until("require('orchestra').statusline() == ''")


async def test_a_change_lands_in_the_open_buffer_around_unsaved_lines(
    start_neovim: Any, tmp_path: Path
) -> None:
    file = clean(tmp_path / "work" / "app.py")
    block = "FILE: app.py\n<<<<<<< SEARCH\n    return 1\n=======\n    return 11\n>>>>>>> REPLACE\n"
    async with ScriptedServer([Reply(text=block, tokens_per_second=100, times=None)]) as server:
        environ = {"ORCHESTRA_LOCAL_BASE_URL": server.openai_url, "ORCHESTRA_LOCAL_MODEL": "scripted"}
        editor = await start_neovim(INIT, environ)
        await editor.do("edit app.py")
        await editor.lua("vim.api.nvim_buf_set_lines(0, 0, 0, false, {'# grüße 👋, not saved'})")
        await editor.do("2,3Orchestra change add ten to the first")
        await editor.said("app.py")
        await editor.until("require('orchestra').statusline() == '' and #require('orchestra.runs').list() == 1")
    expected = "# grüße 👋, not saved\n" + APP.replace("return 1\n", "return 11\n")
    seen = await editor.lua("return seen")
    assert await editor.lua("return text_of('app.py')") == expected.splitlines(), seen
    assert await editor.lua("return vim.bo[buffer('app.py')].modified") is True
    # it held text that was not saved, so saving is the user's
    assert file.read_text("utf-8") == APP


async def test_what_cannot_be_done_is_one_sentence(start_neovim: Any) -> None:
    editor = await start_neovim(INIT)
    await editor.lua("vim.ui.input = function(_, go) go('  ') end")
    empty = await answered(editor, "start")
    assert empty == "Orchestra: the request is empty; say in a sentence what you want"
    assert "this buffer is no file in" in await answered(editor, "change everything")
    assert "unknown sub-command 'fly'; known: accept, blame, budget, change" in await answered(editor, "fly")
    assert await editor.lua("return seen.messages[1].level") == 4
    assert await editor.lua("return vim.fn.getcompletion('Orchestra st', 'cmdline')") == [
        "start",
        "status",
        "stop",
        "stopall",
    ]


async def test_a_missing_program_is_named_with_the_mend(start_neovim: Any) -> None:
    editor = await start_neovim(INIT, {"SERVER": '["no-such-orchestra"]'})
    said = await answered(editor, "status")
    assert "cannot find the program 'no-such-orchestra'; install it with `pip install" in said
    assert "no server runs yet" in await checkhealth(editor)
    assert "'no-such-orchestra' is not on the PATH" in await checkhealth(editor)


async def test_the_server_and_the_help_are_asked(start_neovim: Any, tmp_path: Path) -> None:
    # what a plugin manager does once; the tags do not belong into the plugin's own folder here
    shutil.copytree(PLUGIN / "doc", tmp_path / "help" / "doc")
    editor = await start_neovim(INIT)
    await editor.do(f"helptags {tmp_path}/help/doc")
    await editor.do(f"set runtimepath+={tmp_path}/help")
    assert "anthropic: not configured" in await answered(editor, "keys")
    assert "0 active run(s)" in await answered(editor, "health")
    assert "a server runs for" in await checkhealth(editor)
    await editor.do("help orchestra")
    assert await editor.lua("return vim.fn.expand('%:t')") == "orchestra.txt"


async def checkhealth(editor: Any) -> str:
    await editor.do("checkhealth orchestra")
    return "\n".join(await editor.lua("return vim.api.nvim_buf_get_lines(0, 0, -1, false)"))

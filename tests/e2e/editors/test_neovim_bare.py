"""Neovim's own LSP client is enough: a comment, its code lens and its code action, no plugin of ours."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from codecompanion.router.scripted_server import Reply, ScriptedServer

pytestmark = pytest.mark.needs("nvim")
INIT = "bare_init.lua"
SALES = "a data pipeline that sums sales by month"


async def opened(start_neovim: Any, root: Path, name: str, text: str, environ: dict[str, str]) -> Any:
    """Return an editor that shows a file, with the cursor on its first line, and whose server is ready."""
    root.mkdir()
    (root / name).write_text(text, "utf-8")
    # the lines of the page start `orchestra` from the PATH
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    editor = await start_neovim(INIT, {**environ, "PATH": path})
    await editor.do(f"edit {name}")
    await editor.until("ready()")
    return editor


async def take_the_action(editor: Any) -> None:
    """Take the first code action at the cursor."""
    await editor.lua("vim.ui.select = function(items, _, choose) choose(items[1]) end")
    await editor.lua("vim.lsp.buf.code_action() return 1")


async def check_progress(editor: Any) -> None:
    """Every progress, that of the run and those of its agents, began once and ended once."""
    kinds: dict[str, list[str]] = {}
    for report in await editor.lua("return seen.progress"):
        kinds.setdefault(report["token"], []).append(report["kind"])
    assert len(kinds) > 1
    for one in kinds.values():
        assert (one[0], one[-1]) == ("begin", "end")
        assert one.count("begin") == one.count("end") == 1


async def test_the_code_lens_of_a_comment_makes_files_that_are_there_to_be_saved(
    start_neovim: Any, tmp_path: Path
) -> None:
    editor = await opened(start_neovim, tmp_path / "work", "main.py", f"# orchestra: {SALES}\n", {})
    await editor.lua("vim.lsp.codelens.refresh() return 1")
    await editor.until("#vim.lsp.codelens.get(0) == 1")
    assert await editor.lua("return vim.lsp.codelens.get(0)[1].command.title") == "Run with Orchestra"
    await editor.lua("vim.lsp.codelens.run() return 1")
    said = await editor.said("Orchestra: ")
    assert "tests pass" in said
    assert "open and not saved yet" in said
    await check_progress(editor)
    unsaved = await editor.lua("return unsaved()")
    assert len(unsaved) == await editor.lua("return seen.edits") > 5
    await editor.do("wall")
    assert all((editor.root / name).exists() for name in unsaved)
    assert {"README.md", "main.py"} <= {path.name for path in editor.root.iterdir()}
    assert (editor.root / "main.py").read_text("utf-8") == f"# orchestra: {SALES}\n"


async def test_where_new_buffers_are_not_attached_the_files_are_on_disk(
    start_neovim: Any, tmp_path: Path
) -> None:
    text = f"# Ideas\n\norchestra: {SALES}\n"
    editor = await opened(start_neovim, tmp_path / "work", "notes.md", text, {})
    await editor.do("autocmd! BufReadPost,BufNewFile")
    await editor.do("3")
    await take_the_action(editor)
    assert "tests pass" in await editor.said("Orchestra: ")
    await check_progress(editor)
    assert len(list(editor.root.rglob("*.py"))) > 5
    assert (editor.root / "README.md").read_text("utf-8").strip()
    # only the file that taught us that this editor hides such buffers is in one of them
    assert await editor.lua("return seen.edits") == 1
    assert len(await editor.lua("return unsaved()")) == 1


async def test_the_code_action_changes_the_code_below(start_neovim: Any, tmp_path: Path) -> None:
    code = ("def one():", "    # orchestra: grüße 👋, return eleven", "    return 1")
    block = "FILE: app.py\n<<<<<<< SEARCH\n    return 1\n=======\n    return 11\n>>>>>>> REPLACE\n"
    async with ScriptedServer([Reply(text=block, tokens_per_second=200, times=None)]) as server:
        environ = {"ORCHESTRA_LOCAL_BASE_URL": server.openai_url, "ORCHESTRA_LOCAL_MODEL": "scripted"}
        editor = await opened(start_neovim, tmp_path / "work", "app.py", "\n".join(code) + "\n", environ)
        await editor.do("2")
        await take_the_action(editor)
        said = await editor.said("Orchestra: ")
    assert "app.py" in said
    assert "1 of them is open and not saved yet" in said
    await check_progress(editor)
    assert await editor.lua("return text_of('app.py')") == [*code[:2], "    return 11"]
    assert (editor.root / "app.py").read_text("utf-8").endswith("return 1\n")

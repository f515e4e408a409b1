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


async def test_the_code_lens_of_a_comment_runs_it(start_neovim: Any, tmp_path: Path) -> None:
    editor = await opened(start_neovim, tmp_path / "work", "main.py", f"# orchestra: {SALES}\n", {})
    await editor.lua("vim.lsp.codelens.refresh() return 1")
    await editor.until("#vim.lsp.codelens.get(0) == 1")
    assert await editor.lua("return vim.lsp.codelens.get(0)[1].command.title") == "Run with Orchestra"
    await editor.lua("vim.lsp.codelens.run() return 1")
    assert "tests pass" in await editor.said("Orchestra: ")
    await editor.do("wall")
    written = {path.name for path in editor.root.rglob("*") if path.is_file()}
    assert "README.md" in written
    assert any(name.startswith("test_") for name in written)
    assert (editor.root / "main.py").read_text("utf-8") == f"# orchestra: {SALES}\n"


async def test_the_code_action_changes_the_code_below(start_neovim: Any, tmp_path: Path) -> None:
    code = "# orchestra: return eleven\ndef one():\n    return 1\n"
    block = "FILE: app.py\n<<<<<<< SEARCH\n    return 1\n=======\n    return 11\n>>>>>>> REPLACE\n"
    async with ScriptedServer([Reply(text=block, tokens_per_second=200, times=None)]) as server:
        environ = {"ORCHESTRA_LOCAL_BASE_URL": server.openai_url, "ORCHESTRA_LOCAL_MODEL": "scripted"}
        editor = await opened(start_neovim, tmp_path / "work", "app.py", code, environ)
        await editor.lua("vim.ui.select = function(items, _, choose) choose(items[1]) end")
        await editor.lua("vim.lsp.buf.code_action() return 1")
        assert "1 of them is open and not saved yet" in await editor.said("Orchestra: ")
    assert await editor.lua("return text_of('app.py')[3]") == "    return 11"

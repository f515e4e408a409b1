"""In Neovim without a plugin: review by lens and action, a hover that tells who wrote a line, and undo."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from codecompanion.router.scripted_server import Reply, ScriptedServer

pytestmark = pytest.mark.needs("nvim")

CODE = ("# orchestra: add ten to both", "def one():", "    return 1", "", "", "def two():", "    return 2")
ANSWER = "".join(
    f"FILE: app.py\n<<<<<<< SEARCH\n    return {n}\n=======\n    return {n}{n}\n>>>>>>> REPLACE\n\n"
    for n in (1, 2)
)
CHOOSE = """vim.ui.select = function(items, _, choose)
  for _, item in ipairs(items) do
    local title = item.lens and item.lens.command.title or item[2] and item[2].title or item.title or ''
    if title:find([==[{title}]==], 1, true) then return choose(item) end
  end
end"""


async def choosing(editor: Any, title: str, ask: str) -> None:
    """Ask for lenses or actions, and take the one whose title begins like this."""
    await editor.lua(CHOOSE.format(title=title) + f" {ask} return 1")


async def text_of(editor: Any) -> list[str]:
    lines: list[str] = await editor.lua("return vim.api.nvim_buf_get_lines(0, 0, -1, false)")
    return lines


async def asked(editor: Any, method: str, params: str) -> Any:
    return await editor.lua(
        f"local found = vim.lsp.buf_request_sync(0, [[{method}]], {params}, 30000) "
        "for _, one in pairs(found) do return one.result or vim.NIL end"
    )


async def test_review_hover_and_undo(start_neovim: Any, tmp_path: Path) -> None:
    root = tmp_path / "work"
    root.mkdir()
    (root / "app.py").write_text("\n".join(CODE) + "\n", "utf-8")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    async with ScriptedServer([Reply(text=ANSWER, times=None)]) as server:
        environ = {
            "ORCHESTRA_LOCAL_BASE_URL": server.openai_url,
            "ORCHESTRA_LOCAL_MODEL": "scripted",
            "ORCHESTRA_LANDING": "review",
            "PATH": path,
        }
        editor = await start_neovim("bare_init.lua", environ)
        await editor.do("edit app.py")
        await editor.until("ready()")
        await editor.do("1")
        await choosing(editor, "Run with Orchestra", "vim.lsp.buf.code_action()")
        assert "1 file waits for your review: app.py" in await editor.said("review")
    assert await text_of(editor) == [*CODE]

    await editor.do("3")
    await editor.lua("vim.lsp.codelens.refresh() return 1")
    await editor.until("#vim.lsp.codelens.get(0) >= 7")
    await choosing(editor, "Accept -1 +1", "vim.lsp.codelens.run()")
    await editor.until("vim.api.nvim_buf_get_lines(0, 2, 3, false)[1] == '    return 11'")
    await editor.do("7")
    await choosing(editor, "Reject -1 +1", "vim.lsp.buf.code_action()")
    await editor.said("turned down")
    assert await text_of(editor) == [*CODE[:2], "    return 11", *CODE[3:]]

    await editor.do("3")
    hover = await asked(editor, "textDocument/hover", "vim.lsp.util.make_position_params()")
    assert "CodeGenerator with local/scripted" in hover["contents"]["value"]
    await editor.do("7")
    assert await asked(editor, "textDocument/hover", "vim.lsp.util.make_position_params()") is None

    await editor.lua("vim.api.nvim_buf_set_lines(0, 0, 0, false, {'# mine'}) return 1")
    command = "{command = 'orchestra.undoRun', arguments = {vim.empty_dict()}}"
    undone = await asked(editor, "workspace/executeCommand", command)
    assert undone["files"][0]["path"] == "app.py"
    assert await text_of(editor) == ["# mine", *CODE]
    await editor.do("undo")
    assert (await text_of(editor))[3] == "    return 11"

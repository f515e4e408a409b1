"""A person types into a real Neovim while agents edit the same file: every key pressed is there at the end."""

from pathlib import Path
from typing import Any

import pytest

from codecompanion.router.scripted_server import ScriptedServer
from tests.e2e.editors.busy_agents import CODE, assert_all_is_there, reply

pytestmark = pytest.mark.needs("nvim")


async def typed_through(start_neovim: Any, eventually: Any, rounds: int, seed: int) -> None:
    async with ScriptedServer(reply) as server:
        environ = {"ORCHESTRA_LOCAL_BASE_URL": server.openai_url, "ORCHESTRA_LOCAL_MODEL": "scripted"}
        editor = await start_neovim("plugin_init.lua", environ)
        typist = Path(__file__).with_name("typist.lua")
        await editor.lua(f"dofile([[{typist}]]) return 1")
        for number in range(rounds):
            name = f"file_{number}.py"
            (editor.root / name).write_text(CODE, "utf-8")
            await editor.do(f"edit {name}")
            await editor.lua("seen.messages = {} return 1")
            asked = len(server.requests)
            await editor.do(f"Orchestra change improve every function of {name}")
            # what is typed before that, the agent has read, and its answer takes it out again
            await eventually(lambda asked=asked: len(server.requests) > asked)
            slow = "true" if number % 2 else "false"
            await editor.lua(f"type_away({seed + number}, 30, {slow}) return 1")
            await editor.until("not typist.busy")
            await editor.until("#seen.messages > 1")
            await check(editor, name)


async def check(editor: Any, name: str) -> None:
    text = "\n".join(await editor.lua(f"return text_of('{name}')"))
    kept = await editor.lua("return vim.tbl_keys(typist.kept)")
    keys = await editor.lua("return typist.slow")
    assert_all_is_there(text, kept, keys, await editor.lua("return seen.messages"))
    await editor.do("write")
    assert (editor.root / name).read_text("utf-8") == text + "\n"


async def test_every_key_pressed_while_agents_edit_is_there(start_neovim: Any, eventually: Any) -> None:
    await typed_through(start_neovim, eventually, rounds=4, seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1000, 2000, 3000])
async def test_every_key_pressed_is_there_after_many_runs(
    start_neovim: Any, eventually: Any, seed: int
) -> None:
    await typed_through(start_neovim, eventually, rounds=20, seed=seed)

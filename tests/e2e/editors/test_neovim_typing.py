"""A person types into a real Neovim while agents edit the same file: every key pressed is there at the end."""

import re
from pathlib import Path
from typing import Any

import pytest

from codecompanion.router.scripted_server import Asked, Reply, ScriptedServer

pytestmark = pytest.mark.needs("nvim")
FUNCTIONS = 12
CODE = "".join(f"def function_{n}(a, b):\n    x = {n}\n    return a + b + x\n\n" for n in range(FUNCTIONS))


def whole(name: str) -> str:
    text = CODE
    for n in range(FUNCTIONS):
        text = text.replace(f"    x = {n}\n", f"    x = {n} + 1  # agent {n}\n")
    return f"FILE: {name}\n```\n{text}```\n"


def blocks(name: str) -> str:
    """Return a change of each function, one that adds a line and one that replaces one by turns."""
    parts = [
        f"FILE: {name}\n<<<<<<< SEARCH\n    x = {n}\n=======\n"
        + (f"    x = {n} + 1  # agent {n}\n" if n % 2 else f"    y = 0  # agent {n}\n    x = {n}\n")
        + ">>>>>>> REPLACE\n"
        for n in range(FUNCTIONS)
    ]
    return "\n".join(parts)


def reply(asked: Asked) -> Reply:
    (*_, number) = re.findall(r"file_(\d+)\.py", "\n".join(asked.texts))
    name = f"file_{number}.py"
    if int(number) % 4 == 3:
        return Reply(text=whole(name), tokens_per_second=600)
    return Reply(text=blocks(name), tokens_per_second=250)


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
            await editor.do(f"Orchestra change improve every function of {name}")
            await eventually(lambda asked=number: len(server.requests) > asked)
            slow = "true" if number % 2 else "false"
            await editor.lua(f"type_away({seed + number}, 30, {slow}) return 1")
            await editor.until("not typist.busy")
            await editor.until("#seen.messages > 1")
            await check(editor, name)


async def check(editor: Any, name: str) -> None:
    text = "\n".join(await editor.lua(f"return text_of('{name}')"))
    kept = await editor.lua("return vim.tbl_keys(typist.kept)")
    assert [mark for mark in kept if mark not in text] == []
    assert text.count("Z") == await editor.lua("return typist.slow")
    assert "<<<<<<<" not in text
    made = [len(re.findall(rf"# agent {n}(?!\d)", text)) for n in range(FUNCTIONS)]
    # a line the person typed into is left to them, what they undid stays undone, and nothing is made twice
    assert set(made) <= {0, 1}
    assert sum(made) > 0, await editor.lua("return seen.messages")
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

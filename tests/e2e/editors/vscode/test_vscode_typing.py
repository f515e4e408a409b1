"""A person types into a real VS Code while agents edit the same file: every key pressed is there at the end."""

import random
import sys
from collections.abc import Iterable
from typing import Any

import pytest

from codecompanion.router.scripted_server import ScriptedServer
from tests.e2e.editors.busy_agents import CODE, Tally, reply

pytestmark = pytest.mark.needs("code-server", "chromium")

START = "return vscode.commands.executeCommand('orchestra.changeCode', { uri, request })"
ENDED = (
    "vscode.commands.executeCommand('orchestra.status', { runId })"
    ".then(({ runs: [run] }) => ['done', 'red', 'failed', 'stopped'].includes(run.phase) && run)"
)
# the server's own text of a file, line by line
KNOWN = (
    "const found = await vscode.commands.executeCommand('orchestra.blame', { uri }); "
    "return found && found.lines.map((line) => line.text)"
)


async def typed_through(start_code: Any, eventually: Any, rounds: Iterable[int], seed: int) -> Tally:
    """Let agents change a file in each round while a person types, and check what is there after each."""
    tally = Tally()
    async with ScriptedServer(reply) as server:
        environ = {"ORCHESTRA_LOCAL_BASE_URL": server.openai_url, "ORCHESTRA_LOCAL_MODEL": "scripted"}
        code = await start_code(environ)
        for number in rounds:
            name = f"file_{number}.py"
            (code.root / name).write_text(CODE, "utf-8")
            await code.api(
                "desk.typist = await desk.sitDown(name, seed); return 1", name=name, seed=seed + number
            )
            uri, asked = (code.root / name).as_uri(), len(server.requests)
            run = await code.api(START, uri=uri, request=f"improve every function of {name}")
            # what is typed before that, the agent has read, and its answer takes it out again
            await eventually(lambda asked=asked: len(server.requests) > asked)
            if number % 2:
                keys = await press_keys(code, random.Random(seed + number))
            else:
                keys = 0
                await code.api("await desk.typist.typeAway(30); return 1")
            status = await code.until(ENDED, runId=run["runId"])
            marks = await code.api("return desk.typist.leave()")
            text = await code.text_of(name)
            tally.check(text, marks, keys, status)
            tally.refused += status["failedEdits"]
            assert await code.api(KNOWN, uri=uri) == text.splitlines(), await code.notifications()
            await code.api("await vscode.workspace.saveAll(); return 1")
            assert (code.root / name).read_text("utf-8") == text
    return tally


async def press_keys(code: Any, chance: random.Random) -> int:
    """Press Z, key by key on the keyboard, at the end of one line after the other; return how often."""
    pressed = 0
    for _ in range(15):
        await code.api("await desk.typist.goAnywhere(true); return 1")
        keys = chance.randrange(2, 8)
        for _ in range(keys):
            await code.page("await page.keyboard.press('Z')")
        pressed += keys
    # its answer comes behind what the keys changed
    await code.api("await vscode.commands.executeCommand('cursorTop'); return 1")
    return pressed


async def test_every_key_pressed_while_agents_edit_is_there(start_code: Any, eventually: Any) -> None:
    await typed_through(start_code, eventually, rounds=range(1, 3), seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1000, 2000, 3000])
async def test_every_key_pressed_is_there_after_many_runs(start_code: Any, eventually: Any, seed: int) -> None:
    tally = await typed_through(start_code, eventually, rounds=range(20), seed=seed)
    sys.stdout.write(f"{tally}\n")

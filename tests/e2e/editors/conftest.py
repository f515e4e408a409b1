"""Real editors without a screen, each in a home of its own, and the server they start."""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 60.0
LOOK_EVERY = 0.02
SERVER = [sys.executable, "-P", "-m", "codecompanion.server.cli", "serve", "--log-level", "warning"]


def clean_environ(home: Path, more: dict[str, str]) -> dict[str, str]:
    """Return an environment without anybody's keys, settings or editor files, that trusts temporary folders."""
    own = {key: value for key, value in os.environ.items() if not key.endswith(("_API_KEY", "_BASE_URL"))}
    own = {key: value for key, value in own.items() if not key.startswith("ORCHESTRA_")}
    places = {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CONFIG", "STATE", "DATA", "CACHE")}
    trusted = {"ORCHESTRA_TRUSTED_FOLDERS": os.path.realpath(tempfile.gettempdir())}
    return {**own, **places, **trusted, "HOME": str(home), "SERVER": json.dumps(SERVER), **more}


@pytest.fixture
def editor_environ() -> Callable[[Path, dict[str, str]], dict[str, str]]:
    """How to make the environment of an editor: its home, and what else it is to have."""
    return clean_environ


@asynccontextmanager
async def running(
    *command: str, cwd: Path, environ: dict[str, str], seconds: float = PATIENCE, **streams: int
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start a program and wait for its end after the block; it is killed when that fails or the time is up.

    Its standard streams lead nowhere but for those given.
    """
    nowhere = asyncio.subprocess.DEVNULL
    silent = {"stdin": nowhere, "stdout": nowhere, "stderr": nowhere}
    process = await asyncio.create_subprocess_exec(*command, cwd=cwd, env=environ, **(silent | streams))
    try:
        yield process
        async with asyncio.timeout(seconds):
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.fixture(name="running")
def running_fixture() -> Callable[..., AbstractAsyncContextManager[asyncio.subprocess.Process]]:
    """How to run a program to its end, whatever becomes of the test."""
    return running


async def outcome_of(*command: str, cwd: Path, environ: dict[str, str], seconds: float = 2 * PATIENCE) -> str:
    """Run a program to its end and return all it said; fails with that when its exit code is not 0."""
    output = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.STDOUT}
    async with running(*command, cwd=cwd, environ=environ, **output) as process, asyncio.timeout(seconds):
        said, _ = await process.communicate()
    text = said.decode("utf-8", "replace")
    assert process.returncode == 0, text
    return text


async def eventually(holds: Callable[[], Any], seconds: float = PATIENCE) -> None:
    """Ask again and again, for what no message tells; fails when the time is up."""
    for _ in range(round(seconds / LOOK_EVERY)):
        if holds():
            return
        await asyncio.sleep(LOOK_EVERY)
    raise AssertionError(f"it never came to be within {seconds:.0f} s")


@pytest.fixture(name="eventually")
def eventually_fixture() -> Callable[..., Awaitable[None]]:
    """How to wait for what no message tells."""
    return eventually


class Neovim:
    """A headless Neovim that is asked from outside; ``lua`` runs statements in it and returns their value."""

    def __init__(self, root: Path, address: str, environ: dict[str, str]) -> None:
        self.root = root
        self._address = address
        self._environ = environ

    async def lua(self, statements: str) -> Any:
        """Return the value of Lua statements that ``return`` something JSON can hold."""
        call = f"(function() {statements} end)()"
        quoted = call.replace("'", "''")
        # by a file, because Neovim 0.7 garbles what it prints after a thousand characters
        answer = Path(self._address).with_name("answer.json")
        await outcome_of(
            *("nvim", "--clean", "--server", self._address),
            *("--remote-expr", f"writefile([json_encode(luaeval('{quoted}'))], '{answer}')"),
            cwd=self.root,
            environ=self._environ,
        )
        return json.loads(answer.read_text("utf-8"))

    async def do(self, command: str) -> None:
        """Run a command as if it was typed after a colon."""
        await self.lua(f"vim.cmd([==[{command}]==])")

    async def until(self, condition: str, seconds: float = PATIENCE) -> None:
        """Wait until a Lua expression holds; fails with what the editor said so far."""
        holds = f"(function() return {condition} end)"
        if not await self.lua(f"return (vim.wait({seconds * 1000:.0f}, {holds}, 20))"):
            said = await self.lua("return seen")
            raise AssertionError(f"never came true: {condition}; seen: {said}")

    async def said(self, words: str) -> str:
        """Wait for a message that contains the words and return it."""
        await self.until(f"said([==[{words}]==])")
        return str(await self.lua(f"return said([==[{words}]==])"))


@asynccontextmanager
async def neovim_in(root: Path, home: Path, init: Path, environ: dict[str, str]) -> AsyncIterator[Neovim]:
    # the path of a socket may have 100 characters only
    with tempfile.TemporaryDirectory(prefix="nvim") as short:
        address = f"{short}/socket"
        environ = clean_environ(home, environ)
        command = ("nvim", "--headless", "-u", str(init), "-i", "NONE", "--listen", address)
        async with running(*command, cwd=root, environ=environ):
            await eventually(Path(address).exists)
            editor = Neovim(root, address, environ)
            yield editor
            await editor.lua("vim.defer_fn(function() vim.cmd([[qall!]]) end, 50) return 1")


StartNeovim = Callable[..., Awaitable[Neovim]]


@pytest.fixture
async def start_neovim(tmp_path: Path) -> AsyncIterator[StartNeovim]:
    """Start a Neovim in ``tmp_path/work`` with an init file of this folder."""
    async with AsyncExitStack() as stack:

        async def start(init: str, environ: dict[str, str] | None = None) -> Neovim:
            root = tmp_path / "work"
            root.mkdir(exist_ok=True)
            file = Path(__file__).with_name(init)
            return await stack.enter_async_context(neovim_in(root, tmp_path, file, environ or {}))

        yield start

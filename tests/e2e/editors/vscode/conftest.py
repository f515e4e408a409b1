"""VS Code itself: code-server with the extension in it, in a browser without a screen."""

import asyncio
import json
import re
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.editors.vscode.window import PATIENCE, Code, Told

ROOT = Path(__file__).parents[4]
PARTS = ROOT / ".parts" / "node_modules"
NODE = next(PARTS.glob("node-*-*/bin/node"), PARTS / "node")
EXTENSION = ROOT / "editor-clients" / "vscode"
HERE = Path(__file__).parent
BROWSER = {"PLAYWRIGHT": str(PARTS / "playwright-core"), "CHROMIUM": shutil.which("chromium") or ""}
LONGEST_ANSWER = 2**24

SETTINGS: dict[str, Any] = {
    "files.autoSave": "off",
    "workbench.startupEditor": "none",
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.tips.enabled": False,
    "chat.disableAIFeatures": True,
    "telemetry.telemetryLevel": "off",
    "extensions.ignoreRecommendations": True,
    "git.enabled": False,
    "security.workspace.trust.enabled": False,
    # a key is a letter, and nothing else comes with it
    "editor.autoClosingBrackets": "never",
    "editor.autoIndent": "none",
    "editor.quickSuggestions": {"other": "off", "comments": "off", "strings": "off"},
    "editor.suggestOnTriggerCharacters": False,
    "editor.acceptSuggestionOnEnter": "off",
    "editor.wordBasedSuggestions": "off",
    # the server of this checkout
    "orchestra.client.path": sys.executable,
    "orchestra.client.arguments": ["-P", "-m", "codecompanion.server.cli"],
}

BUILT_IN = ("python", "theme-defaults")
"""What of VS Code's own extensions the windows have: each more takes time at the start."""


def lay_out(home: Path, settings: dict[str, Any]) -> list[str]:
    """Make the folders of a code-server with both extensions; return the arguments that name them."""
    extensions, data = home / "extensions", home / "data"
    (data / "User").mkdir(parents=True)
    (data / "User" / "settings.json").write_text(json.dumps({**SETTINGS, **settings}), "utf-8")
    typist = shutil.copytree(HERE / "typist", extensions / "test.typist-1.0.0")
    shutil.copy(HERE / "answering.js", typist)
    (extensions / "orchestra").symlink_to(EXTENSION)
    (home / "built-in").mkdir()
    for name in BUILT_IN:
        (home / "built-in" / name).symlink_to(PARTS / "code-server" / "lib" / "vscode" / "extensions" / name)
    return [
        *("--extensions-dir", str(extensions), "--user-data-dir", str(data)),
        *("--config", str(home / "config.yaml"), "--auth", "none"),
        *("--vscode-option", f"builtin-extensions-dir={home / 'built-in'}"),
        *("--disable-telemetry", "--disable-update-check", "--disable-getting-started-override"),
    ]


@dataclass(frozen=True)
class Parts:
    """What the tests of all editors share: how to run a program, and how to wait for what no message tells."""

    running: Callable[..., Any]
    eventually: Callable[..., Awaitable[None]]


def address_in(log: Path) -> str:
    """Return where code-server says that it listens, nothing until it does."""
    found = re.search(r"listening on (http://\S+)", log.read_text("utf-8"))
    return found[1] if found else ""


@asynccontextmanager
async def typist_awaited() -> AsyncIterator[tuple[int, asyncio.Future[Told]]]:
    """Wait on a free port for the typist of a window that is opened meanwhile."""
    came: asyncio.Future[Told] = asyncio.get_running_loop().create_future()

    def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.set_result(Told(reader, writer))

    server = await asyncio.start_server(take, "127.0.0.1", 0, limit=LONGEST_ANSWER)
    async with server:
        yield server.sockets[0].getsockname()[1], came
        if came.done():
            await came.result().close()


@asynccontextmanager
async def served(root: Path, arguments: list[str], environ: dict[str, str], parts: Parts) -> AsyncIterator[str]:
    """Run a code-server until the block ends, and give its address."""
    log = root.parent / "code-server.log"
    with log.open("wb") as output:
        command = (str(NODE), str(PARTS / "code-server"), "--bind-addr", "127.0.0.1:0", *arguments)
        async with parts.running(*command, cwd=root, environ=environ, stdout=output.fileno()) as process:
            try:
                await parts.eventually(lambda: address_in(log))
                yield address_in(log)
            finally:
                process.terminate()


@asynccontextmanager
async def browsed(url: str, root: Path, environ: dict[str, str], parts: Parts) -> AsyncIterator[Told]:
    """Look at a page in a browser until the block ends."""
    pipe = asyncio.subprocess.PIPE
    command = (str(NODE), str(HERE / "browser.js"), url)
    async with parts.running(*command, cwd=root, environ=environ, stdin=pipe, stdout=pipe) as process:
        page = Told(process.stdout, process.stdin)
        try:
            await page("return page.url()")
            yield page
        finally:
            await page.close()


@asynccontextmanager
async def window_on(
    root: Path, arguments: list[str], environ: dict[str, str], parts: Parts
) -> AsyncIterator[Code]:
    """Open a folder in a window of its own code-server."""
    async with typist_awaited() as (port, came):
        environ = {**environ, "TYPIST_PORT": str(port), **BROWSER}
        async with (
            served(root, arguments, environ, parts) as url,
            browsed(f"{url}?folder={root}", root, environ, parts) as page,
        ):
            yield Code(root, page, await asyncio.wait_for(came, 2 * PATIENCE))


StartCode = Callable[..., Awaitable[Code]]


@pytest.fixture
async def start_code(
    tmp_path: Path, editor_environ: Any, running: Any, eventually: Any
) -> AsyncIterator[StartCode]:
    """Open ``tmp_path/work`` in VS Code, with settings and an environment besides."""
    async with AsyncExitStack() as stack:

        async def start(environ: dict[str, str] | None = None, **settings: Any) -> Code:
            root = tmp_path / "work"
            root.mkdir(exist_ok=True)
            arguments = lay_out(tmp_path / "code", settings)
            window = window_on(
                root, arguments, editor_environ(tmp_path, environ or {}), Parts(running, eventually)
            )
            return await stack.enter_async_context(window)

        yield start


@pytest.fixture
def node() -> str:
    """The Node that code-server runs on; that of the machine may be too old for the extension's tools."""
    return str(NODE)


@pytest.fixture
def code_server(tmp_path: Path, editor_environ: Any) -> Callable[..., Awaitable[str]]:
    """Run code-server's command line in a home of its own; returns what it prints."""

    async def run(*arguments: str) -> str:
        places = ("--extensions-dir", str(tmp_path / "extensions"), "--user-data-dir", str(tmp_path / "data"))
        process = await asyncio.create_subprocess_exec(
            *(str(NODE), str(PARTS / "code-server"), *places, *arguments),
            env=editor_environ(tmp_path, {}),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(PATIENCE):
            printed, _ = await process.communicate()
        return printed.decode()

    return run

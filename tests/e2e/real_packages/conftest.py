"""Real open-source packages, each with a whole engine on it; only the models' answers are scripted."""

import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Generator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from codecompanion.contracts.consent import ConsentGiven
from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import ToolCall
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.ports import EditSink
from codecompanion.contracts.status import RunStatus
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.orchestra.bus.memory_bus import MemoryBus
from codecompanion.orchestra.engine import Engine, Parts
from codecompanion.orchestra.templates.library import Templates
from codecompanion.orchestra.verification.project_tests import ProjectTests
from codecompanion.orchestra.workspace.disk_edits import DiskEdits
from codecompanion.orchestra.workspace.view import Workspace
from codecompanion.router.config import LocalConfig, OpenAIConfig, ProviderConfig, RouterConfig
from codecompanion.router.gateway import build_gateway
from codecompanion.router.scripted_server import Asked, Reply, ScriptedServer
from codecompanion.router.scripted_server.replies import ScriptOver

Thinking = Generator[Reply, Asked, None]
MakeBench = Callable[..., Any]
# what other plugins this machine's pytest has is none of the packages' business, and loading them is slow
NO_PLUGINS = "PYTEST_DISABLE_PLUGIN_AUTOLOAD"
KEY = "sk-scripted-0123456789abcdef"

# --- the packages ---


@dataclass(frozen=True)
class Package:
    """A pinned release whose archive carries its tests; ``top`` is the archive's one folder."""

    registry: str
    name: str
    version: str
    archive: str
    sha256: str
    top: str


PACKAGES = {
    # one module of 4,681 lines, its tests in a folder beside it
    "bottle": Package(
        "pip",
        "bottle",
        "0.13.4",
        "bottle-0.13.4.tar.gz",
        "787e78327e12b227938de02248333d788cfe45987edca735f8f88e03472c3f47",
        "bottle-0.13.4",
    ),
    # a package under src/, its tests for pytest in a folder of another name
    "iniconfig": Package(
        "pip",
        "iniconfig",
        "2.3.1",
        "iniconfig-2.3.1.tar.gz",
        "67f4b9c50da0dedf52af349e7749a80a9057a5031199791b906c3bb3ae878960",
        "iniconfig-2.3.1",
    ),
    # a flat package with its tests, for unittest, inside it
    "shortuuid": Package(
        "pip",
        "shortuuid",
        "1.0.13",
        "shortuuid-1.0.13.tar.gz",
        "3bb9cf07f606260584b1df46399c0b87dd84773e7b25912b7e391e30797c5e72",
        "shortuuid-1.0.13",
    ),
    # JavaScript, its tests for node's own runner
    "@fastify/error": Package(
        "npm",
        "@fastify/error",
        "4.2.1",
        "fastify-error-4.2.1.tgz",
        "a11e7577f97eb35330f835e7cc0e465f810c5ac87ab8043be01049fcc5caf233",
        "package",
    ),
}

# While it downloads a source archive pip wants its metadata, and would run the archive's own set-up code for
# it. This build backend hands out the metadata that lies in the archive: nothing of the package runs outside
# the sandbox, and no build tools are needed.
BACKEND = """
import pathlib, shutil, sys
from email.parser import HeaderParser

def prepare_metadata_for_build_wheel(folder, config_settings=None):
    told = HeaderParser().parsestr(pathlib.Path("PKG-INFO").read_text("utf-8"))
    info = pathlib.Path(folder, f"{told['Name']}-{told['Version']}.dist-info")
    info.mkdir()
    shutil.copy("PKG-INFO", info / "METADATA")
    return info.name

def build_wheel(*_, **__):
    raise NotImplementedError

__legacy__ = sys.modules[__name__]
"""
BACKEND_NAMES = ("setuptools/build_meta.py", "poetry/core/masonry/api.py")


def _download(package: Package, folder: Path) -> None:
    if package.registry == "npm":
        command = ["npm", "pack", f"{package.name}@{package.version}", "--ignore-scripts", "--silent"]
        subprocess.run([*command, f"--pack-destination={folder}"], check=True)
        return
    for name in BACKEND_NAMES:
        module = folder / "backend" / name
        module.parent.mkdir(parents=True)
        module.write_text(BACKEND)
        for above in module.relative_to(folder / "backend").parents[:-1]:
            # without it the real package of this name, if it is installed, would be found first
            (folder / "backend" / above / "__init__.py").touch()
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary=:all:"]
    subprocess.run(
        [*command, "--no-build-isolation", "--use-pep517", f"--dest={folder}", f"--requirement={wanted}"],
        env={**os.environ, "PYTHONPATH": str(folder / "backend")},
        check=True,
    )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def packages() -> list[Package]:
    """Return the releases that are used."""
    return list(PACKAGES.values())


@pytest.fixture
def unpack(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Path]:
    """Return the folder of a package's unpacked archive, fetched once and then kept in pytest's cache."""
    cache = request.config.cache.mkdir("real-packages")

    def make(name: str) -> Path:
        package = PACKAGES[name]
        archive = cache / package.archive
        if not (archive.exists() and _sha256(archive) == package.sha256):
            with tempfile.TemporaryDirectory(dir=cache) as fetched:
                _download(package, Path(fetched))
                # in one step: another test process may be fetching the same
                Path(fetched, package.archive).replace(archive)
        assert _sha256(archive) == package.sha256
        with tarfile.open(archive) as unpacked:
            unpacked.extractall(tmp_path, filter="data")
        return tmp_path / package.top

    return make


# --- the engine ---


class Mind:
    """A scripted model that reads before it answers: a generator that is sent requests and yields replies.

    ``looks`` are the tool calls it made. What goes wrong in it is kept for ``check``, not lost in the server.
    With ``by_schema`` it knows no tool calls and says each step as JSON.
    """

    def __init__(self, think: Callable[[Asked], Thinking], *, by_schema: bool) -> None:
        self._think = think
        self._by_schema = by_schema
        self._thinking: Thinking | None = None
        self._fault: Exception | None = None
        self.looks: list[ToolCall] = []

    def __call__(self, asked: Asked) -> Reply:
        if self._fault is None:
            try:
                return self._said(self._next(asked))
            except StopIteration:
                self._fault = AssertionError(f"asked once more than expected: {asked.text[-2000:]}")
            except Exception as error:  # noqa: BLE001 - raised again by `check`
                self._fault = error
        raise ScriptOver(f"the script broke off: {self._fault}")

    def _next(self, asked: Asked) -> Reply:
        if self._thinking is None:
            self._thinking = self._think(asked)
            return next(self._thinking)
        return self._thinking.send(asked)

    def _said(self, reply: Reply) -> Reply:
        self.looks += reply.tool_calls
        if not self._by_schema:
            return reply
        calls = [{"tool": call.name, "arguments": call.arguments} for call in reply.tool_calls]
        (step,) = calls or [{"answer": reply.text}]
        return Reply(text=json.dumps({"step": step}))

    def check(self) -> None:
        """Raise what went wrong; demand that the script was gone through to its end."""
        if self._fault:
            raise self._fault
        assert self._thinking is not None, "no model was asked"
        assert next(self._thinking, None) is None, "the run ended before the script did"


def _router(wire: str, server: ScriptedServer) -> RouterConfig:
    """Return settings with which every role uses the scripted server over one client."""
    provider = "openai" if wire in ("chat", "responses") else wire.partition(" ")[0]
    models = dict.fromkeys(Role, f"{provider}/scripted")
    match provider:
        case "openai":
            openai = OpenAIConfig(api_key=KEY, base_url=server.openai_url, wire=wire)
            return RouterConfig(openai=openai, models=models)
        case "anthropic":
            return RouterConfig(anthropic=ProviderConfig(api_key=KEY, base_url=server.url), models=models)
        case _:
            local = LocalConfig(api_key=KEY, base_url=server.openai_url, native_tools=wire == "local")
            return RouterConfig(local=local, models=models)


class Bench:
    """An engine as the product puts it together, on the folder of one package."""

    def __init__(self, root: Path, mind: Mind, server: ScriptedServer, parts: Parts) -> None:
        self.root = root
        self.mind = mind
        self.server = server
        self.tests = parts.tests
        self.view = parts.view
        self.store = parts.store
        self.engine = Engine(parts, clock=time.time)

    async def run(self, kind: str, request: str = "", **more: Any) -> RunStatus:
        """Return how a run ended; every one of its model calls was made once, and is in the log."""
        order = {"kind": kind, "request": request, "workspace": str(self.root), **more}
        status = await self.engine.wait(await self.engine.start(RunOrder.model_validate(order)))
        self.mind.check()
        return status

    async def events(self, status: RunStatus, name: str) -> list[Any]:
        """Return the run's events of one type."""
        return [one.body for one in await self.store.read(status.run_id) if one.body.event == name]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> MakeBench:
    """Return a maker of engines over a wire; ``sink`` and ``buffers`` stand in for an editor."""
    monkeypatch.setenv(NO_PLUGINS, "1")

    @asynccontextmanager
    async def make(
        root: Path,
        think: Callable[[Asked], Thinking],
        *,
        wire: str,
        test_command: tuple[str, ...] | None = None,
        buffers: Callable[[], Mapping[str, str]] = dict,
        sink: EditSink | None = None,
    ) -> AsyncIterator[Bench]:
        mind = Mind(think, by_schema=wire == "local by schema")
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(ScriptedServer(mind, keys=[KEY]))
            gateway = build_gateway(_router(wire, server), Templates())
            stack.push_async_callback(gateway.close)
            store = await SqliteEventStore.open(root / ".orchestra", time.time)
            stack.push_async_callback(store.close)
            tests = ProjectTests(
                test_command=test_command, seconds=120, keep_variables=[NO_PLUGINS], consent=ConsentGiven()
            )
            stack.push_async_callback(tests.close)
            view = Workspace(root, buffers)
            parts = Parts(store, MemoryBus(), gateway, view, sink or DiskEdits(root), tests)
            made = Bench(root, mind, server, parts)
            stack.push_async_callback(made.engine.close)
            yield made

    return make

"""A fleet on this machine: a real Redis, real workers, and a scripted provider that counts what is paid."""

import asyncio
import json
import logging
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from redis import Redis

from benchmarks.own_redis import OwnRedis
from codecompanion.contracts.events import Event, Recorded
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.status import RunStatus
from codecompanion.memory.database import open_database
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.memory.records.project_records import SqliteProjectRecords
from codecompanion.orchestra.engine import Engine
from codecompanion.orchestra.replay.story import sentence
from codecompanion.router.scripted_server import Asked, Reply, ScriptedServer
from codecompanion.server.bootstrap import engine_on_disk, pausing_while_away
from codecompanion.server.settings.model import Settings
from codecompanion.server.transport import Transport, open_transport

log = logging.getLogger(__name__)

KEY = "sk-scripted-0123456789abcdef"
FILES = ("one.py", "two.py", "three.py")
TESTS = "test_all.py"
CLI = ("-m", "codecompanion.server.cli")
HASTY = Path(__file__).with_name("hasty_worker.py")


@pytest.fixture
def redis() -> Iterator[OwnRedis]:
    """A durable server of the test's own: it may be stopped, killed, paused and flushed."""
    with OwnRedis(durable=True) as server:
        yield server


def plan(files: Sequence[str] = FILES) -> str:
    """Return a plan of independent tasks, one a file, and tests after them."""
    tasks = [
        {
            "id": name.removesuffix(".py"),
            "title": f"write {name}",
            "role": "CodeGenerator",
            "files": [name],
            "acceptance": ["it exists"],
        }
        for name in files
    ]
    tests = {
        "id": "tests",
        "title": f"write {TESTS}",
        "role": "TestWriter",
        "files": [TESTS],
        "acceptance": ["they pass"],
        "dependsOn": [task["id"] for task in tasks],
    }
    tasks.append(tests)
    return json.dumps({"summary": "some parts", "complexity": {"level": "small"}, "tasks": tasks})


def model(
    files: Sequence[str] = FILES, *, seconds: float = 0.0, pace: float | None = None
) -> Callable[[Asked], Reply]:
    """Return a model that plans those files and writes each one; the debugger finds nothing to mend."""

    def reply(asked: Asked) -> Reply:
        if "You are the ProjectManager" in asked.system:
            return Reply(text=plan(files), first_token_after=min(seconds, 0.2))
        if "You are the TestWriter" in asked.system:
            return Reply(
                text=f"Here.\n\nFILE: {TESTS}\n```python\ndef test_one():\n    assert 1 + 1 == 2\n```\n"
            )
        said = " ".join(asked.texts)
        name = next(name for name in re.findall(r"write (\w+\.py)", said) if name in files)
        lines = "\n".join(f"VALUE_{number} = {number}" for number in range(12))
        text = f"Here it is.\n\nFILE: {name}\n```python\n{lines}\n```\n"
        return Reply(text=text, first_token_after=seconds, tokens_per_second=pace)

    return reply


@asynccontextmanager
async def provider(reply: Callable[[Asked], Reply]) -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer(reply, keys=[KEY]) as server:
        yield server


class WorkerProcess:
    """One `orchestra worker` as a person starts it."""

    def __init__(self, process: asyncio.subprocess.Process, name: str) -> None:
        self.process = process
        self.name = name

    async def until(self, text: str, seconds: float = 15.0) -> str:
        """Return the line of its standard error that holds ``text``."""
        assert self.process.stderr is not None
        async with asyncio.timeout(seconds):
            async for line in self.process.stderr:
                if text in (said := line.decode()):
                    return said
        raise AssertionError(f"{self.name} ended without saying {text!r}")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)

    async def end(self) -> int:
        """Ask it to end and return its exit code."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), 30)


class Fleet:
    """What a test starts, and what is stopped with it."""

    def __init__(self, redis: OwnRedis, provider: ScriptedServer, home: Path) -> None:
        self.redis = redis
        self.provider = provider
        self.home = home
        self._workers: list[WorkerProcess] = []

    def environ(self, **more: str) -> dict[str, str]:
        """Return a clean environment with the provider's key and nothing of this machine's settings."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home),
            "PYTHON_KEYRING_BACKEND": os.environ["PYTHON_KEYRING_BACKEND"],
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": self.provider.openai_url,
            **more,
        }

    async def worker(
        self, name: str, *more: str, environ: dict[str, str] | None = None, hasty: bool = False
    ) -> WorkerProcess:
        """Start a worker and return when it is ready; a hasty one is noticed sooner when it is killed."""
        program = (str(HASTY),) if hasty else (*CLI, "worker")
        words = ("--redis", self.redis.url, "--name", name, *more)
        process = await started(*program, *words, environ=environ or self.environ())
        worker = WorkerProcess(process, name)
        self._workers.append(worker)
        await worker.until("calls at once")
        return worker

    def redis_is_clean(self) -> bool:
        """Whether no call, no reply and no memory of a call is left: the log has it all."""
        with Redis(port=self.redis.port, decode_responses=True) as client:
            left = [
                key for key in client.keys("*") if ":reply:" in key or ":message:" in key or ":done:" in key
            ]
        return left == []

    async def close(self) -> None:
        for worker in self._workers:
            if worker.process.returncode is None:
                worker.kill()
            await worker.process.wait()
            worker.process._transport.close()  # type: ignore[attr-defined]


async def orchestra(*words: str, environ: dict[str, str]) -> asyncio.subprocess.Process:
    """Start the command line in a process of its own."""
    return await started(*CLI, *words, environ=environ)


async def started(*program: str, environ: dict[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        *program,
        env=environ,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


class Owner:
    """One owner of runs in this process: engine, log and folder; its model calls go to the fleet."""

    def __init__(self, engine: Engine, store: SqliteEventStore, folder: Path, transport: Transport) -> None:
        self.engine = engine
        self.store = store
        self.folder = folder
        self.transport = transport
        self.said: list[str] = []

    async def start(self, request: str = "some parts") -> str:
        order = RunOrder(kind="project", request=request, workspace=str(self.folder))
        return await self.engine.start(order)

    async def end(self, run_id: str, seconds: float = 60.0) -> RunStatus:
        return await asyncio.wait_for(self.engine.wait(run_id), seconds)

    async def recorded(self, run_id: str) -> list[Recorded]:
        return await self.store.read(run_id)

    async def events(self, run_id: str, name: str) -> list[Event]:
        return [one.body for one in await self.store.read(run_id) if one.body.event == name]

    async def until(self, run_id: str, true: Callable[[RunStatus], bool], seconds: float = 20.0) -> RunStatus:
        async with asyncio.timeout(seconds):
            while not true(status := self.engine.status(run_id)):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return status


@asynccontextmanager
async def owner(redis: OwnRedis, folder: Path, **settings: object) -> AsyncIterator[Owner]:
    chosen = Settings(
        redis_url=redis.url,
        deadline=60.0,
        sandbox="off",
        test_command=("true",),
        **settings,  # type: ignore[arg-type]
    )
    async with AsyncExitStack() as stack:
        transport = await open_transport(chosen.redis_url)
        stack.push_async_callback(transport.close)
        database = await open_database(folder / ".orchestra", time.time)
        store = SqliteEventStore(database, time.time)
        stack.push_async_callback(store.close)
        records = SqliteProjectRecords(database, time.time, sentence, log.warning)
        engine = await stack.enter_async_context(engine_on_disk(chosen, store, records, transport, folder))
        made = Owner(engine, store, folder, transport)
        await stack.enter_async_context(pausing_while_away(transport.bus, lambda: [engine], made.said.append))
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "workspace"
    made.mkdir()
    return made


@pytest.fixture
async def make_fleet(redis: OwnRedis, tmp_path: Path) -> AsyncIterator[Callable[..., object]]:
    """Start a provider and, around it, a fleet."""
    async with AsyncExitStack() as stack:

        async def make(reply: Callable[[Asked], Reply]) -> Fleet:
            server = await stack.enter_async_context(provider(reply))
            fleet = Fleet(redis, server, tmp_path)
            stack.push_async_callback(fleet.close)
            return fleet

        yield make


@pytest.fixture
def make_owner(redis: OwnRedis, folder: Path) -> Callable[..., object]:
    return lambda **settings: owner(redis, folder, **settings)


@pytest.fixture
def make_model() -> Callable[..., Callable[[Asked], Reply]]:
    return model


@pytest.fixture
def start_orchestra() -> Callable[..., object]:
    return orchestra

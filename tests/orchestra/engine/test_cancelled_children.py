"""Stopping one of two runs ends its model stream and its processes within a second, and none of the other's."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path

from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import ToolCall
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.ports import ModelGateway
from codecompanion.memory.memory_store import MemoryEventStore
from codecompanion.orchestra.bus.memory_bus import MemoryBus
from codecompanion.orchestra.engine import Engine, Parts
from codecompanion.orchestra.templates.library import Templates
from codecompanion.orchestra.verification.project_tests import ProjectTests
from codecompanion.orchestra.verification.sandbox import ProcessLimitsOnly
from codecompanion.orchestra.workspace.disk_edits import DiskEdits
from codecompanion.orchestra.workspace.view import Workspace
from codecompanion.router.config import LocalConfig, ModelRef, RouterConfig
from codecompanion.router.gateway import build_gateway
from codecompanion.router.scripted_server import Asked, Reply, ScriptedServer

HANGING_TESTS = '''\
import os
import pathlib
import subprocess
import sys
import time
import unittest

SLEEP = "import time; time.sleep(60)"
# the child's child lives in a session of its own, out of reach of its group's signals
CHILD = f"""
import subprocess, sys, time
p = subprocess.Popen([sys.executable, "-c", {SLEEP!r}], start_new_session=True)
print(p.pid, flush=True)
time.sleep(60)
"""


class T(unittest.TestCase):
    def test_hangs(self):
        child = subprocess.Popen([sys.executable, "-c", CHILD], stdout=subprocess.PIPE, text=True)
        pids = f"{os.getpid()} {child.pid} {child.stdout.readline().strip()}"
        note = pathlib.Path(PIDS, str(os.getpid()))
        note.with_suffix(".part").write_text(pids)
        note.with_suffix(".part").rename(note)
        time.sleep(60)
'''
PlanText = Callable[..., str]


def script(plan: str) -> Callable[[Asked], Reply]:
    """One agent streams without end, the other runs the tests, which hang."""

    def reply(asked: Asked) -> Reply:
        said = "\n".join(asked.texts)
        if "Your task: stream" in said:
            return Reply(text="word " * 10_000, tokens_per_second=50)
        if "Your task: look" in said:
            return Reply(tool_calls=(ToolCall(id="1", name="run_tests", arguments={}),))
        return Reply(text=plan)

    return reply


def trees(folder: Path) -> dict[str, list[int]]:
    """Return the process ids of each hanging test run, by the file that notes them."""
    noted = [file for file in folder.iterdir() if not file.suffix]
    return {file.name: [int(pid) for pid in file.read_text(encoding="utf-8").split()] for file in noted}


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


async def until(holds: Callable[[], bool], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - processes tell nobody
            await asyncio.sleep(0.01)


def engine_of(work: Path, pids: Path, gateway: ModelGateway) -> tuple[Engine, ProjectTests]:
    """Return an engine in a folder of its own, whose tests hang; a folder's test runs come one by one."""
    work.mkdir()
    (work / "test_it.py").write_text(f"PIDS = {json.dumps(str(pids))}\n{HANGING_TESTS}", encoding="utf-8")
    tests = ProjectTests(sandbox=ProcessLimitsOnly())
    parts = Parts(MemoryEventStore(time.time), MemoryBus(), gateway, Workspace(work), DiskEdits(work), tests)
    return Engine(parts, clock=time.time), tests


async def test_a_stop_reaches_every_child_of_its_run_and_no_other(tmp_path: Path, plan_text: PlanText) -> None:
    pids = tmp_path / "pids"
    pids.mkdir()
    plan = plan_text(
        ("stream", "CodeGenerator", ["s.py"], []),
        ("look", "CodeGenerator", ["l.py"], []),
        ("tests", "TestWriter", ["test_more.py"], ["stream", "look"]),
    )
    async with ScriptedServer(script(plan)) as server:
        local = LocalConfig(base_url=server.openai_url, model="m", native_tools=True)
        models = dict.fromkeys(Role, ModelRef("local", "m"))
        gateway = build_gateway(RouterConfig(local=local, models=models), Templates())
        made = [engine_of(tmp_path / name, pids, gateway) for name in ("one", "two")]
        try:
            runs, started = [], []
            for engine, _ in made:
                before = set(trees(pids))
                order = RunOrder(kind="project", request="two files", workspace=str(tmp_path))
                runs.append((engine, await engine.start(order)))
                await until(lambda: len(trees(pids)) == len(runs) == streaming(server))
                started += [tree for name, tree in trees(pids).items() if name not in before]
            (engine, run_id), (other, other_id) = runs
            asked = time.monotonic()
            await engine.stop(run_id)
            assert (await engine.wait(run_id)).phase == "stopped"
            await until(lambda: not any(map(alive, started[0])) and len(server.disconnects) == 1, 1)
            took = time.monotonic() - asked
            assert took < 1.0, f"{len(started[0])} processes and a stream took {took:.2f} s"
            await asyncio.sleep(0.2)
            assert all(map(alive, started[1]))
            assert len(server.disconnects) == 1
            assert other.status(other_id).phase == "working"
            await other.stop(other_id)
            await until(lambda: not any(map(alive, started[1])) and len(server.disconnects) == 2, 1)
        finally:
            for engine, tests in made:
                await engine.close()
                await tests.close()
            await gateway.close()


def streaming(server: ScriptedServer) -> int:
    return sum("Your task: stream" in "\n".join(asked.texts) for asked in server.requests)

"""Makes the stored histories of the release at hand: run once for a release, and keep what it made for good.

    cd /tmp && PATH=/usr/bin:/bin python …/tests/histories/record.py …/tests/data/histories/<release>

Every history is a whole database of that release's own making with what its own code says of the runs in it
(``expected.json``). The runs work in a folder whose name says nothing: its path becomes part of the log.
"""

import argparse
import asyncio
import gzip
import json
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import ToolCall
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.status import RunStatus
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.orchestra.agents.desk import AgentLimits
from codecompanion.orchestra.bus.memory_bus import MemoryBus
from codecompanion.orchestra.engine import Engine, Parts
from codecompanion.orchestra.runs.evolve import fold
from codecompanion.orchestra.runs.state import RunState
from codecompanion.orchestra.runs.status import status_of
from codecompanion.orchestra.templates.library import Templates
from codecompanion.orchestra.verification.project_tests import ProjectTests
from codecompanion.orchestra.verification.sandbox import ProcessLimitsOnly
from codecompanion.orchestra.workspace.disk_edits import DiskEdits
from codecompanion.orchestra.workspace.view import Workspace
from codecompanion.router.gateway import build_gateway
from codecompanion.router.scripted_client import Asked, Replies, Reply, ScriptedGateway
from codecompanion.router.scripted_server.faults import status
from codecompanion.server.settings.model import Settings
from codecompanion.server.settings.routing import router_config

GOOD = "FILE: calc.py\n```python\ndef add(a, b):\n    return a + b\n```\n"
BAD = GOOD.replace("a + b", "a - b")
TESTS = """FILE: test_calc.py
```python
import unittest

from calc import add


class AddTest(unittest.TestCase):
    def test_adds(self):
        self.assertEqual(add(1, 2), 3)

    def test_below_zero(self):
        self.assertEqual(add(-1, 1), 0)
```
"""
MEND = """It subtracted.

FILE: calc.py
<<<<<<< SEARCH
    return a - b
=======
    return a + b
>>>>>>> REPLACE
"""
NO_FIT = "FILE: calc.py\n<<<<<<< SEARCH\nnot there\n=======\nx = 1\n>>>>>>> REPLACE\n"
TASKS = (("code", "CodeGenerator", ["calc.py"], []), ("tests", "TestWriter", ["test_calc.py"], ["code"]))


class Recording:
    """One workspace folder and its log; ``engine`` may be had several times, one after the other."""

    def __init__(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.folder = folder

    @asynccontextmanager
    async def engine(self, replies: Replies | None = None) -> AsyncIterator[Engine]:
        """An engine on the real parts; without ``replies`` its model is the offline provider."""
        store = await SqliteEventStore.open(self.folder / ".orchestra", time.time)
        offline = build_gateway(router_config(Settings(offline=True)), Templates())
        gateway = offline if replies is None else ScriptedGateway(replies)
        tests = ProjectTests(sandbox=ProcessLimitsOnly())
        parts = Parts(store, MemoryBus(), gateway, Workspace(self.folder), DiskEdits(self.folder), tests)
        engine = Engine(parts, clock=time.time, limits=AgentLimits(deadline=20))
        try:
            yield engine
        finally:
            await engine.close()
            await tests.close()
            await offline.close()
            await store.close()

    def order(self, request: str, kind: str = "project", **more: Any) -> RunOrder:
        return RunOrder.model_validate(
            {"kind": kind, "request": request, "workspace": str(self.folder), **more}
        )

    async def expected(self) -> list[dict[str, Any]]:
        """Return what this release says of each run in the log."""
        store = await SqliteEventStore.open(self.folder / ".orchestra", time.time)
        try:
            histories = [await store.read(run_id) for run_id in await store.run_ids()]
        finally:
            await store.close()
        return [
            {"runId": one[0].run_id, **said_of(one[0].run_id, fold(r.body for r in one))} for one in histories
        ]

    def keep(self, target: Path) -> None:
        """Store the database, compressed."""
        database = self.folder / ".orchestra" / "orchestra.db"
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("VACUUM")
        target.write_bytes(gzip.compress(database.read_bytes(), mtime=0))


def said_of(run_id: str, state: RunState) -> dict[str, Any]:
    """Return what a person would be told of a run in this state, and what it would go on from."""
    said = status_of(run_id, state)
    return {
        "events": state.version,
        "phase": said.phase,
        "percent": said.percent,
        "summary": said.summary,
        "files": said.files,
        "failedEdits": said.failed_edits,
        "tests": [said.tests_passed, said.tests_failed],
        "tokens": [said.input_tokens, said.output_tokens],
        "cost": said.cost,
        "calls": state.spending.calls,
        "models": said.models,
        "tasks": {task.task_id: task.phase for task in said.tasks},
        "bases": dict(state.bases),
        "mode": state.order.mode if state.order else None,
    }


def plan_text() -> str:
    """A plan of two tasks as a model answers it."""
    tasks = [
        {
            "id": name,
            "title": name,
            "role": role,
            "files": files,
            "dependsOn": after,
            "acceptance": ["1 + 2 is 3"],
        }
        for name, role, files, after in TASKS
    ]
    return json.dumps({"summary": "an adder", "complexity": {"level": "small"}, "tasks": tasks})


def by_role(code: str, **timing: float) -> Callable[[Asked], Reply]:
    """Answer each role with its own text."""
    texts = {
        Role.PROJECT_MANAGER: plan_text(),
        Role.CODE_GENERATOR: code,
        Role.TEST_WRITER: TESTS,
        Role.DEBUGGER: MEND,
    }

    def reply(asked: Asked) -> Reply:
        assert asked.request is not None
        return Reply(text=texts[asked.request.role], **timing)

    return reply


async def _until(engine: Engine, run_id: str, true: Callable[[RunStatus], bool]) -> None:
    async with asyncio.timeout(30):
        while not true(engine.status(run_id)):  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def _until_event(engine: Engine, run_id: str, name: str) -> None:
    async for recorded in engine.watch(run_id):
        if recorded.body.event == name:
            return


async def api_service(recording: Recording) -> None:
    async with recording.engine() as engine:
        order = recording.order("a REST API for books with title, author and year", offline=True)
        await engine.wait(await engine.start(order))


async def web_app(recording: Recording) -> None:
    async with recording.engine() as engine:
        order = recording.order("a web app to keep a to-do list with due dates", offline=True)
        await engine.wait(await engine.start(order))


async def mended(recording: Recording) -> None:
    async with recording.engine(by_role(BAD)) as engine:
        await engine.wait(await engine.start(recording.order("an adder")))


async def stepwise(recording: Recording) -> None:
    async with recording.engine(by_role(GOOD)) as engine:
        run_id = await engine.start(recording.order("an adder", mode="stepwise"))
        for task in TASKS:
            await _until(engine, run_id, lambda s, name=task[0]: s.text.endswith(f": {name}"))
            await engine.next(run_id)
        await engine.wait(run_id)


async def paused_and_stopped(recording: Recording) -> None:
    async with recording.engine(by_role(GOOD, first_token_after=0.2)) as engine:
        run_id = await engine.start(recording.order("an adder"))
        await _until_event(engine, run_id, "plan_made")
        await engine.pause(run_id)
        await engine.resume(run_id)
        await _until_event(engine, run_id, "edit_settled")
        await engine.pause(run_id)
        await engine.stop(run_id)
        await engine.wait(run_id)


async def reopened(recording: Recording) -> None:
    async with recording.engine(by_role(GOOD, first_token_after=0.2)) as engine:
        run_id = await engine.start(recording.order("an adder"))
        await _until_event(engine, run_id, "edit_proposed")
    async with recording.engine(by_role(GOOD)) as engine:
        await engine.reopen(run_id)
        await engine.wait(run_id)


async def interrupted(recording: Recording) -> None:
    async with recording.engine(by_role(GOOD, first_token_after=0.2)) as engine:
        run_id = await engine.start(recording.order("an adder"))
        await _until_event(engine, run_id, "edit_settled")


async def failed(recording: Recording) -> None:
    (recording.folder / "calc.py").write_text("def add(a, b):\n    return a - b\n", encoding="utf-8")
    async with recording.engine([Reply(text=NO_FIT, times=None)]) as engine:
        order = recording.order("mend add", "change", place={"path": "calc.py"})
        await engine.wait(await engine.start(order))


async def no_answer(recording: Recording) -> None:
    (recording.folder / "calc.py").write_text("def add(a, b):\n    return a - b\n", encoding="utf-8")
    look = ToolCall(id="call-1", name="read_file", arguments={"path": "calc.py"})
    async with recording.engine([Reply(tool_calls=(look,)), Reply(fault=status(503))]) as engine:
        order = recording.order("mend add", "change", place={"path": "calc.py"})
        await engine.wait(await engine.start(order))


async def red_before(recording: Recording) -> None:
    (recording.folder / "calc.py").write_text("def add(a, b):\n    return a - b\n", encoding="utf-8")
    tests = TESTS.split("```python\n")[1].split("```", maxsplit=1)[0]
    (recording.folder / "test_calc.py").write_text(tests, encoding="utf-8")
    async with recording.engine([Reply(text="FILE: other.py\n```python\nVALUE = 1\n```\n")]) as engine:
        order = recording.order("add a constant to other.py", "change", place={"path": "other.py"})
        await engine.wait(await engine.start(order))


Scene = Callable[[Recording], Awaitable[None]]
SCENES: tuple[Scene, ...] = (
    api_service,
    web_app,
    mended,
    stepwise,
    paused_and_stopped,
    reopened,
    interrupted,
    failed,
    no_answer,
    red_before,
)


async def record(target: Path, workspace: Path, scenes: Sequence[Scene] = SCENES) -> None:
    """Play every scene in ``workspace`` and keep its database in ``target``."""
    target.mkdir(parents=True, exist_ok=True)
    expected = {}
    for scene in scenes:
        recording = Recording(workspace)
        await scene(recording)
        expected[scene.__name__] = await recording.expected()
        recording.keep(target / f"{scene.__name__}.db.gz")
    text = json.dumps(expected, indent=1, ensure_ascii=False)
    (target / "expected.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Record the histories of the release at hand.")
    parser.add_argument("target", type=Path)
    parser.add_argument("--workspace", type=Path, default=Path("/tmp/project"))
    arguments = parser.parse_args()
    asyncio.run(record(arguments.target, arguments.workspace))

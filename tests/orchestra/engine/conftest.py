"""An engine on a temporary folder: real log, bus, workspace, disk and test runs; only the model is scripted."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from codecompanion.contracts.consent import ConsentGiven
from codecompanion.contracts.events import Event
from codecompanion.contracts.messages import Role
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.status import RunStatus
from codecompanion.memory.memory_store import MemoryEventStore
from codecompanion.orchestra.agents.desk import AgentLimits
from codecompanion.orchestra.bus.memory_bus import MemoryBus
from codecompanion.orchestra.engine import Engine, Parts
from codecompanion.orchestra.verification.project_tests import ProjectTests
from codecompanion.orchestra.verification.sandbox import ProcessLimitsOnly
from codecompanion.orchestra.workspace.disk_edits import DiskEdits
from codecompanion.orchestra.workspace.view import Workspace
from codecompanion.router.scripted_client import Asked, Replies, Reply, ScriptedGateway


class Bench:
    """One engine, its folder and its scripted model."""

    def __init__(self, root: Path, replies: Replies, store: MemoryEventStore, **gateway: Any) -> None:
        self.root = root
        self.store = store
        self.gateway = ScriptedGateway(replies, **gateway)
        self.view = Workspace(root)
        self.tests = ProjectTests(sandbox=ProcessLimitsOnly(), consent=ConsentGiven())
        self.parts = Parts(store, MemoryBus(), self.gateway, self.view, DiskEdits(root), self.tests)
        self.engine = Engine(self.parts, clock=time.time, limits=AgentLimits(deadline=20))

    async def run(self, request: str, kind: str = "project", **more: Any) -> RunStatus:
        """Start a run and return how it ended."""
        return await self.engine.wait(await self.engine.start(self.order(request, kind, **more)))

    def order(self, request: str, kind: str = "project", **more: Any) -> RunOrder:
        return RunOrder.model_validate({"kind": kind, "request": request, "workspace": str(self.root), **more})

    async def events(self, run_id: str, name: str | None = None) -> list[Event]:
        """Return the run's events, or those of one type."""
        bodies = [recorded.body for recorded in await self.store.read(run_id)]
        return [body for body in bodies if name in (None, body.event)]

    async def until(self, run_id: str, true: Callable[[RunStatus], bool]) -> RunStatus:
        """Wait until the run's status is as wanted."""
        async with asyncio.timeout(10):
            while not true(status := self.engine.status(run_id)):  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        return status

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


MakeBench = Callable[..., Any]


class TwoFiles:
    """What a scripted model says to a request for two files, one after the other, and then their test."""

    TASKS = (
        ("a", "CodeGenerator", ["a.py"], []),
        ("b", "CodeGenerator", ["b.py"], ["a"]),
        ("tests", "TestWriter", ["test_it.py"], ["b"]),
    )
    TESTS = """FILE: test_it.py
```python
import unittest


class T(unittest.TestCase):
    def test_it(self):
        import a

        self.assertEqual(a.VALUE, 1)
```
"""

    def __init__(self, plan: str) -> None:
        self.plan = plan

    def script(self, *, plan: str = "", first_token_after: float = 0.0, **answers: Reply) -> Replies:
        """Return the replies; ``answers`` are those of single tasks, by their ids."""

        def reply(asked: Asked) -> Reply:
            assert asked.request is not None
            if asked.request.role is Role.PROJECT_MANAGER:
                return Reply(text=plan or self.plan)
            assert asked.request.brief is not None
            task = asked.request.brief.task
            assert task is not None
            code = f"FILE: {task.files[0]}\n```python\nVALUE = 1\n```\n"
            text = self.TESTS if task.role is Role.TEST_WRITER else code
            return answers.get(task.id) or Reply(text=text, first_token_after=first_token_after)

        return reply


@pytest.fixture
def bench(tmp_path: Path) -> MakeBench:
    """Return a maker of benches on one folder; the store of an earlier one may be handed to the next."""

    @asynccontextmanager
    async def make(
        replies: Replies, store: MemoryEventStore | None = None, **more: Any
    ) -> AsyncIterator[Bench]:
        made = Bench(tmp_path, replies, store or MemoryEventStore(time.time), **more)
        try:
            yield made
        finally:
            await made.engine.close()
            await made.tests.close()

    return make


@pytest.fixture
def plan_text() -> Callable[..., str]:
    """Return a writer of plans as a model answers them: ``(id, role, files, depends on)`` a task."""

    def write(*tasks: tuple[str, str, list[str], list[str]]) -> str:
        return json.dumps(
            {
                "summary": "as asked",
                "complexity": {"level": "small"},
                "tasks": [
                    {
                        "id": name,
                        "title": name,
                        "role": role,
                        "files": files,
                        "dependsOn": after,
                        "acceptance": ["add(1, 2) is 3", "add(-1, 1) is 0"],
                    }
                    for name, role, files, after in tasks
                ],
            }
        )

    return write


@pytest.fixture
def two_files(plan_text: Callable[..., str]) -> TwoFiles:
    """Return a scripted request for two files and their test."""
    return TwoFiles(plan_text(*TwoFiles.TASKS))

"""A recorded run: real engine, log, disk and tests; the model is scripted. And its events by hand."""

import asyncio
import hashlib
import json
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from codecompanion.contracts import events as e
from codecompanion.contracts.edits import EditOutcome, FileEdit
from codecompanion.memory.memory_store import MemoryEventStore
from codecompanion.orchestra.agents.desk import AgentLimits
from codecompanion.orchestra.bus.memory_bus import MemoryBus
from codecompanion.orchestra.engine import Engine, Parts
from codecompanion.orchestra.verification.project_tests import ProjectTests
from codecompanion.orchestra.verification.sandbox import ProcessLimitsOnly
from codecompanion.orchestra.workspace.disk_edits import DiskEdits
from codecompanion.orchestra.workspace.view import Workspace
from codecompanion.router.scripted_client import Asked, Reply, ScriptedGateway

BAD = "FILE: calc.py\n```python\ndef add(a, b):\n    return a - b\n```\n"
TESTS = (
    "FILE: test_calc.py\n```python\nimport unittest\n\nfrom calc import add\n\n\n"
    "class AddTest(unittest.TestCase):\n    def test_adds(self):\n        self.assertEqual(add(1, 2), 3)\n```\n"
)
MEND = (
    "It subtracted.\n\nFILE: calc.py\n<<<<<<< SEARCH\n    return a - b\n=======\n    return a + b\n"
    ">>>>>>> REPLACE\n"
)
PLAN = {
    "summary": "an adder",
    "complexity": {"level": "small"},
    "tasks": [
        {"id": "code", "title": "code", "role": "CodeGenerator", "files": ["calc.py"]},
        {
            "id": "tests",
            "title": "tests",
            "role": "TestWriter",
            "files": ["test_calc.py"],
            "dependsOn": ["code"],
            "acceptance": ["1 + 2 is 3"],
        },
    ],
}
ANSWERS = {
    "ProjectManager": json.dumps(PLAN),
    "CodeGenerator": BAD,
    "TestWriter": TESTS,
    "Debugger": MEND,
}


def answer(asked: Asked) -> Reply:
    assert asked.request is not None
    return Reply(text=ANSWERS[str(asked.request.role)])


class WatchedEdits(DiskEdits):
    """Notes what the files hold after each edit."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.after: dict[str, dict[str, str]] = {}
        self.folder = root

    async def push(self, edit_id: str, edit: FileEdit, label: str, base: str | None = None) -> EditOutcome:
        outcome = await super().push(edit_id, edit, label, base)
        self.after[edit_id] = {file.name: file.read_text("utf-8") for file in self.folder.glob("*.py")}
        return outcome

    async def settle(self, edit_ids: Collection[str]) -> list[EditOutcome]:
        return []


@dataclass
class RecordedRun:
    """``texts_after`` has the files' contents after each edit by its id."""

    history: list[e.Recorded]
    texts_after: dict[str, dict[str, str]]
    folder: Path


@pytest.fixture(scope="module")
def mended_run(tmp_path_factory: pytest.TempPathFactory) -> RecordedRun:
    """A run of four agents: planned, written wrong, tested, mended, green."""
    folder = tmp_path_factory.mktemp("adder")
    return asyncio.run(_record(folder))


async def _record(folder: Path) -> RecordedRun:
    store = MemoryEventStore(time.time)
    edits = WatchedEdits(folder)
    tests = ProjectTests(sandbox=ProcessLimitsOnly())
    parts = Parts(store, MemoryBus(), ScriptedGateway(answer), Workspace(folder), edits, tests)
    engine = Engine(parts, clock=time.time, limits=AgentLimits(deadline=20))
    try:
        order = e.RunOrder(kind="project", request="an adder", workspace=str(folder))
        run_id = await engine.start(order)
        status = await engine.wait(run_id)
        assert (status.phase, status.tests_passed) == ("done", 1), status
        return RecordedRun(await store.read(run_id), edits.after, folder)
    finally:
        await engine.close()
        await tests.close()


@dataclass
class Scroll:
    """Writes histories by hand: one global order, several streams; a second passes between two events."""

    events: list[e.Recorded] = field(default_factory=list)

    def add(self, stream: str, *bodies: e.Event) -> None:
        for body in bodies:
            count = sum(one.run_id == stream for one in self.events)
            position = len(self.events) + 1
            one = e.Recorded(
                run_id=stream,
                version=count + 1,
                position=position,
                at=1_000.0 + position,
                body=body,
                context=e.Context(correlation_id=stream),
            )
            self.events.append(one)

    def of(self, stream: str) -> list[e.Recorded]:
        return [one for one in self.events if one.run_id == stream]


@pytest.fixture
def scroll() -> Scroll:
    return Scroll()


@pytest.fixture
def sha() -> Callable[[str], str]:
    return lambda text: hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@pytest.fixture
def kept() -> Callable[[Iterable[str]], dict[str, str]]:
    """Return texts by their hash, as the blob store has them."""
    return lambda texts: {
        hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(): text for text in texts
    }

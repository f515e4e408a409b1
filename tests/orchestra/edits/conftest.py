"""A desk with a real log and disk, and answers that stream onto it."""

import itertools
import random
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from codecompanion.contracts import events as e
from codecompanion.contracts.consent import ConsentGiven
from codecompanion.contracts.messages import Role
from codecompanion.contracts.orders import RunOrder
from codecompanion.memory.memory_store import MemoryEventStore
from codecompanion.orchestra.agents.desk import Desk
from codecompanion.orchestra.agents.edit_stream import EditStream
from codecompanion.orchestra.bus.memory_bus import MemoryBus
from codecompanion.orchestra.merging.known_texts import KnownTexts
from codecompanion.orchestra.runs.log import RunLog
from codecompanion.orchestra.verification.project_tests import ProjectTests
from codecompanion.orchestra.verification.sandbox import ProcessLimitsOnly
from codecompanion.orchestra.workspace.disk_edits import DiskEdits
from codecompanion.orchestra.workspace.view import Workspace
from codecompanion.router.scripted_client import ScriptedGateway

TASK = "plan"


class Streams:
    """Streams answers of one task into a folder."""

    def __init__(self, root: Path, desk: Desk) -> None:
        self.root = root
        self.desk = desk
        self.known = KnownTexts()

    def write(self, path: str, text: str) -> None:
        """Write a file that the agent is shown."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
        self.known = KnownTexts({path: self.desk.view.read(path)})

    def read(self, path: str) -> str | None:
        return self.desk.view.read(path) if self.desk.view.exists(path) else None

    async def answer(self, reply: str, cuts: random.Random | None = None, **more: Any) -> EditStream:
        """Stream an answer, cut at random places, and return the stream once all of it has landed."""
        stream = EditStream(
            self.desk,
            role=Role.CODE_GENERATOR,
            task_id=TASK,
            on_landed=_nothing,
            on_writing=_nothing,
            known=self.known,
            **more,
        )
        at = 0
        while at < len(reply):
            size = cuts.choice((1, 3, 17, 80, 400, 3000)) if cuts else len(reply)
            stream.feed(reply[at : at + size])
            at += size
        stream.end()
        await stream.land()
        return stream


async def _nothing(*_: Any) -> None:
    pass


@pytest.fixture
async def streams(tmp_path: Path) -> AsyncIterator[Callable[[], Any]]:
    """Return a maker of folders, each with a task at work in it."""
    closing = []
    numbers = itertools.count()

    async def make() -> Streams:
        root = tmp_path / str(next(numbers))
        root.mkdir()
        order = RunOrder.model_validate({"kind": "change", "request": "x", "workspace": str(root)})
        store, bus = MemoryEventStore(time.time), MemoryBus()
        begun = [e.RunStarted(order=order), e.TaskStarted(task_id=TASK, role=Role.PROJECT_MANAGER)]
        await store.append("run", 0, begun)
        log, _ = await RunLog.open("run", store, bus)
        tests = ProjectTests(sandbox=ProcessLimitsOnly(), consent=ConsentGiven())
        closing.append(tests)
        ids = itertools.count()
        desk = Desk(
            order=order,
            log=log,
            gateway=ScriptedGateway([]),
            view=Workspace(root),
            sink=DiskEdits(root),
            tests=tests,
            gate=_nothing,
            admit=_nothing,
            ids=lambda kind: f"{kind}-{next(ids)}",
        )
        return Streams(root, desk)

    yield make
    for tests in closing:
        await tests.close()

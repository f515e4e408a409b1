"""A folder with real runs in its log, made by the offline provider through the real command line."""

import asyncio
import json
import os
import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from codecompanion.contracts import events as e
from codecompanion.contracts.edits import EditOutcome, WholeFile
from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import Usage
from codecompanion.contracts.plan import Complexity, Plan, PlanTask
from codecompanion.contracts.test_reports import TestReport
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.server import cli

PLAN = Plan(
    summary="an adder",
    complexity=Complexity(level="small"),
    tasks=(PlanTask(id="code", title="Write the adder", role=Role.CODE_GENERATOR, files=("calc.py",)),),
)
OLD, NEW = "def add(a, b):\n    return a - b\n", "def add(a, b):\n    return a + b\n"


def sha(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


def history(
    text: str = NEW, *, request: str = "an adder", base: str | None = OLD, open_: bool = False
) -> list[e.Event]:
    """Return the events of a small run that writes calc.py."""
    made = e.EditProposed(
        edit_id="e1",
        task_id="code",
        role=Role.CODE_GENERATOR,
        edit=WholeFile(path="calc.py", text=text),
        sha256=sha(text),
    )
    landed = EditOutcome(edit_id="e1", path="calc.py", state="confirmed", sha256=sha(text))
    asked = {"task_id": "code", "role": Role.CODE_GENERATOR}
    events: list[e.Event] = [
        e.RunStarted(order=e.RunOrder(kind="project", request=request, workspace="/w", offline=True)),
        e.PlanMade(plan=PLAN),
        e.TaskStarted(**asked),
        e.AgentAsked(**asked, text="write it"),
        e.ModelCallStarted(**asked, request_sha256="0" * 64),
        e.BaseKept(path="calc.py", text=base),
        made,
        e.EditSettled(outcome=landed),
        e.ModelAnswered(
            **asked,
            request_sha256="0" * 64,
            provider="local",
            model="m",
            text="FILE: calc.py",
            usage=Usage(input_tokens=10, output_tokens=5, cost=0.01),
        ),
        e.TaskFinished(task_id="code", summary="calc.py written"),
        e.TestsStarted(round=0),
        e.TestsRan(report=TestReport(command=("pytest",), ran=True, passed=2, exit_code=0), round=0),
    ]
    return events if open_ else [*events, e.RunFinished(outcome="done", summary="1 file written.")]


@dataclass
class Ran:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Folder:
    """A workspace whose log is written to by hand; ``runs`` runs the command line on it."""

    path: Path
    runs: Callable[..., Ran]
    clock: Callable[[], float] = time.time

    @property
    def data(self) -> Path:
        return self.path / ".orchestra"

    @asynccontextmanager
    async def store(self, clock: Callable[[], float] | None = None) -> Any:
        opened = await SqliteEventStore.open(self.data, clock or self.clock)
        try:
            yield opened
        finally:
            await opened.close()

    def add(self, run_id: str, events: list[e.Event], at: float | None = None) -> None:
        async def append() -> None:
            async with self.store((lambda: at) if at is not None else None) as store:
                await store.append(run_id, 0, events)

        asyncio.run(append())

    def read(self, run_id: str) -> list[e.Recorded]:
        async def read() -> list[e.Recorded]:
            async with self.store() as store:
                found: list[e.Recorded] = await store.read(run_id)
                return found

        return asyncio.run(read())

    def sql(self, statement: str) -> None:
        """Tamper with the database behind our back."""
        import sqlite3
        from contextlib import closing

        with closing(sqlite3.connect(self.data / "orchestra.db")) as connection:
            connection.execute(statement)
            connection.commit()


@pytest.fixture
def folder(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    logging_put_back: None,
) -> Folder:
    """An empty workspace, with a home and settings of its own."""
    workspace = tmp_path / "work"
    workspace.mkdir()
    home = tmp_path / "home"
    home.mkdir()
    for name in list(os.environ):
        if name.startswith("ORCHESTRA_") or name.endswith(("_API_KEY", "_BASE_URL")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setenv("ORCHESTRA_TRUSTED_FOLDERS", os.path.realpath(workspace))
    monkeypatch.chdir(workspace)

    def runs(*arguments: str) -> Ran:
        capsys.readouterr()
        code = cli.main(["runs", *arguments])
        return Ran(code, *capsys.readouterr())

    return Folder(workspace, runs)


@pytest.fixture
def small_run() -> Callable[..., list[e.Event]]:
    """The maker of small runs by hand."""
    return history

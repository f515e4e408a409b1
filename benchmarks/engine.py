"""The engine's own cost: a 12-task plan with a model that takes no time, and with one that takes a second."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from statistics import median

from benchmarks.table import Row, print_table

LEVELS = 4
WIDTH = 3
"""Twelve tasks: four levels of three; each waits for all of the level before."""


def plan() -> str:
    """Return the plan as a model would answer it."""
    tasks = []
    for level in range(LEVELS):
        before = [f"t{level - 1}{i}" for i in range(WIDTH)] if level else []
        for i in range(WIDTH):
            tests = level == LEVELS - 1 and i == WIDTH - 1
            name = f"test_t{level}{i}.py" if tests else f"t{level}{i}.py"
            tasks.append(
                {
                    "id": f"t{level}{i}",
                    "title": f"part {level}{i}",
                    "role": "TestWriter" if tests else "CodeGenerator",
                    "dependsOn": before,
                    "files": [name],
                    "acceptance": ["it exists"],
                }
            )
    return json.dumps({"summary": "twelve parts", "complexity": {"level": "large"}, "tasks": tasks})


async def measure(seconds_per_call: float) -> tuple[float, float]:
    """Run the plan once; returns the wall seconds without the test commands, and the peak resident MB."""
    from codecompanion.contracts.model_calls import Finished, ModelRequest, StreamPart, TextDelta, Usage
    from codecompanion.contracts.orders import RunOrder
    from codecompanion.contracts.test_reports import TestReport
    from codecompanion.memory.event_store import SqliteEventStore
    from codecompanion.orchestra.bus.memory_bus import MemoryBus
    from codecompanion.orchestra.engine import Engine, Parts
    from codecompanion.orchestra.workspace.disk_edits import DiskEdits
    from codecompanion.orchestra.workspace.view import Workspace

    class Model:
        """Answers with the plan, then with one file a task, after the given time."""

        def native_tools(self, request: ModelRequest) -> bool:
            return True

        async def stream(self, request: ModelRequest) -> AsyncGenerator[StreamPart, None]:
            await asyncio.sleep(seconds_per_call)
            task = request.brief.task if request.brief else None
            text = plan() if task is None else f"FILE: {task.files[0]}\n```python\nVALUE = 1\n```\n"
            yield TextDelta(text=text)
            yield Finished(provider="benchmark", model="none", usage=Usage(cost=0.0))

    class Green:
        """Stands for the test commands, whose time is not the engine's."""

        async def run(self, view: object, only: object = ()) -> TestReport:
            return TestReport(command=("true",), ran=True, passed=1, exit_code=0)

        async def confinement(self) -> str:
            return ""

    with tempfile.TemporaryDirectory() as folder:
        store = await SqliteEventStore.open(Path(folder) / ".orchestra", time.time)
        parts = Parts(store, MemoryBus(), Model(), Workspace(folder), DiskEdits(folder), Green())
        engine = Engine(parts, clock=time.time)
        started = time.perf_counter()
        run_id = await engine.start(RunOrder(kind="project", request="twelve parts", workspace=folder))
        status = await engine.wait(run_id)
        took = time.perf_counter() - started
        await engine.close()
        await store.close()
    if status.phase != "done" or len(status.files) != LEVELS * WIDTH:
        raise RuntimeError(f"the measured run did not do its work: {status.summary}")
    import resource

    return took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def _in_child(seconds: float) -> tuple[float, float]:
    """Measure in a process of its own, so that memory is that of one run."""
    code = f"import asyncio; from benchmarks.engine import measure; print(*asyncio.run(measure({seconds})))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    took, memory = done.stdout.split()[-2:]
    return float(took), float(memory)


def run() -> list[Row]:
    """Measure both; the plan call comes before the four levels, so the critical path is five calls."""
    overhead = median(_in_child(0.0)[0] for _ in range(5))
    slow = [_in_child(1.0) for _ in range(3)]
    took, memory = median(t for t, _ in slow), max(m for _, m in slow)
    path = 1.0 * (LEVELS + 1)
    print_table(
        "a 12-task plan, critical path 4 (and the call that plans)",
        ("model", "seconds", "of them the model's"),
        [("takes no time", f"{overhead:.3f}", "0"), ("1 s a call", f"{took:.3f}", f"{path:.0f}")],
    )
    return [
        Row("engine overhead of a 12-task plan", overhead * 1000, "≤", 600, " ms"),
        Row("12-task plan at 1 s a call, × critical path", took / path, "≤", 1.08),
        Row("resident at its peak in that run", memory, "≤", 200, " MB"),
    ]

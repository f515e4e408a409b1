"""What confinement costs a test run: the same command bare, and on each rung this machine holds."""

import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from benchmarks.table import Row, percentile, print_table
from codecompanion.orchestra.verification.bubblewrap import Bubblewrap
from codecompanion.orchestra.verification.ladder import choose_sandbox
from codecompanion.orchestra.verification.landlock import Landlock, kernel_has_landlock
from codecompanion.orchestra.verification.process import Bounds, run_process
from codecompanion.orchestra.verification.sandbox import Cell, Sandbox
from codecompanion.orchestra.verification.toolchains import own_python

ROUNDS = 30
MOST_OVER_BARE_MS = 40.0
PYTHON = own_python()
PROGRAM = (PYTHON.path, "-S", "-c", "pass")
ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


def run() -> list[Row]:
    """Measure, print and return the rows."""
    return asyncio.run(_measure())


async def _measure() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder).resolve()
        for name in ("ws", "copy", "scratch/tmp", "trial"):
            (base / name).mkdir(parents=True)
        cell = Cell(base / "ws", base / "copy", base / "scratch", tools=PYTHON.folders)
        chosen = await choose_sandbox(base / "trial")
        runs: dict[str, Callable[[], Awaitable[object]]] = {"bare": _bare}
        for sandbox in _rungs():
            runs[sandbox.rung.value] = lambda sandbox=sandbox: _confined(sandbox, cell)  # type: ignore[misc]
        times = await _in_turn(runs)
    medians = {name: percentile(values, 0.5) for name, values in times.items()}
    lines = [(name, f"{value:.1f}", f"{value - medians['bare']:.1f}") for name, value in medians.items()]
    print_table("a command that does nothing, ms (median)", ("rung", "takes", "over bare"), lines)
    print(f"  the rung chosen here: {chosen.rung.value}")
    if chosen.rung.value not in medians:
        return []
    over = medians[chosen.rung.value] - medians["bare"]
    return [Row(f"sandbox ({chosen.rung.value}) over a bare run", over, "≤", MOST_OVER_BARE_MS, " ms")]


def _rungs() -> list[Sandbox]:
    found: list[Sandbox] = []
    if sys.platform == "linux" and (program := shutil.which("bwrap")):
        found.append(Bubblewrap(program))
    if sys.platform == "linux" and kernel_has_landlock():
        found.append(Landlock(own_network=True))
    return found


async def _in_turn(runs: dict[str, Callable[[], Awaitable[object]]]) -> dict[str, list[float]]:
    """Time every way once a round, so that a slow moment of the machine counts for all."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, once in runs.items():
            started = time.perf_counter()
            await once()
            times[name].append((time.perf_counter() - started) * 1000)
    return times


async def _bare() -> None:
    process = await asyncio.create_subprocess_exec(*PROGRAM, env=ENVIRONMENT, stdout=asyncio.subprocess.PIPE)
    await process.communicate()


async def _confined(sandbox: Sandbox, cell: Cell) -> None:
    ended = await run_process(
        sandbox.wrap(PROGRAM, cell), cwd=str(cell.copy), environment=ENVIRONMENT, bounds=Bounds()
    )
    assert ended.exit_code == 0, ended.output

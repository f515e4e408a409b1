"""A server with finished runs does nothing when nothing is asked, and does not grow by what has passed."""

import asyncio
import os
import time
from pathlib import Path
from typing import Any

import pytest

BIG = {"tasks": 60, "seconds": 0}
PROGRESS_A_RUN = 300
WARM_UP = 150
"""Runs after which a further one takes no more room: until then ended ones are kept, and caches fill."""
REST = 0.012
"""The share of a core a server at rest may take: 1 %, and less than a tick of the clock in 2 seconds more."""

pytestmark = pytest.mark.needs("procfs")


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> float:
    """Megabytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


async def rehearse(editor: Any, times: int) -> int:
    """Let so many big rehearsals pass; returns how many events of progress the editor was sent."""
    progress = 0
    for _ in range(times):
        answer = await editor.command("simulateTask", BIG)
        await editor.ended(answer["runId"], 60)
        progress += len(editor.events("task_progressed"))
        # what the test itself keeps is not what is measured, though it slows it down
        editor.seen.clear()
        editor.at.clear()
    return progress


async def settle(editor: Any) -> None:
    """Wait for what is done once after a run: tables, a first backup, a folded log, tidying."""
    deadline = time.monotonic() + 40
    while True:
        status = await editor.command("dbStatus")
        if status["backups"] and not status["tablesBehind"]:
            break
        assert time.monotonic() < deadline
        await asyncio.sleep(0.5)
    while await share_of_a_core(editor, 2) > REST:
        assert time.monotonic() < deadline


async def share_of_a_core(editor: Any, seconds: float) -> float:
    begun, used = time.monotonic(), cpu_seconds(editor.process.pid)
    await asyncio.sleep(seconds)
    return (cpu_seconds(editor.process.pid) - used) / (time.monotonic() - begun)


@pytest.mark.slow
async def test_it_rests_after_a_run_and_keeps_its_size(start_editor: Any) -> None:
    editor = await start_editor()
    await rehearse(editor, 3)
    before = resident(editor.process.pid)
    assert await rehearse(editor, 5) == 5 * PROGRESS_A_RUN
    assert resident(editor.process.pid) - before < 8
    await settle(editor)


@pytest.mark.soak
async def test_it_rests_for_half_a_minute_and_does_not_grow_over_10_000_events(start_editor: Any) -> None:
    editor = await start_editor()
    await rehearse(editor, WARM_UP)
    before = resident(editor.process.pid)
    assert await rehearse(editor, 34) >= 10_000
    after = resident(editor.process.pid)
    await settle(editor)
    share = await share_of_a_core(editor, 30)
    assert after - before < 4, f"from {before:.1f} to {after:.1f} MB"
    assert share <= 0.01

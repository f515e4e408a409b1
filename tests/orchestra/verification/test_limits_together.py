"""What all processes of a run may take together: each alone stays within bounds, the family does not."""

import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from codecompanion.orchestra.verification.family import Family
from codecompanion.orchestra.verification.process import Bounds, Ended, run_process
from codecompanion.orchestra.verification.process_limits import ProcessLimits
from codecompanion.orchestra.verification.project_tests import ProjectTests
from codecompanion.orchestra.verification.sandbox import ProcessLimitsOnly
from codecompanion.orchestra.verification.together import Together, share_of_memory
from codecompanion.orchestra.verification.written import Written
from codecompanion.orchestra.workspace.view import Workspace

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of others' processes")

MB = 1 << 20
# a tree of processes: each holds its own memory, and starts the next one
TREE = """
import os, time
for depth in range(6):
    if os.fork():
        break
own = bytearray(os.urandom(1024) * 1024 * 30)
time.sleep(99)
"""


async def python(code: str, together: Together, limits: ProcessLimits | None = None, cwd: str = "/") -> Ended:
    return await run_process(
        (sys.executable, "-S", "-c", code),
        cwd=cwd,
        environment={"PATH": "/usr/bin:/bin"},
        bounds=Bounds(seconds=30, together=together, limits=limits or ProcessLimits()),
    )


async def test_a_tree_of_small_processes_that_is_big_together_is_ended() -> None:
    alone = ProcessLimits(data=100 * MB)
    ended = await python(TREE, Together(memory=150 * MB), alone)
    assert ended.exit_code is None
    assert ended.stopped == "used more than 150 MB of memory, all its processes together"


async def test_memory_that_processes_share_counts_once() -> None:
    code = (
        "import os, time\n"
        "own = bytearray(os.urandom(1024) * 1024 * 100)\n"
        "for _ in range(5):\n"
        "    if not os.fork(): time.sleep(0.7); os._exit(0)\n"
        "for _ in range(5): os.wait()\n"
    )
    ended = await python(code, Together(memory=300 * MB))
    assert (ended.exit_code, ended.stopped) == (0, "")


async def test_a_crowd_is_ended_also_when_a_thread_starts_it_and_parents_leave() -> None:
    """A child belongs to the thread that made it, and one whose parent is gone to nobody of the family."""
    code = (
        "import os, threading, time\n"
        "def daemon():\n"
        "    if not os.fork():\n"
        "        os.setsid()\n"
        "        if not os.fork(): time.sleep(99)\n"
        "        os._exit(0)\n"
        "def start():\n"
        "    for _ in range(10): daemon()\n"
        "    time.sleep(99)\n"
        "for _ in range(2): threading.Thread(target=start).start()\n"
    )
    ended = await python(code, Together(processes=15))
    assert (ended.exit_code, ended.stopped) == (None, "started more than 15 processes")


async def test_a_crowd_of_threads_is_ended() -> None:
    code = (
        "import threading, time\nfor _ in range(60): threading.Thread(target=time.sleep, args=(99,)).start()\n"
    )
    ended = await python(code, Together(threads=50))
    assert ended.stopped == "started more than 50 threads, in all its processes together"


@pytest.mark.parametrize("kept", ["named", "nameless"])
async def test_many_files_that_are_each_small_enough_end_the_run(tmp_path: Path, kept: str) -> None:
    hide = "    os.unlink(str(n))\n" if kept == "nameless" else ""
    code = (
        "import os, time\n"
        "held = []\n"
        "for n in range(8):\n"
        "    held.append(open(str(n), 'wb', buffering=0)); held[-1].write(os.urandom(4 << 20))\n"
        f"{hide}"
        "time.sleep(99)\n"
    )
    limits = ProcessLimits(file_size=5 * MB)
    ended = await python(code, Together(written=20 * MB, folders=(tmp_path,)), limits, str(tmp_path))
    assert (ended.exit_code, ended.stopped) == (None, "wrote more than 20 MB to the disk")


def test_what_was_there_before_and_what_others_wrote_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "before").write_bytes(os.urandom(3 * MB))
    started = time.time_ns()
    while (tmp_path / "before").stat().st_ctime_ns >= started:
        started = time.time_ns()
    free = [100 * MB]
    monkeypatch.setattr("codecompanion.orchestra.verification.written._free", lambda folder: free[0])
    written = Written((tmp_path,), 2 * MB, started)
    assert not written.is_too_much(())
    free[0] = 50 * MB
    assert not written.is_too_much(())
    (tmp_path / "now").write_bytes(os.urandom(3 * MB))
    assert not written.is_too_much(()), "no room went, so nothing is looked at"
    free[0] = 47 * MB
    assert written.is_too_much(())


def test_a_process_of_a_reused_id_is_no_member(tmp_path: Path) -> None:
    def process(pid: int, started: int, children: str = "") -> None:
        (tmp_path / f"{pid}/task/{pid}").mkdir(parents=True, exist_ok=True)
        fields = ["S", *["0"] * 16, "1", "0", str(started), "0", "5"]
        (tmp_path / f"{pid}/stat").write_text(f"{pid} (a) b)) {' '.join(fields)}")
        (tmp_path / f"{pid}/task/{pid}/children").write_text(children)

    process(1, started=10, children="2 3")
    process(2, started=11)
    process(3, started=12)
    family = Family(1, "mark", str(tmp_path))
    assert set(family.look(100)) == {1, 2, 3}
    process(1, started=10)
    process(2, started=99)
    assert set(family.look(100)) == {1, 3}
    assert len(family.look(1)) == 2


def test_the_most_is_a_share_of_what_the_machine_has() -> None:
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert 0 < share_of_memory() <= min(there, 16 << 30)


async def test_the_report_says_why_and_the_disk_is_free_again(project: Any, tmp_path: Path) -> None:
    code = "import time\ndef test_fill():\n    open('big', 'wb').write(b'x' * (30 << 20))\n    time.sleep(99)\n"
    tests = ProjectTests(parent=tmp_path, sandbox=ProcessLimitsOnly(), together=Together(written=10 * MB))
    report = await tests.run(Workspace(project({"test_big.py": code})))
    assert (report.green, report.failures) == (
        False,
        ("the tests were stopped: the command wrote more than 10 MB to the disk",),
    )
    assert list(tmp_path.glob("orchestra-shadow-*/copy/project/*")) != []
    assert list(tmp_path.glob("orchestra-shadow-*/copy/project/big")) == []
    await tests.close()

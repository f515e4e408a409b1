"""Seven attacks of a hostile test run on each rung that confines, by whoever runs this and by nobody."""

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from codecompanion.orchestra.verification import landlock_child
from codecompanion.orchestra.verification.bubblewrap import Bubblewrap
from codecompanion.orchestra.verification.landlock import Landlock
from codecompanion.orchestra.verification.process import Bounds, Ended, run_process
from codecompanion.orchestra.verification.sandbox import Cell, ProcessLimitsOnly, Sandbox
from codecompanion.orchestra.verification.together import Together

HOSTILE = Path(__file__).with_name("hostile_program.py")
PYTHON = "/usr/bin/python3"
NOBODY = 65534
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
USERS = pytest.mark.parametrize(
    "user", ["as it is", pytest.param("nobody", marks=pytest.mark.needs("setpriv"))]
)
RUNGS = pytest.mark.parametrize(
    "rung",
    [
        pytest.param("bubblewrap", marks=pytest.mark.needs("bwrap")),
        pytest.param("landlock", marks=pytest.mark.needs("landlock")),
        pytest.param("landlock with a network", marks=pytest.mark.needs("landlock", "own-network")),
    ],
)


@dataclass(frozen=True)
class Target:
    """A workspace, its copy, and around it what no test may reach; ``before`` starts a process as the user."""

    base: Path
    cell: Cell
    given: dict[str, object]
    before: tuple[str, ...]

    def sandbox(self, rung: str) -> Sandbox:
        if rung == "bubblewrap":
            return Bubblewrap(shutil.which("bwrap") or "bwrap")
        if rung == "none":
            return ProcessLimitsOnly()
        launcher = (PYTHON, "-I", "-S", str(self.base / "launcher.py"))
        return Landlock(launcher, own_network=rung == "landlock with a network")

    async def run(self, rung: str, *arguments: str, bounds: Bounds) -> Ended:
        argv = self.sandbox(rung).wrap((PYTHON, "-S", *arguments), self.cell)
        program = (shutil.which(self.before[0]) or "", *self.before[1:]) if self.before else ()
        return await run_process(
            (*program, shutil.which(argv[0]) or argv[0], *argv[1:]),
            cwd=str(self.cell.copy),
            environment={"PATH": "/usr/bin:/bin"},
            bounds=bounds,
        )


@pytest.fixture
def target(user: str) -> Iterator[Target]:
    """Make it where an ordinary user can reach it; pytest's own folders are root's alone."""
    base = Path(tempfile.mkdtemp(prefix="attacked-", dir="/tmp"))
    canary = f"canary-{secrets.token_hex(8)}"
    before = AS_NOBODY if user == "nobody" else ()
    for name in ("home/ws", "home/secrets", "shadow/copy/ws", "shadow/scratch/tmp"):
        (base / name).mkdir(parents=True)
    (base / "home/secrets/key").write_text("secret")
    shutil.copy(landlock_child.__file__, base / "launcher.py")
    shutil.copy(HOSTILE, base / "shadow/copy/ws/hostile.py")
    if before:
        for path in (base, *base.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
    cell = Cell(base / "home/ws", base / "shadow/copy/ws", base / "shadow/scratch")
    victim = [*before, PYTHON, "-S", "-c", f"import time; time.sleep(99) #{canary}"]
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, base)
        process = stack.enter_context(subprocess.Popen(victim, env={"SECRET": canary, "PATH": "/usr/bin:/bin"}))
        stack.callback(process.kill)
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        datagrams = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        datagrams.bind(listener.getsockname())
        datagrams.setblocking(False)
        for place in (str(base / "home/socket"), f"\0{base.name}"):
            server = stack.enter_context(socket.socket(socket.AF_UNIX))
            server.bind(place)
            server.listen()
        (base / "home/socket").chmod(0o777)
        given = {
            "secret": str(base / "home/secrets/key"),
            "outside": str(base / "home/ws/written"),
            "victim": process.pid,
            "canary": canary[::-1],
            "port": listener.getsockname()[1],
            "socket": str(base / "home/socket"),
            "name": base.name,
        }
        yield Target(base, cell, given, before)
        assert process.poll() is None, "the victim was killed"
        with pytest.raises(BlockingIOError):
            datagrams.recv(100)


async def attacks_on(target: Target, rung: str) -> tuple[dict[str, list[object]], bool]:
    """Return what got through by attack, and whether the daemon lives on."""
    ended = await target.run(rung, "hostile.py", json.dumps(target.given), bounds=Bounds(seconds=60))
    assert ended.exit_code == 0, ended.output.decode()
    beat = target.cell.copy / "beat"
    size = beat.stat().st_size
    await asyncio.sleep(0.3)
    return json.loads(ended.output), beat.stat().st_size > size


@RUNGS
@USERS
async def test_seven_of_seven_attacks_are_blocked(target: Target, rung: str, user: str) -> None:
    got_through, daemon_lives = await attacks_on(target, rung)
    assert len(got_through) == 7
    assert {name: what for name, what in got_through.items() if what} == {}
    assert not daemon_lives
    assert (target.base / "home/secrets/key").read_text() == "secret"
    assert list(target.cell.root.iterdir()) == []
    assert not any(Path(folder, "hostile").exists() for folder in ("/usr", "/etc", "/var/tmp"))


@pytest.mark.skipif(sys.platform != "linux", reason="a fork bomb needs fork")
@pytest.mark.parametrize("rung", ["none", pytest.param("bubblewrap", marks=pytest.mark.needs("bwrap"))])
@USERS
async def test_a_fork_bomb_is_ended(target: Target, rung: str, user: str) -> None:
    """The kernel's limit alone would not do: it counts for no administrator."""
    bomb = "import os, time\nwhile True:\n    try: os.fork()\n    except OSError: time.sleep(0.1)"
    ended = await target.run(rung, "-c", bomb, bounds=Bounds(seconds=30, together=Together(processes=40)))
    assert (ended.exit_code, ended.stopped) == (None, "started more than 40 processes")


@RUNGS
@USERS
async def test_a_tree_of_processes_that_takes_much_memory_together_is_ended(
    target: Target, rung: str, user: str
) -> None:
    tree = (
        "import os, time\nfor _ in range(5):\n if os.fork(): break\nown = bytearray(30 << 20)\ntime.sleep(99)"
    )
    ended = await target.run(rung, "-c", tree, bounds=Bounds(seconds=30, together=Together(memory=100 << 20)))
    assert ended.stopped == "used more than 100 MB of memory, all its processes together"

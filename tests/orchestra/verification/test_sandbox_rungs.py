"""What a confined process can see and touch; the commands really run."""

import asyncio
import contextlib
import shutil
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from codecompanion.orchestra.verification.bubblewrap import Bubblewrap
from codecompanion.orchestra.verification.ladder import choose_sandbox
from codecompanion.orchestra.verification.process import Bounds, Ended, run_process
from codecompanion.orchestra.verification.sandbox import Cell, ProcessLimitsOnly, Rung, Sandbox
from codecompanion.orchestra.verification.toolchains import own_python

PYTHON = own_python()


@pytest.fixture
def cell(tmp_path: Path) -> Cell:
    for name in ("home/ws/node_modules/x", "home/secrets", "shadow/copy/ws", "shadow/scratch/tmp"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "home/ws/real.py").write_text("real")
    (tmp_path / "home/ws/node_modules/x/index.js").write_text("installed")
    (tmp_path / "home/secrets/key").write_text("secret")
    (tmp_path / "shadow/copy/ws/real.py").write_text("copy")
    return Cell(
        root=tmp_path / "home/ws",
        copy=tmp_path / "shadow/copy/ws",
        scratch=tmp_path / "shadow/scratch",
        dependencies=("node_modules",),
        tools=PYTHON.folders,
    )


async def run(sandbox: Sandbox, cell: Cell, code: str) -> Ended:
    return await run_process(
        sandbox.wrap((PYTHON.path, "-S", "-c", code), cell),
        cwd=str(cell.copy),
        environment={"PATH": "/usr/bin:/bin", "TMPDIR": sandbox.temporary(cell)},
        bounds=Bounds(seconds=20),
    )


@pytest.fixture
def bubblewrap() -> Bubblewrap:
    return Bubblewrap(shutil.which("bwrap") or "bwrap")


async def test_where_nothing_holds_each_run_is_asked_for(tmp_path: Path) -> None:
    sandbox = await choose_sandbox(tmp_path, find=lambda name: None, has_landlock=lambda: False)
    assert sandbox.rung is Rung.ASKING
    assert "your own rights" in sandbox.rung.meaning
    for platform in ("darwin", "win32"):
        assert (await choose_sandbox(tmp_path, platform=platform)).rung is Rung.ASKING


async def test_a_bubblewrap_that_does_not_hold_here_is_not_chosen(tmp_path: Path) -> None:
    broken, leaky = tmp_path / "bwrap", tmp_path / "leaky"
    broken.write_text("#!/bin/sh\necho 'No permissions to create new namespace' >&2\nexit 1\n")
    # runs what it is given and confines nothing
    leaky.write_text('#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done; shift; exec "$@"\n')
    for program in (broken, leaky):
        program.chmod(0o755)
    for name in (broken, leaky, tmp_path / "gone"):
        sandbox = await choose_sandbox(
            tmp_path, find=lambda _, name=name: str(name), has_landlock=lambda: False
        )
        assert sandbox.rung is Rung.ASKING


@pytest.mark.needs("landlock")
async def test_the_kernel_itself_steps_in_for_bubblewrap(tmp_path: Path) -> None:
    sandbox = await choose_sandbox(tmp_path, find=lambda name: None)
    assert sandbox.rung is Rung.LANDLOCK
    assert "no network but one of their own" in sandbox.rung.meaning
    assert list(tmp_path.iterdir()) == []


@pytest.mark.needs("bwrap")
async def test_bubblewrap_is_chosen_where_it_works(tmp_path: Path) -> None:
    sandbox = await choose_sandbox(tmp_path)
    assert sandbox.rung is Rung.BUBBLEWRAP
    assert "no network" in sandbox.rung.meaning


async def test_the_lowest_rung_runs_in_the_copy(cell: Cell) -> None:
    ended = await run(ProcessLimitsOnly(), cell, "print(open('real.py').read())")
    assert ended.output == b"copy\n"


@pytest.mark.needs("bwrap")
async def test_the_copy_stands_in_the_workspaces_place(cell: Cell, bubblewrap: Bubblewrap) -> None:
    code = f"import os; print(os.getcwd(), open({str(cell.root / 'real.py')!r}).read(), sep='\\n')"
    ended = await run(bubblewrap, cell, code)
    assert ended.output.decode().splitlines() == [str(cell.root), "copy"]


@pytest.mark.needs("bwrap")
async def test_a_test_cannot_write_the_real_workspace(cell: Cell, bubblewrap: Bubblewrap) -> None:
    code = (
        f"open({str(cell.root / 'real.py')!r}, 'w').write('spoilt'); open('new.py', 'w').write('new')\n"
        f"for path in ({str(cell.root / 'node_modules/x/index.js')!r}, '/usr/spoilt', '/etc/passwd'):\n"
        f"    try: open(path, 'w'); print('wrote', path)\n"
        f"    except OSError as error: print(error.strerror)\n"
        f"import os; os.listdir('node_modules'); print(open('node_modules/x/index.js').read())"
    )
    ended = await run(bubblewrap, cell, code)
    assert ended.output.decode().splitlines() == ["Read-only file system"] * 3 + ["installed"]
    assert (cell.root / "real.py").read_text() == "real"
    assert (cell.root / "node_modules/x/index.js").read_text() == "installed"
    assert not (cell.root / "new.py").exists()
    assert (cell.copy / "real.py").read_text() == "spoilt"
    assert (cell.copy / "new.py").read_text() == "new"


@pytest.mark.needs("bwrap")
async def test_a_test_sees_nothing_else_of_the_user(cell: Cell, bubblewrap: Bubblewrap, tmp_path: Path) -> None:
    paths = [tmp_path / "home/secrets/key", Path.home() / ".ssh", Path("/etc/shadow"), Path("/etc/ssl/private")]
    code = (
        f"import os\nprint([path for path in {list(map(str, paths))!r} if os.path.exists(path)])\n"
        f"print(os.listdir({str(tmp_path / 'home')!r}), sum(map(str.isdigit, os.listdir('/proc'))) < 5)\n"
        f"print('HOME' in os.environ, os.listdir('/tmp'))"
    )
    lines = (await run(bubblewrap, cell, code)).output.decode().splitlines()
    assert lines[0] == "[]"
    assert lines[1] == "['ws'] True"
    assert lines[2].startswith("False")


@pytest.fixture
def listener() -> Iterator[int]:
    """A server of the machine's, outside the sandbox."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server.getsockname()[1]


@pytest.mark.needs("bwrap")
async def test_a_test_reaches_its_own_servers_but_nothing_outside(
    cell: Cell, bubblewrap: Bubblewrap, listener: int
) -> None:
    code = (
        "import socket\n"
        "own = socket.create_server(('127.0.0.1', 0))\n"
        "socket.create_connection(own.getsockname(), timeout=2).sendall(b'x')\n"
        "print(own.accept()[0].recv(1))\n"
        f"for place in (('127.0.0.1', {listener}), ('192.0.2.1', 80), ('8.8.8.8', 53)):\n"
        "    try: socket.create_connection(place, timeout=2); print('reached', place)\n"
        "    except OSError as error: print('refused')\n"
    )
    assert (await run(bubblewrap, cell, code)).output.decode().splitlines() == ["b'x'", *["refused"] * 3]


@pytest.mark.needs("bwrap")
@pytest.mark.parametrize("tool", ["home/ws/tool", "home"])
async def test_tools_inside_and_around_the_workspace_do_not_hide_it(
    cell: Cell, bubblewrap: Bubblewrap, tmp_path: Path, tool: str
) -> None:
    (tmp_path / tool / "bin").mkdir(parents=True)
    (tmp_path / tool / "bin/x").write_text("a tool")
    wider = replace(cell, tools=(*cell.tools, tmp_path / tool))
    code = f"print(open('real.py').read(), open({str(tmp_path / tool / 'bin/x')!r}).read())"
    assert (await run(bubblewrap, wider, code)).output == b"copy a tool\n"


@pytest.mark.needs("bwrap")
async def test_temporary_files_and_shared_memory_work(cell: Cell, bubblewrap: Bubblewrap) -> None:
    code = (
        "import multiprocessing, os, socket, tempfile\n"
        "with tempfile.NamedTemporaryFile() as file: print(file.name.startswith('/tmp/'))\n"
        "multiprocessing.Lock()\n"
        "socket.socket(socket.AF_UNIX).bind('/tmp/socket')\n"
        "open('/tmp/left', 'w').close()"
    )
    ended = await run(bubblewrap, cell, code)
    assert (ended.exit_code, ended.output) == (0, b"True\n")
    assert (cell.temporary / "left").exists()


@pytest.mark.needs("bwrap")
async def test_nothing_but_a_little_shared_memory_can_be_filled(cell: Cell, bubblewrap: Bubblewrap) -> None:
    """What lies in memory and belongs to no process would count for none."""
    code = (
        "import os\n"
        "for path in ('/new', '/dev/new', '/home/new', '/etc/new'):\n"
        "    try: open(path, 'w'); print('wrote', path)\n"
        "    except OSError: pass\n"
        "there = os.statvfs('/dev/shm'); print(there.f_blocks * there.f_frsize >> 20)\n"
        "open('/dev/shm/a', 'w').write('x'); open('/dev/null', 'w').write('x')"
    )
    ended = await run(bubblewrap, cell, code)
    assert (ended.exit_code, ended.output) == (0, b"1024\n")


@pytest.mark.needs("bwrap")
async def test_no_privilege_is_left_and_no_new_one_gained(cell: Cell, bubblewrap: Bubblewrap) -> None:
    code = "print([l.split()[1] for l in open('/proc/self/status') if l.startswith(('CapEff', 'NoNewPrivs'))])"
    assert (await run(bubblewrap, cell, code)).output == b"['0000000000000000', '1']\n"


@pytest.mark.needs("bwrap")
async def test_daemons_die_with_a_cancelled_run(cell: Cell, bubblewrap: Bubblewrap) -> None:
    code = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid(); os.environ.clear()\n"
        "    while True: open('alive', 'w').close(); time.sleep(0.01)\n"
        "time.sleep(99)"
    )
    running = asyncio.create_task(run(bubblewrap, cell, code))
    for _ in range(1_000):
        await asyncio.sleep(0.01)
        if (cell.copy / "alive").exists():
            break
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    (cell.copy / "alive").unlink(missing_ok=True)
    await asyncio.sleep(0.2)
    assert not (cell.copy / "alive").exists()

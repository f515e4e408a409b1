"""Running commands: real processes, ended with all they started."""

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from codecompanion.orchestra.verification.process import Bounds, Ended, run_process
from codecompanion.orchestra.verification.process_limits import ProcessLimits

PYTHON = sys.executable
ENVIRONMENT = {"PATH": "/usr/bin:/bin"}
# starts children in its group, in their own session, and orphaned; all ignore the request to end
FAMILY = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(99)"
sleeper = [sys.executable, "-S", "-c", deaf]
pids = [subprocess.Popen(sleeper).pid, subprocess.Popen(sleeper, start_new_session=True).pid]
middle = os.fork()
if not middle:
    os.setsid()
    orphan = subprocess.Popen(sleeper)
    print(orphan.pid, flush=True)
    os._exit(0)
os.waitpid(middle, 0)
print(os.getpid(), *pids, flush=True)
"""


async def python(code: str, bounds: Bounds | None = None, cwd: str = "/") -> Ended:
    return await run_process(
        (PYTHON, "-S", "-c", code), cwd=cwd, environment=ENVIRONMENT, bounds=bounds or Bounds(seconds=20)
    )


def alive(pid: int) -> bool:
    """Whether the process runs: one that waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def until(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)


def stand_still_until(condition: Callable[[], bool]) -> None:
    """As ``until``, but with the loop stopped, so that what is starting gets no further than it is."""
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


async def test_output_exit_code_and_folder(tmp_path: Path) -> None:
    code = "import os, sys; print(os.getcwd()); print('err', file=sys.stderr); sys.exit(3)"
    ended = await python(code, cwd=str(tmp_path))
    assert sorted(ended.output.decode().split()) == sorted([str(tmp_path), "err"])
    assert (ended.exit_code, ended.stopped) == (3, "")
    assert 0 < ended.seconds < 20


async def test_input_is_empty_and_the_environment_is_the_given_one() -> None:
    code = "import os, sys; print(sys.stdin.read() == '', sorted(os.environ))"
    said = (await python(code)).output.decode()
    assert said.startswith("True")
    assert "PYTEST" not in said
    assert "HOME" not in said


async def test_arguments_are_never_read_by_a_shell(tmp_path: Path) -> None:
    argv = (PYTHON, "-S", "-c", "import sys; print(sys.argv[1:])", "$(touch x)", "; touch y", "`touch z`", "*")
    ended = await run_process(argv, cwd=str(tmp_path), environment=ENVIRONMENT, bounds=Bounds())
    assert ended.output.decode().strip() == "['$(touch x)', '; touch y', '`touch z`', '*']"
    assert list(tmp_path.iterdir()) == []


async def test_only_the_end_of_much_output_is_kept() -> None:
    ended = await python("import sys; sys.stdout.write('a' * 20_000_000 + 'END')", Bounds(seconds=20))
    assert ended.output == b"a" * (256_000 - 3) + b"END"
    assert ended.exit_code == 0


async def test_a_flood_of_output_is_stopped() -> None:
    ended = await python("while True: print('x' * 1000)", Bounds(seconds=20, most_output=3_000_000))
    assert ended.exit_code is None
    assert ended.stopped == "printed more than 3,000,000 bytes"


async def test_a_program_that_hangs_is_stopped_in_time() -> None:
    started = time.monotonic()
    ended = await python("print('before', flush=True); import time; time.sleep(99)", Bounds(seconds=0.5))
    assert time.monotonic() - started < 2
    assert ended == Ended(None, b"before\n", ended.seconds, "did not finish within 0.5 seconds")


async def test_a_time_out_kills_the_whole_family() -> None:
    started = time.monotonic()
    ended = await python(FAMILY + "time.sleep(99)", Bounds(seconds=2))
    assert time.monotonic() - started < 3.0
    pids = list(map(int, ended.output.split()))
    assert len(pids) == 4
    await until(lambda: not any(map(alive, pids)), 0.2)


async def test_what_outlives_the_program_is_killed_at_its_end() -> None:
    ended = await python(FAMILY)
    assert ended.exit_code == 0
    pids = list(map(int, ended.output.split()))
    assert len(pids) == 4
    await until(lambda: not any(map(alive, pids)), 0.2)


async def test_cancelling_kills_the_whole_family_within_a_second(tmp_path: Path) -> None:
    told = tmp_path / "pids"
    code = FAMILY.replace("print(", f"print(file=open({str(told)!r}, 'a'), *(").replace(
        ", flush=True)", ",), flush=True)"
    )
    running = asyncio.create_task(python(code + "time.sleep(99)"))
    await until(lambda: told.exists() and len(told.read_text().split()) == 4)
    pids = list(map(int, told.read_text().split()))
    assert all(map(alive, pids))
    started = time.monotonic()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await until(lambda: not any(map(alive, pids)), 1)
    assert time.monotonic() - started <= 1.0


@pytest.mark.parametrize("turns", range(1, 7))
async def test_cancelling_while_it_starts_kills_the_whole_family(tmp_path: Path, turns: int) -> None:
    # the sleeper holds the output open for as long as it lives
    argv = ("/bin/sh", "-c", "sleep 99 & echo $! > sleeper; wait")
    running = asyncio.create_task(
        run_process(argv, cwd=str(tmp_path), environment=ENVIRONMENT, bounds=Bounds())
    )
    for _ in range(turns):
        await asyncio.sleep(0)
    if turns > 1:
        stand_still_until((tmp_path / "sleeper").exists)
    running.cancel()
    done, _ = await asyncio.wait({running}, timeout=10)
    assert done
    assert running.cancelled()
    if (tmp_path / "sleeper").exists():
        pid = int((tmp_path / "sleeper").read_text())
        await until(lambda: not alive(pid), 1.0)


async def test_a_second_cancellation_does_not_spare_the_family(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    code = (
        f"import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"open({str(told)!r}, 'w').write(str(os.getpid()))\ntime.sleep(99)"
    )
    running = asyncio.create_task(python(code))
    await until(lambda: told.exists() and told.read_text() != "")
    running.cancel()
    await asyncio.sleep(0.05)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await until(lambda: not alive(int(told.read_text())), 0.5)


async def test_a_program_may_end_by_itself_when_asked(tmp_path: Path) -> None:
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('tidied up', flush=True), sys.exit(0)))\n"
        "print('ready', flush=True); time.sleep(99)"
    )
    ended = await python(code, Bounds(seconds=1))
    assert ended.output == b"ready\ntidied up\n"
    assert ended.exit_code is None


async def test_limits_hold_for_the_program_and_its_children(tmp_path: Path) -> None:
    limits = ProcessLimits(file_size=1_000, data=300 << 20, cpu_seconds=77)
    code = (
        "import os, resource, subprocess, sys\n"
        "names = ['RLIMIT_' + name for name in ('FSIZE', 'DATA', 'CPU', 'CORE')]\n"
        "show = 'import resource as r\\nfor n in %r: print(r.getrlimit(getattr(r, n))[0])' % names\n"
        "subprocess.run([sys.executable, '-S', '-c', show])\n"
        "try: open('big', 'wb', buffering=0).write(b'x' * 2_000)\n"
        "except OSError as error: print('too big')\n"
        "try: bytearray(400 << 20)\n"
        "except MemoryError: print('too much memory')\n"
    )
    ended = await python(code, Bounds(seconds=20, limits=limits), str(tmp_path))
    assert ended.output.decode().split()[:4] == ["1000", str(300 << 20), "77", "0"]
    assert (tmp_path / "big").stat().st_size <= 1_000
    assert "too much memory" in ended.output.decode()


async def test_a_program_that_is_not_there_ends_with_its_name() -> None:
    ended = await run_process(("/no/such/program",), cwd="/", environment=ENVIRONMENT, bounds=Bounds())
    assert ended.exit_code != 0
    assert b"No such file" in ended.output
    with pytest.raises(OSError, match="no/such/folder"):
        await run_process((PYTHON,), cwd="/no/such/folder", environment=ENVIRONMENT, bounds=Bounds())


async def test_many_at_once_do_not_mix_and_leave_no_descriptor_open() -> None:
    await python("print(1)")
    before = len(list(Path("/proc/self/fd").iterdir()))
    results = await asyncio.gather(*(python(f"print({n} * 1000)") for n in range(8)))
    assert [int(ended.output) for ended in results] == [n * 1000 for n in range(8)]
    await asyncio.sleep(0)
    assert len(list(Path("/proc/self/fd").iterdir())) == before

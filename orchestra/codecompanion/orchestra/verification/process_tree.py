"""Ending a process with everything it started, however far its descendants have moved away from it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

MARK_NAME: Final = "ORCHESTRA_RUN_MARK"
"""Environment variable by which the descendants of one run are known, even in a session of their own."""

_FIRST: Final = "1000"

# a process may start another between being seen and being killed
_MOST_ROUNDS = 10


def has_sessions(platform: str = sys.platform) -> bool:
    """Whether a child can be made the head of its own session, and so of its own process group."""
    return platform != "win32"


def creation_flags(platform: str = sys.platform) -> int:
    """Return what Windows wants to be told to make the child the head of its own process group."""
    return 0x00000200 if platform == "win32" else 0


def ask_to_end(pid: int, platform: str = sys.platform) -> None:
    """Ask the group headed by ``pid`` to end; Windows has no such request, there nothing is done."""
    if platform != "win32":
        _signal_group(pid, signal.SIGTERM)


def kill_all(pid: int, mark: str, platform: str = sys.platform) -> None:
    """Kill the group headed by ``pid`` and every process that carries ``mark``."""
    if platform == "win32":
        subprocess.run(taskkill_command(pid), check=False, capture_output=True, timeout=10)
        return
    for _ in range(_MOST_ROUNDS):
        _signal_group(pid, signal.SIGKILL)
        left = list(marked_processes(mark))
        for process in left:
            with suppress(OSError):
                os.kill(process, signal.SIGKILL)
        if not left:
            return


def taskkill_command(pid: int) -> list[str]:
    """Return the Windows command that ends a process and its children."""
    return ["taskkill", "/F", "/T", "/PID", str(pid)]


def marked_processes(mark: str, proc: Path = Path("/proc")) -> Iterator[int]:
    """Yield the live processes whose environment holds ``mark``; none where there is no ``/proc``."""
    wanted = f"{MARK_NAME}={mark}".encode()
    try:
        names = os.listdir(proc)  # noqa: PTH208  (a thousand entries, ten times faster than as paths)
    except OSError:
        return
    for name in names:
        if name.isdecimal():
            with suppress(OSError), open(f"{proc}/{name}/environ", "rb") as environ:  # noqa: PTH123
                if wanted in environ.read().split(b"\0"):
                    yield int(name)


def kill_this_first(pid: int, proc: Path = Path("/proc")) -> None:
    """Let the kernel, where it runs out of memory, end this process and what it starts before all others."""
    with suppress(OSError):
        (proc / str(pid) / "oom_score_adj").write_text(_FIRST)


def _signal_group(pid: int, kind: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, kind)

"""Ends the server when the editor that started it is gone and could not say so.

Each platform has its own question for "is this process alive"; they are small functions so that each can be
tested anywhere. A process id that is not alive at the start means nothing here (the editor is in another
container) and is not watched.
"""

import logging
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

POLL_SECONDS = 3.0

_SYNCHRONIZE = 0x00100000
_WAIT_TIMEOUT = 0x00000102


def alive_on_posix(pid: int, kill: Callable[[int, int], None] = os.kill) -> bool:
    """Return whether ``pid`` exists; a process of another user does."""
    try:
        kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    except OverflowError:  # larger than any process id
        return False
    return True


def alive_on_linux(pid: int, proc: Path = Path("/proc")) -> bool:
    """Return whether ``pid`` exists and is more than a zombie its parent has not looked after."""
    try:
        status = (proc / str(pid) / "stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False
    except OSError:
        return alive_on_posix(pid)
    # `pid (name) state …`, where the name may itself hold brackets and blanks.
    return status.rpartition(b")")[2].split()[:1] not in ([b"Z"], [b"X"])


def alive_on_windows(pid: int, kernel32: Any = None) -> bool:
    """Return whether ``pid`` can be opened and has not ended. (``os.kill`` would end it.)"""
    if kernel32 is None:
        import ctypes  # noqa: PLC0415 (Windows only)

        kernel32 = ctypes.windll.kernel32  # type: ignore[attr-defined]
    handle = kernel32.OpenProcess(_SYNCHRONIZE, False, pid)
    if not handle:
        return False
    try:
        return bool(kernel32.WaitForSingleObject(handle, 0) == _WAIT_TIMEOUT)
    finally:
        kernel32.CloseHandle(handle)


def liveness_check(platform: str = sys.platform) -> Callable[[int], bool]:
    """Return the question for this platform."""
    if platform == "win32":
        return alive_on_windows
    return alive_on_linux if platform.startswith("linux") else alive_on_posix


class ParentWatch:
    """Asks every ``poll`` seconds, on a thread of its own, and calls ``on_gone`` once from there."""

    def __init__(
        self,
        pid: int,
        on_gone: Callable[[], None],
        *,
        poll: float = POLL_SECONDS,
        alive: Callable[[int], bool] | None = None,
    ) -> None:
        self._pid = pid
        self._on_gone = on_gone
        self._poll = poll
        self._alive = alive or liveness_check()
        self._stopped = threading.Event()

    def start(self) -> bool:
        """Begin to watch; return False, and do not, when there is no such process."""
        if self._pid <= 0 or not self._alive(self._pid):
            log.info("not watching process %d: it does not exist here", self._pid)
            return False
        threading.Thread(target=self._run, name="wire-parent-watch", daemon=True).start()
        return True

    def stop(self) -> None:
        """Watch no longer."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(self._poll):
            if not self._alive(self._pid):
                log.warning("process %d, which started this server, is gone", self._pid)
                self._on_gone()
                return

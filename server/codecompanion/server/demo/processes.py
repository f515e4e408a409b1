"""Child processes that neither outlive the demo nor hold it up."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from subprocess import Popen
from typing import Any


@contextmanager
def running(command: Sequence[str], *, seconds: float, **how: Any) -> Iterator["Popen[Any]"]:
    """Run a child process, ``how`` as for ``Popen``, no longer than the block and no longer than ``seconds``.

    Whoever reads from a process that takes too long meets the end of its output.
    """
    process: Popen[Any] = Popen(command, **how)
    alarm = threading.Timer(seconds, process.kill)
    alarm.start()
    try:
        yield process
    finally:
        alarm.cancel()
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

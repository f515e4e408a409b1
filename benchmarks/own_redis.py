"""A Redis server of one's own on this machine, for benchmarks and tests."""

import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

START_WITHIN = 10.0


class OwnRedis:
    """A context manager: inside, a server listens on 127.0.0.1 at a free port, and it ends with the block.

    With ``durable`` every write is on the disk before it is answered, so that even ``kill`` loses nothing;
    without, nothing outlives the process. Needs the program `redis-server`.
    """

    def __init__(self, *, durable: bool = False, options: tuple[str, ...] = ()) -> None:
        self._durable = durable
        self._options = options
        self._folder = ""
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """The server's address; it stays the same over a restart."""
        return f"redis://127.0.0.1:{self.port}/0"

    def __enter__(self) -> Self:
        self._folder = tempfile.mkdtemp(prefix="orchestra-redis-")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Start it, as new or after it was stopped or killed; returns when it answers."""
        durability = ["--appendonly", "yes", "--appendfsync", "always"] if self._durable else []
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        command += ["--dir", self._folder, "--logfile", "redis.log", *durability, *self._options]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        ends = time.monotonic() + START_WITHIN
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > ends:
                self.kill()
                said = (Path(self._folder) / "redis.log").read_text(encoding="utf-8", errors="replace")
                raise RuntimeError(f"redis-server did not start: {said[-400:]}")
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as line:
                line.sendall(b"PING\r\n")
                return line.recv(64).startswith(b"+PONG")
        except OSError:
            return False

    def stop(self) -> None:
        """End it in good order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.send_signal(how)
            self._process.wait(timeout=START_WITHIN)
            self._process = None

    def pause(self) -> None:
        """Let it stand still: connections stay open, nothing is answered."""
        assert self._process is not None, "the server is not running"
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it answer again after ``pause``."""
        assert self._process is not None, "the server is not running"
        self._process.send_signal(signal.SIGCONT)

    def flush(self) -> None:
        """Take everything away that it holds."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as line:
            line.sendall(b"FLUSHALL\r\n")
            line.recv(64)

"""A language server as a child process, with every message stamped the moment it was read."""

import json
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

Message = dict[str, Any]


@dataclass(frozen=True)
class Stamped:
    """A message and when it was read, in seconds of the monotonic clock."""

    at: float
    message: Message


class LspProcess:
    """Speaks LSP over stdio to ``command``; answers the server's own requests as a plain honest editor does."""

    def __init__(self, command: list[str], *, cwd: Path, env: dict[str, str] | None = None) -> None:
        self.spawned_at = time.monotonic()
        self._process = subprocess.Popen(
            command, cwd=cwd, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.seen: list[Stamped] = []
        self.on_request: Callable[[Message], Any] = lambda message: None
        self._news = threading.Condition()
        self._sending = threading.Lock()
        self._ids = 0
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> "LspProcess":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._process.pid

    def send(self, message: Message) -> float:
        """Write one message; returns when it was written."""
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        with self._sending:
            self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
            self._process.stdin.flush()
        return time.monotonic()

    def notify(self, method: str, params: Any) -> None:
        """Send a notification."""
        self.send({"method": method, "params": params})

    def request(self, method: str, params: Any, timeout: float = 60.0) -> tuple[Any, float, float]:
        """Send a request; returns its result, when it was sent and when it was answered."""
        self._ids += 1
        name = self._ids
        sent = self.send({"id": name, "method": method, "params": params})
        answer = self.wait(lambda m: m.get("id") == name and "method" not in m, timeout)
        if "error" in answer.message:
            raise RuntimeError(f"{method} was refused: {answer.message['error']}")
        return answer.message["result"], sent, answer.at

    def wait(self, wanted: Callable[[Message], bool], timeout: float = 60.0, start: int = 0) -> Stamped:
        """Return the first message from ``start`` on that is ``wanted``."""
        deadline = time.monotonic() + timeout
        index = start
        with self._news:
            while True:
                for stamped in self.seen[index:]:
                    index += 1
                    if wanted(stamped.message):
                        return stamped
                left = deadline - time.monotonic()
                if left <= 0 or not self._news.wait(left):
                    raise TimeoutError("the awaited message did not come")

    def _read(self) -> None:
        stdout = self._process.stdout
        assert stdout is not None
        while header := stdout.readline():
            length = 0
            while header.strip():
                name, _, value = header.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
                header = stdout.readline()
            body = stdout.read(length)
            at = time.monotonic()
            message = json.loads(body)
            if "method" in message and "id" in message:
                self.send({"id": message["id"], "result": self.on_request(message)})
            with self._news:
                self.seen.append(Stamped(at, message))
                self._news.notify_all()


def initialize(server: LspProcess, root: Path, **capabilities: Any) -> float:
    """Do the handshake; returns the seconds from spawn to the answer of `initialize`."""
    params = {
        "processId": None,
        "rootUri": root.as_uri(),
        "workspaceFolders": [{"uri": root.as_uri(), "name": root.name}],
        "capabilities": capabilities,
    }
    _, _, answered = server.request("initialize", params)
    server.notify("initialized", {})
    return answered - server.spawned_at


def resident_mb(pid: int) -> float:
    """Return a process's resident memory in MB (Linux)."""
    fields = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()
    return int(fields[1]) * 4096 / 1e6

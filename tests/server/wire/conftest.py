"""A raw client: it can send any bytes, and sees every message of the server."""

import contextlib
import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import IO, Any

import pytest

PROBE = Path(__file__).parent / "probe_server.py"
PATIENCE = 20.0


def frame(message: Any) -> bytes:
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


class RawClient:
    """Talks to a server over two byte streams."""

    def __init__(self, process: subprocess.Popen[bytes], stderr: Path, *, reading: bool = True) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.stdin: IO[bytes] = process.stdin
        self.stdout: IO[bytes] = process.stdout
        self._streams = [self.stdin, self.stdout]
        self.process = process
        self.stderr = stderr
        self.seen: list[dict[str, Any]] = []
        """Everything received, in order."""
        self._fresh: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._ids = count(1)
        self._reading = threading.Event()
        self._reading.set()
        self._reader = threading.Thread(target=self._read, daemon=True)
        if reading:
            self._reader.start()

    def use(self, stdin: IO[bytes], stdout: IO[bytes]) -> None:
        """Talk over these streams instead of the process's own."""
        self.stdin, self.stdout = stdin, stdout
        self._streams += [stdin, stdout]
        self._reader.start()

    # -- sending

    def send_bytes(self, data: bytes) -> None:
        self.stdin.write(data)
        self.stdin.flush()

    def send(self, message: Any) -> None:
        self.send_bytes(frame(message))

    def notify(self, method: str, params: Any = None) -> None:
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def start(self, method: str, params: Any = None) -> str:
        """Send a request and return its id."""
        request_id = f"c{next(self._ids)}"
        self.send({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params})
        return request_id

    def start_command(self, command: str, *arguments: Any, **more: Any) -> str:
        return self.start(
            "workspace/executeCommand", {"command": command, "arguments": list(arguments), **more}
        )

    # -- receiving

    def wait(self, wanted: Callable[[dict[str, Any]], bool], timeout: float = PATIENCE) -> dict[str, Any]:
        """Return the first message, received before or from now on, that is wanted."""
        for message in self.seen:
            if wanted(message):
                return message
        deadline = time.monotonic() + timeout
        while (rest := deadline - time.monotonic()) > 0:
            message = self.next(rest)
            if message is None:
                break
            if wanted(message):
                return message
        raise AssertionError(f"not received; seen: {self.seen[-5:]}\nstderr: {self.log()[-2000:]}")

    def next(self, timeout: float = PATIENCE) -> dict[str, Any] | None:
        """Return the next message, None at the end of the stream or when none comes in time."""
        try:
            message = self._fresh.get(timeout=timeout)
        except queue.Empty:
            return None
        if message is not None:
            self.seen.append(message)
        return message

    def drain(self, quiet: float = 0.2) -> list[dict[str, Any]]:
        """Return what still comes until nothing has come for ``quiet`` seconds."""
        got = []
        while (message := self.next(quiet)) is not None:
            got.append(message)
        return got

    def answer_to(self, request_id: Any, timeout: float = PATIENCE) -> dict[str, Any]:
        return self.wait(lambda m: m.get("id") == request_id and "method" not in m, timeout)

    def answers_to(self, request_id: Any) -> list[dict[str, Any]]:
        return [m for m in self.seen if m.get("id") == request_id and "method" not in m]

    def of_method(self, method: str) -> list[dict[str, Any]]:
        return [m for m in self.seen if m.get("method") == method]

    def wait_method(self, method: str, timeout: float = PATIENCE) -> dict[str, Any]:
        return self.wait(lambda m: m.get("method") == method, timeout)

    # -- conversations

    def call(self, method: str, params: Any = None) -> dict[str, Any]:
        return self.answer_to(self.start(method, params))

    def command(self, command: str, *arguments: Any, **more: Any) -> Any:
        """Call a command that must succeed."""
        answer = self.answer_to(self.start_command(command, *arguments, **more))
        assert "result" in answer, answer
        return answer["result"]

    def initialize(self, capabilities: Any = None, **params: Any) -> dict[str, Any]:
        params.setdefault("processId", None)
        answer = self.call("initialize", {"rootUri": None, "capabilities": capabilities or {}, **params})
        self.notify("initialized", {})
        return answer

    def open(self, uri: str, text: str, version: Any = 1, language: str = "python") -> None:
        item = {"uri": uri, "languageId": language, "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def change(self, uri: str, version: Any, *changes: Any) -> None:
        params = {"textDocument": {"uri": uri, "version": version}, "contentChanges": list(changes)}
        self.notify("textDocument/didChange", params)

    def leave(self) -> int:
        """Shut down and exit as a good client does; return the exit code."""
        assert self.call("shutdown")["result"] is None
        self.notify("exit")
        return self.exit_code()

    def exit_code(self, timeout: float = PATIENCE) -> int:
        return self.process.wait(timeout)

    # -- the rest

    def pause_reading(self) -> None:
        """Stop reading the server's stdout, as a hung client does (one buffer may still be read)."""
        self._reading.clear()

    def resume_reading(self) -> None:
        self._reading.set()

    def log(self) -> str:
        return self.stderr.read_text(errors="replace")

    def wait_log(self, words: str, timeout: float = PATIENCE) -> str:
        deadline = time.monotonic() + timeout
        while words not in (text := self.log()):
            assert time.monotonic() < deadline, f"{words!r} is not in the log: {text[-2000:]}"
            time.sleep(0.02)
        return text

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while (message := self._read_message()) is not None:
                self._fresh.put(message)
        self._fresh.put(None)

    def _read_message(self) -> dict[str, Any] | None:
        length = None
        while True:
            self._reading.wait()
            line = self.stdout.readline()
            if not line.endswith(b"\r\n"):  # the end, midway if the server was killed
                return None
            if not line.strip():
                break
            name, _, value = line.partition(b":")
            assert name in (b"Content-Length", b"Content-Type"), f"not a frame: {line!r}"
            length = int(value) if name == b"Content-Length" else length
        assert length is not None
        body = self.stdout.read(length)
        if len(body) < length:  # the server was killed midway
            return None
        message = json.loads(body)
        assert message["jsonrpc"] == "2.0"
        return message

    def kill(self) -> None:
        self.resume_reading()
        self.process.kill()
        self.process.wait()
        if self._reader.ident is not None:
            self._reader.join(5)
        for stream in self._streams:
            with contextlib.suppress(OSError):
                stream.close()


Connect = Callable[..., RawClient]


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Connect]:
    """Start the probe server (or ``script``) and return a raw client of it; nothing is sent yet."""
    yield from _starter(tmp_path)


@pytest.fixture
def fresh(connect: Connect) -> RawClient:
    """A client of an initialized server that no other test has used."""
    ready = connect()
    ready.initialize()
    return ready


@pytest.fixture(scope="session")
def _shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RawClient]:
    for start in _starter(tmp_path_factory.mktemp("wire")):
        ready = start()
        ready.initialize({"window": {"workDoneProgress": True}})
        yield ready


@pytest.fixture
def client(_shared: RawClient) -> RawClient:
    """A client of an initialized server that other tests use too; what they received is forgotten."""
    _shared.command("probe.forget")
    _shared.drain(0.02)
    _shared.seen.clear()
    return _shared


def _starter(folder: Path) -> Iterator[Connect]:
    started: list[RawClient] = []

    def start(*options: str, script: Path = PROBE, reading: bool = True) -> RawClient:
        log = folder / f"stderr-{len(started)}.txt"
        with log.open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-P", str(script), *options],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
            )
        client = RawClient(process, log, reading=reading)
        started.append(client)
        return client

    yield start
    for client in started:
        client.kill()

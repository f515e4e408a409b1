"""The two byte channels a client can come by: the process's own pipes, and a loopback socket."""

import contextlib
import logging
import os
import socket
import sys
from typing import Protocol

log = logging.getLogger(__name__)

READ_SIZE = 64 * 1024
_GREETING = b"content-"
_GREETING_SECONDS = 5.0


class Channel(Protocol):
    """A blocking byte stream, read by one thread and written by another."""

    def read(self) -> bytes:
        """Return the next bytes, ``b""`` at the end; raises ``OSError`` when the stream breaks."""
        ...

    def write(self, data: bytes) -> None:
        """Write all of ``data``, however long that takes; raises ``OSError`` when the stream breaks."""
        ...

    def close(self) -> None:
        """Let go of the stream; never waits for a reader or a writer."""
        ...


class PipeChannel:
    """A pair of file descriptors."""

    def __init__(self, input_fd: int, output_fd: int) -> None:
        self._input_fd = input_fd
        self._output_fd = output_fd

    def read(self) -> bytes:
        """Return the next bytes, ``b""`` at the end."""
        return os.read(self._input_fd, READ_SIZE)

    def write(self, data: bytes) -> None:
        """Write all of ``data``."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._output_fd, rest) :]

    def close(self) -> None:
        """Do nothing: a thread may still be blocked in either descriptor; they end with the process."""


class SocketChannel:
    """A connected socket, of which ``greeting`` has been read already."""

    def __init__(self, connection: socket.socket, greeting: bytes = b"") -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = connection
        self._greeting = greeting

    def read(self) -> bytes:
        """Return the next bytes, ``b""`` at the end."""
        greeting, self._greeting = self._greeting, b""
        return greeting or self._socket.recv(READ_SIZE)

    def write(self, data: bytes) -> None:
        """Write all of ``data``."""
        self._socket.sendall(data)

    def close(self) -> None:
        """End both directions, which wakes a thread blocked in either."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def accept_client(listener: socket.socket) -> SocketChannel:
    """Return the first connection that begins as a client of ours does, and hang up on all others.

    A web page can make a browser send anything to a loopback port, but only after an HTTP request line; it
    must not be searched for frames.
    """
    while True:
        connection, origin = listener.accept()
        greeting = _greeting(connection)
        if greeting.lower() == _GREETING:
            return SocketChannel(connection, greeting)
        log.warning("hanging up on %s: it is no language client, it began with %r", origin, greeting)
        connection.close()


def _greeting(connection: socket.socket) -> bytes:
    """Return the first bytes, up to where they are no client's; what has not come in time is left out."""
    connection.settimeout(_GREETING_SECONDS)
    greeting = b""
    with contextlib.suppress(OSError):
        while len(greeting) < len(_GREETING) and _GREETING.startswith(greeting.lower()):
            if not (more := connection.recv(len(_GREETING) - len(greeting))):
                break
            greeting += more
    connection.settimeout(None)
    return greeting


def claim_stdio() -> PipeChannel:
    """Take the process's stdin and stdout for the client alone.

    Afterwards descriptor 1 leads to stderr and descriptor 0 to nothing, so that neither a ``print`` nor a
    child process can put a byte into the stream or take one from it. Call it once, before anything else
    starts: descriptors that others copied earlier still lead to the client.
    """
    # First fill what was closed of 0 to 2: a copy that took the number of stderr would be written to as such.
    nothing = os.open(os.devnull, os.O_RDWR)
    while nothing <= 2:
        nothing = os.dup(nothing)
    client_in, client_out = os.dup(0), os.dup(1)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 (Windows only)

        msvcrt.setmode(client_in, os.O_BINARY)
        msvcrt.setmode(client_out, os.O_BINARY)
    return PipeChannel(client_in, client_out)

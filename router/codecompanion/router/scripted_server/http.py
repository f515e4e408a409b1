"""Just enough HTTP/1.1 for a server on the loopback: requests with a length, answers in chunks."""

import asyncio
import json
import socket
import struct
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

_LARGEST_BODY = 64 * 1024 * 1024
_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests"}


class Disconnected(Exception):
    """The client closed its connection before the answer was complete."""


@dataclass(frozen=True, kw_only=True)
class HttpRequest:
    """One request; header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class HttpConnection:
    """One client's connection, on which requests follow one another."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._early = b""

    async def request(self) -> HttpRequest | None:
        """Return the next request, None when the client is done."""
        try:
            head = self._early + await self._reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        self._early = b""
        first, *lines = head.decode("latin-1").rstrip().split("\r\n")
        method, target, _ = first.split(" ", 2)
        fields = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in fields}
        length = min(int(headers.get("content-length", "0")), _LARGEST_BODY)
        body = await self._reader.readexactly(length)
        return HttpRequest(method=method, target=target, headers=headers, body=body)

    async def answer(
        self, status: int, body: Mapping[str, Any] | str, headers: Mapping[str, str] | None = None
    ) -> None:
        """Send a complete answer: a mapping as JSON, a string as HTML."""
        kind = "text/html; charset=utf-8" if isinstance(body, str) else "application/json"
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self._head(status, {"content-type": kind, "content-length": str(len(data)), **(headers or {})})
        self._writer.write(data)
        await self.flush()

    async def begin_events(self) -> None:
        """Send the head of an event stream."""
        self._head(200, {"content-type": "text/event-stream; charset=utf-8", "transfer-encoding": "chunked"})
        await self.flush()

    def send(self, data: bytes) -> None:
        """Send one chunk of the event stream."""
        self._writer.write(b"%x\r\n%b\r\n" % (len(data), data))

    async def end_events(self) -> None:
        """End the event stream in good order."""
        self._writer.write(b"0\r\n\r\n")
        await self.flush()

    async def flush(self) -> None:
        """Wait until the client takes more; raises ``Disconnected``."""
        try:
            await self._writer.drain()
        except ConnectionError:
            raise Disconnected from None

    async def until_client_leaves(self) -> None:
        """Return when the client closes its side; nothing else may read meanwhile."""
        with suppress(ConnectionError):
            self._early = await self._reader.read(1)
        if self._early:
            # it stays and has sent the next request already
            await asyncio.Event().wait()

    def reset(self) -> None:
        """Break the connection off so that the client sees a reset."""
        sock = self._writer.get_extra_info("socket")
        # no lingering makes the close a reset; Windows has two short fields where others have two long ones
        no_linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)
        self._writer.transport.abort()

    async def close(self) -> None:
        """Close the connection."""
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Error')}"]
        lines += [f"{name}: {value}" for name, value in headers.items() if value]
        self._writer.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n")

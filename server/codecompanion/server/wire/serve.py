"""Runs a server on a client's stream until one of them is done, and always comes back.

Reading and writing block on threads of their own (daemons, so that neither can hold up the exit). When the
input ends, or the parent dies, a deadline starts: the process ends by it even if a handler blocks the loop,
a worker thread never returns, or the client does not read.
"""

import asyncio
import contextlib
import ipaddress
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator

from codecompanion.server.wire.background import wait_for_end
from codecompanion.server.wire.channel import Channel, accept_client, claim_stdio
from codecompanion.server.wire.frames import FrameParser
from codecompanion.server.wire.outbox import Outbox
from codecompanion.server.wire.protocol import GRACE
from codecompanion.server.wire.server import OrchestraServer

log = logging.getLogger(__name__)

DEADLINE = 10.0
"""Seconds after the end of the input by which the process is gone; longer than all grace periods together."""
LEAVE = 2.0
"""Seconds the process may take after serving is over: a worker thread may never return."""
_CHUNKS_AHEAD = 4

LastResort = Callable[[int], object]


class HostRefused(ValueError):
    """A host other machines could reach; the message says what to use instead."""


def serve_stdio(
    server: OrchestraServer, *, last_resort: LastResort | None = os._exit, deadline: float = DEADLINE
) -> int:
    """Serve the client on stdin and stdout; return the exit code.

    Meant to be the last thing a process does: ``sys.exit(serve_stdio(server))``. ``last_resort`` gets the exit
    code if the process is not gone ``deadline`` seconds after the input has ended; with None nobody insists.
    """
    return _serve(server, claim_stdio(), _Deadline(server, last_resort, deadline))


def serve_tcp(
    server: OrchestraServer,
    host: str,
    port: int,
    *,
    last_resort: LastResort | None = os._exit,
    deadline: float = DEADLINE,
) -> int:
    """Serve the first client that comes to ``host``; return the exit code. See also ``serve_stdio``.

    Raises ``HostRefused`` unless ``host`` is this machine's loopback. The address is told on stderr, with the
    port chosen by the system when ``port`` is 0.
    """
    family, address = _loopback(host, port)
    with socket.create_server(address, family=family) as listener:
        shown = f"[{address[0]}]" if family == socket.AF_INET6 else address[0]
        sys.stderr.write(f"listening on {shown}:{listener.getsockname()[1]}\n")
        sys.stderr.flush()
        channel = accept_client(listener)
    return _serve(server, channel, _Deadline(server, last_resort, deadline))


def _loopback(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int]]:
    try:
        address = ipaddress.ip_address("127.0.0.1" if host.lower() == "localhost" else host)
        safe = address.is_loopback
    except ValueError:
        safe = False
    if not safe:
        raise HostRefused(
            f"refusing to listen on {host!r}: whoever reaches the port may run code here; "
            "use 127.0.0.1, and a tunnel such as ssh -L to reach it from elsewhere"
        )
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    return family, (str(address), port)


def _serve(server: OrchestraServer, channel: Channel, deadline: "_Deadline") -> int:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(_session(server, channel, deadline))
    finally:
        channel.close()
        _close(loop)
        deadline.hasten()
    return server.exit_code


async def _session(server: OrchestraServer, channel: Channel, deadline: "_Deadline") -> None:
    outbox = Outbox(channel.write, server.stop_from_thread)
    server.connect(outbox, deadline.start)
    with _stopped_by_signals(server):
        pump = asyncio.create_task(_pump(server, channel, deadline), name="read the client")
        await server.stopped.wait()
        deadline.start()
        pump.cancel()
        await wait_for_end({pump}, GRACE)
        await server.close()
    outbox.close(GRACE)


async def _pump(server: OrchestraServer, channel: Channel, deadline: "_Deadline") -> None:
    """Feed the server, one message in each turn of the loop, so that handlers start in the order of arrival."""
    parser = FrameParser()
    try:
        async for chunk in _chunks(channel, deadline):
            for item in parser.feed(chunk):
                server.protocol.receive(item)
                await asyncio.sleep(0)
    finally:
        server.stop("the client closed the connection")


async def _chunks(channel: Channel, deadline: "_Deadline") -> AsyncIterator[bytes]:
    """Yield what a reading thread gets; it reads a few chunks ahead and no more."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[bytes] = asyncio.Queue()
    places = threading.Semaphore(_CHUNKS_AHEAD)
    wanted = True

    def read() -> None:
        chunk = _read(channel)
        while wanted and chunk:
            _hand_over(loop, arrived, chunk)
            places.acquire()
            chunk = _read(channel)
        deadline.start()
        _hand_over(loop, arrived, b"")

    threading.Thread(target=read, name="wire-reader", daemon=True).start()
    try:
        while chunk := await arrived.get():
            places.release()
            yield chunk
    finally:
        wanted = False
        places.release()


def _read(channel: Channel) -> bytes:
    try:
        return channel.read()
    except OSError as problem:
        log.info("the client cannot be read from: %s", problem)
        return b""


def _hand_over(loop: asyncio.AbstractEventLoop, arrived: asyncio.Queue[bytes], chunk: bytes) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody wants it any more
        loop.call_soon_threadsafe(arrived.put_nowait, chunk)


@contextlib.contextmanager
def _stopped_by_signals(server: OrchestraServer) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    handled: list[signal.Signals] = []
    # Not on Windows, and not outside the main thread.
    with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, server.stop, f"got {number.name}")
            handled.append(number)
    try:
        yield
    finally:
        for number in handled:
            loop.remove_signal_handler(number)


def _close(loop: asyncio.AbstractEventLoop) -> None:
    """End what tasks are left and close ``loop``; worker threads are not waited for, nothing can stop them."""
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    loop.run_until_complete(wait_for_end(tasks, GRACE))
    loop.run_until_complete(loop.shutdown_asyncgens())
    asyncio.set_event_loop(None)
    loop.close()


class _Deadline:
    """Ends the process some time after it should have ended by itself; any thread may start it."""

    def __init__(self, server: OrchestraServer, last_resort: LastResort | None, seconds: float) -> None:
        self._server = server
        self._last_resort = last_resort
        self._seconds = seconds
        self._started = threading.Event()

    def start(self) -> None:
        """Start counting, the first time it is called."""
        if not self._started.is_set():
            self._started.set()
            self._count(self._seconds)

    def hasten(self) -> None:
        """Allow only ``LEAVE`` seconds from now on."""
        self._count(LEAVE)

    def _count(self, seconds: float) -> None:
        if self._last_resort is not None:
            timer = threading.Timer(seconds, self._leave, (self._last_resort,))
            timer.daemon = True
            timer.start()

    def _leave(self, last_resort: LastResort) -> None:
        log.warning("leaving without waiting any longer for what still runs")
        last_resort(self._server.exit_code)

"""The scripted provider as a server on this machine."""

import asyncio
import json
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import aclosing
from dataclasses import replace
from types import TracebackType
from typing import Final, Self

from codecompanion.router.scripted_server.faults import Fault, status
from codecompanion.router.scripted_server.http import Disconnected, HttpConnection, HttpRequest
from codecompanion.router.scripted_server.replies import Asked, Reply, Script, ScriptOver, paced
from codecompanion.router.scripted_server.wires.answer import Answer
from codecompanion.router.scripted_server.wires.chat import ChatAnswer
from codecompanion.router.scripted_server.wires.gemini import GeminiAnswer
from codecompanion.router.scripted_server.wires.messages import MessagesAnswer
from codecompanion.router.scripted_server.wires.responses import ResponsesAnswer

logger = logging.getLogger(__name__)

_WIRES: Final[tuple[tuple[str, type[Answer]], ...]] = (
    ("/chat/completions", ChatAnswer),
    ("/responses", ResponsesAnswer),
    ("/messages", MessagesAnswer),
    (":generateContent", GeminiAnswer),
    (":streamGenerateContent", GeminiAnswer),
)
_GARBAGE: Final = b'data: {"id": "half an object", "choi\n\n'
_WEB_PAGE: Final = "<!doctype html><html><body><h1>Not the page you are looking for</h1></body></html>"
_TOKENS_A_FLUSH: Final = 32


class ScriptedServer:
    """An asynchronous context manager: inside, the server listens on 127.0.0.1 at a free port.

    ``replies`` are given out in order, each to the first request it fits; or they are a function from
    ``Asked`` to ``Reply``. ``keys``, if given, are the only keys taken. ``requests`` are all requests for an
    answer so far, ``disconnects`` those whose client left before the answer was complete.
    """

    def __init__(
        self, replies: Iterable[Reply] | Callable[[Asked], Reply], *, keys: Collection[str] | None = None
    ) -> None:
        self._script = Script(replies)
        self._keys = keys
        self._connections: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self.requests: list[Asked] = []
        self.disconnects: list[Asked] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """The server's address, which is also the base URL for Anthropic and Gemini."""
        assert self._server is not None, "use the server inside `async with`"
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    @property
    def openai_url(self) -> str:
        """The base URL for OpenAI, and for a client of any OpenAI-compatible server."""
        return f"{self.url}/v1"

    async def until_requests(self, count: int = 1) -> None:
        """Wait until ``count`` requests have come."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.requests) >= count)

    async def until_disconnects(self, count: int = 1) -> None:
        """Wait until ``count`` clients have left before their answer was complete."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.disconnects) >= count)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._converse(HttpConnection(reader, writer)))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _converse(self, connection: HttpConnection) -> None:
        try:
            while (request := await connection.request()) is not None:
                if not await self._answer(connection, request):
                    return
        finally:
            await connection.close()

    async def _answer(self, connection: HttpConnection, request: HttpRequest) -> bool:
        """Answer and return whether the connection can take another request."""
        path = request.target.partition("?")[0]
        wire = next((wire for ending, wire in _WIRES if path.endswith(ending)), None)
        if wire is None or request.method != "POST":
            await self._answer_aside(connection, request, path)
            return True
        asked = _read(wire, path, request)
        if asked is None:
            await _refuse(connection, wire, request.headers, status(400))
            return True
        await self._note(self.requests, asked)
        return await self._while_client_stays(asked, connection, wire)

    async def _while_client_stays(self, asked: Asked, connection: HttpConnection, wire: type[Answer]) -> bool:
        answering = asyncio.create_task(self._reply(asked, connection, wire))
        watching = asyncio.create_task(connection.until_client_leaves())
        try:
            await asyncio.wait({answering, watching}, return_when=asyncio.FIRST_COMPLETED)
            if answering.done() and not isinstance(answering.exception(), Disconnected):
                return answering.result()
        finally:
            answering.cancel()
            watching.cancel()
            await asyncio.gather(answering, watching, return_exceptions=True)
        await self._note(self.disconnects, asked)
        return False

    async def _note(self, notes: list[Asked], asked: Asked) -> None:
        async with self._changed:
            notes.append(asked)
            self._changed.notify_all()

    async def _answer_aside(self, connection: HttpConnection, request: HttpRequest, path: str) -> None:
        wire = GeminiAnswer if "x-goog-api-key" in request.headers else ChatAnswer
        if not self._takes_key_of(request.headers):
            await _refuse(connection, wire, request.headers, status(401))
        elif request.method == "GET" and path.endswith("/models"):
            await connection.answer(200, {"object": "list", "data": [], "models": [], "has_more": False})
        else:
            await _refuse(connection, wire, request.headers, status(404))

    def _takes_key_of(self, headers: Mapping[str, str]) -> bool:
        return self._keys is None or _key_in(headers) in self._keys

    async def _reply(self, asked: Asked, connection: HttpConnection, wire: type[Answer]) -> bool:
        if not self._takes_key_of(asked.headers):
            await _refuse(connection, wire, asked.headers, status(401))
            return True
        try:
            reply = self._script.reply_to(asked)
        except ScriptOver as over:
            await connection.answer(*wire.error("request", 400, str(over)))
            return True
        except Exception as error:
            logger.exception("the script failed")
            await connection.answer(*wire.error("request", 400, f"the script failed: {error!r}"))
            return True
        return await _perform(connection, wire(asked, reply), reply.fault)


def _read(wire: type[Answer], path: str, request: HttpRequest) -> Asked | None:
    try:
        body = json.loads(request.body)
        asked = wire.read(path, body)
    except (LookupError, TypeError, ValueError, AttributeError):
        return None
    return replace(asked, path=path, headers=request.headers, body=body)


async def _perform(connection: HttpConnection, answer: Answer, fault: Fault | None) -> bool:
    match fault:
        case Fault(kind="error"):
            await _refuse(connection, type(answer), answer.asked.headers, fault)
        case Fault(kind="web page"):
            await connection.answer(fault.status, _WEB_PAGE)
        case Fault(kind="redirection"):
            await connection.answer(fault.status, "", headers={"location": fault.location})
        case Fault(kind="reset"):
            connection.reset()
            return False
        case Fault(kind="hang", after=0):
            await asyncio.Event().wait()
        case Fault(kind="trickle"):
            await _trickle(connection, answer, fault.seconds_per_byte)
        case _ if answer.asked.streams:
            return await _stream(connection, answer, fault)
        case _:
            async with aclosing(paced(answer.reply)) as tokens:
                _ = [token async for token in tokens]
            await connection.answer(200, answer.whole())
    return True


async def _stream(connection: HttpConnection, answer: Answer, fault: Fault | None) -> bool:
    await connection.begin_events()
    for data in answer.opening():
        connection.send(data)
    sent = 0
    async with aclosing(paced(answer.reply)) as tokens:
        async for token in tokens:
            if fault and sent >= fault.after:
                break
            connection.send(answer.piece(token))
            sent += 1
            if answer.reply.tokens_per_second or sent % _TOKENS_A_FLUSH == 0:
                await connection.flush()
    return await _end(connection, answer, fault)


async def _end(connection: HttpConnection, answer: Answer, fault: Fault | None) -> bool:
    match fault:
        case Fault(kind="cut"):
            if fault.politely:
                await connection.end_events()
            return False
        case Fault(kind="hang"):
            await asyncio.Event().wait()
        case Fault(kind="garbage"):
            connection.send(_GARBAGE)
        case _:
            for data in answer.closing():
                connection.send(data)
    await connection.end_events()
    return True


async def _trickle(connection: HttpConnection, answer: Answer, seconds_per_byte: float) -> None:
    await connection.begin_events()
    pieces = [answer.piece(token) for token in answer.reply.tokens]
    for byte in b"".join([*answer.opening(), *pieces, *answer.closing()]):
        connection.send(bytes([byte]))
        await connection.flush()
        await asyncio.sleep(seconds_per_byte)
    await connection.end_events()


async def _refuse(
    connection: HttpConnection, wire: type[Answer], headers: Mapping[str, str], fault: Fault
) -> None:
    # some providers repeat the key in the message: whoever shows that message must take it out
    answer = wire.error(fault.problem, fault.status, f"(key: {_key_in(headers)})")
    await connection.answer(*answer, headers={"retry-after": fault.retry_after})


def _key_in(headers: Mapping[str, str]) -> str:
    bearer = headers.get("authorization", "").removeprefix("Bearer ")
    return headers.get("x-api-key") or headers.get("x-goog-api-key") or bearer

"""pygls' protocol with its message handling replaced: the one place where messages are told apart.

Kept from pygls: the registry of features and commands, and the typed methods for sending
(``window_show_message`` and its kin), which all come through ``notify`` and ``send_request_async`` here.
"""

import asyncio
import inspect
import logging
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any, Never, cast

from lsprotocol import types
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInternalError,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcMethodNotFound,
    JsonRpcParseError,
    JsonRpcServerNotInitialized,
)
from pygls.protocol import LanguageServerProtocol

from codecompanion.server.wire.advertised import server_capabilities
from codecompanion.server.wire.codec import Codec, LateConverter, is_notification, is_request
from codecompanion.server.wire.commands import find_handler, read_call
from codecompanion.server.wire.documents import numbered
from codecompanion.server.wire.envelope import (
    Malformed,
    Message,
    Notification,
    Request,
    Response,
    read_messages,
)
from codecompanion.server.wire.errors import error_object
from codecompanion.server.wire.frames import BadFrame
from codecompanion.server.wire.incoming import IncomingRequests, timed_call
from codecompanion.server.wire.outbox import Outbox
from codecompanion.server.wire.outgoing import OutgoingRequests
from codecompanion.server.wire.tracer import Tracer

if TYPE_CHECKING:
    from codecompanion.server.wire.server import OrchestraServer

log = logging.getLogger(__name__)

GRACE = 1.0
"""Seconds a cancelled handler or task gets to end."""
SHUTDOWN_GRACE = 5.0
"""Seconds the registered ``shutdown`` handler gets."""

_DROPPABLE = frozenset({"window/logMessage", "$/logTrace", "telemetry/event"})
_SYNCHRONISED = frozenset({types.TEXT_DOCUMENT_DID_OPEN, types.TEXT_DOCUMENT_DID_CHANGE})


class Stage(Enum):
    """Where a connection stands; it only ever moves on (a failed ``initialize`` does not count)."""

    FRESH = "fresh"
    INITIALIZING = "initializing"
    RUNNING = "running"
    CLOSING = "closing"


class OrchestraProtocol(LanguageServerProtocol):
    """Invariant: every request gets exactly one response, whatever is wrong with it or its handler."""

    _server: "OrchestraServer"

    def __init__(self, server: "OrchestraServer", converter: LateConverter) -> None:
        super().__init__(server, cast(Any, converter))
        self.codec = Codec(converter)
        self.tracer = Tracer(self._tell_trace, self.codec.readable, server.redact)
        self.stage = Stage.FRESH
        self.outbox: Outbox | None = None
        self.incoming = IncomingRequests(self._answer, server.translate_error)
        self.outgoing = OutgoingRequests(self._send)
        self._winding_down: asyncio.Task[None] | None = None
        self._requests: dict[str, Callable[[Request], Any]] = {
            types.INITIALIZE: self._initialize,
            types.SHUTDOWN: self._shut_down,
            types.WORKSPACE_EXECUTE_COMMAND: self._execute_command,
        }
        self._notifications: dict[str, Callable[[Any], None]] = {
            types.INITIALIZED: lambda _: server.warm_up(),
            types.CANCEL_REQUEST: lambda params: self.incoming.cancel(_member(params, "id")),
            types.WINDOW_WORK_DONE_PROGRESS_CANCEL: lambda params: server.reporter.cancelled(
                _member(params, "token")
            ),
            types.TEXT_DOCUMENT_DID_OPEN: server.documents.opened,
            types.TEXT_DOCUMENT_DID_CHANGE: server.documents.changed,
            types.TEXT_DOCUMENT_DID_CLOSE: server.documents.closed,
            types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: server.folders.changed,
            types.SET_TRACE: lambda params: self.tracer.set(_member(params, "value")),
        }

    def _register_builtin_features(self) -> None:
        """Register none of pygls' own: the two tables above are all there is."""

    @property
    def shutdown_received(self) -> bool:
        """Whether the client asked for ``shutdown`` before it left."""
        return self._shutdown

    # -- what comes in

    def receive(self, item: bytes | BadFrame) -> None:
        """Take in what the stream yielded; never raises."""
        if isinstance(item, BadFrame):
            kind = JsonRpcInvalidRequest if item.oversized else JsonRpcParseError
            self._dispatch(Malformed(None, kind(f"Not a message: {item.reason}")))
            return
        for message in read_messages(item):
            self._dispatch(message)

    def _dispatch(self, message: Message) -> None:
        self.tracer.received(message)
        match message:
            case Request():
                self._on_request(message)
            case Notification():
                self._on_notification(message)
            case Response():
                self.outgoing.settle(message)
            case Malformed():
                log.warning("malformed message: %s", message.error.message)
                self._send({"jsonrpc": "2.0", "id": message.id, "error": error_object(message.error)})

    def _on_request(self, request: Request) -> None:
        if (refusal := self._refusal(request.method)) is not None:
            self._answer(request, None, refusal)
        else:
            self.incoming.run(request, self._call)

    def _refusal(self, method: str) -> JsonRpcException | None:
        """Return why this stage has no place for a request."""
        if self.stage is Stage.CLOSING:
            return JsonRpcInvalidRequest("The server is shutting down; only exit may follow")
        if method == types.INITIALIZE:
            again = "initialize may be sent only once"
            return None if self.stage is Stage.FRESH else JsonRpcInvalidRequest(again)
        if self.stage is not Stage.RUNNING:
            return JsonRpcServerNotInitialized(f"Send initialize before {method}")
        if is_notification(method):
            return JsonRpcInvalidRequest(f"{method} is a notification; send it without an id")
        return None

    def _call(self, request: Request) -> Any:
        if (builtin := self._requests.get(request.method)) is not None:
            return builtin(request)
        if (handler := self.fm.features.get(request.method)) is None:
            raise JsonRpcMethodNotFound(f"Unknown method {request.method[:200]!r}")
        return handler(self.codec.params(request.method, request.params))

    def _on_notification(self, message: Notification) -> None:
        method, params = message
        if method == types.EXIT:
            self._server.stop("the client sent exit")
        elif self.stage is not Stage.RUNNING:
            log.debug("ignoring %s: the server is %s", method, self.stage.value)
        elif is_request(method):
            log.warning("ignoring %s: it is a request and came without an id", method)
        else:
            try:
                self._take_in(method, params)
            except JsonRpcException as problem:
                log.warning("ignoring %s: %s", method, problem.message)
            except Exception:
                log.exception("the handler of %s failed", method)

    def _take_in(self, method: str, params: Any) -> None:
        if (step := self._notifications.get(method)) is not None:
            step(params)
        if (handler := self.fm.features.get(method)) is None:
            return
        typed = self.codec.params(method, numbered(params) if method in _SYNCHRONISED else params)
        outcome = timed_call(method, handler, typed)
        if inspect.iscoroutine(outcome):
            self._server.spawn(outcome, method)

    # -- the requests of the lifecycle, and commands

    def _initialize(self, request: Request) -> Any:
        params = request.params
        if not isinstance(params, dict) or not isinstance(params.get("capabilities"), dict):
            raise JsonRpcInvalidParams("initialize needs an object with the client's capabilities")
        process_id = params.get("processId")
        if process_id is not None and type(process_id) is not int:
            raise JsonRpcInvalidParams(f"processId is an integer or null, not {process_id!r}"[:300])
        self.stage = Stage.INITIALIZING
        return self._finish_initialize(params)

    async def _finish_initialize(self, params: dict[str, Any]) -> dict[str, Any]:
        server = self._server
        try:
            server.meet_client(params)
            await _completed(self.fm.features.get(types.INITIALIZE), params)
            capabilities = server_capabilities(
                {method: self.fm.feature_options.get(method) for method in self.fm.features},
                self.fm.commands,
                server.client.position_encoding,
                server.extra_capabilities,
            )
        except BaseException:
            self.stage = Stage.FRESH
            raise
        self.stage = Stage.RUNNING
        return {"capabilities": capabilities, "serverInfo": {"name": server.name, "version": server.version}}

    def _shut_down(self, request: Request) -> Any:
        self._shutdown = True
        self.stage = Stage.CLOSING
        return self.wind_down()

    def _execute_command(self, request: Request) -> Any:
        call = read_call(request)
        return find_handler(self.fm.commands, call.command)(call)

    # -- the end

    async def wind_down(self) -> None:
        """Cancel the work in flight and run the registered ``shutdown`` handler; once, whoever asks first."""
        if self._winding_down is None:
            self.stage = Stage.CLOSING
            self._winding_down = asyncio.create_task(self._wind_down(), name="wind down")
        await asyncio.shield(self._winding_down)

    async def _wind_down(self) -> None:
        await self.incoming.cancel_all(GRACE, keep=types.SHUTDOWN)
        try:
            async with asyncio.timeout(SHUTDOWN_GRACE):
                await _completed(self.fm.features.get(types.SHUTDOWN), None)
        except Exception:
            log.exception("the shutdown handler failed")
        await self._server.background.cancel(GRACE)
        self._server.reporter.close()

    async def close(self) -> None:
        """End everything when the client is gone or going; an answer to ``shutdown`` still goes out."""
        self.outgoing.close()
        await self.wind_down()
        await self.incoming.finish(GRACE)

    # -- what goes out

    def notify(
        self, method: str, params: Any = None, *, droppable: bool | None = None, key: Any = None
    ) -> None:
        """Send a notification; any thread may.

        ``droppable`` says it may be left out when the client reads slowly (by default log messages and all
        ``orchestra/`` notifications may); of several waiting ones with the same ``key`` only the last is sent.
        Raises ``TypeError`` or ``ValueError`` when ``params`` have no JSON form.
        """
        if droppable is None:
            droppable = method in _DROPPABLE or method.startswith("orchestra/")
        message = {"jsonrpc": "2.0", "method": method}
        self._send(message if params is None else {**message, "params": params}, droppable=droppable, key=key)

    async def send_request_async(self, method: str, params: Any = None, msg_id: Any = None) -> Any:
        """Send a request and return its typed result; there is no time limit and ``msg_id`` is ours."""
        return self.codec.result(method, await self.outgoing.ask(method, params, None))

    def send_request(self, method: str, *_: Any, **__: Any) -> Never:
        """Refuse: waiting for such a future on the event loop's thread would block it for ever."""
        raise TypeError(f"use `await server.request({method!r}, …)` or the `_async` form")

    def _answer(self, request: Request, result: Any, error: JsonRpcException | None) -> None:
        self._server.reporter.answered(_member(request.params, "workDoneToken"))
        outcome = {"result": result} if error is None else {"error": error_object(error)}
        try:
            self._send({"jsonrpc": "2.0", "id": request.id, **outcome})
        except Exception as problem:
            log.exception("the answer to %s has no JSON form", request.method)
            substitute = JsonRpcInternalError(f"The answer to {request.method} has no JSON form: {problem}")
            self._send({"jsonrpc": "2.0", "id": request.id, "error": error_object(substitute)})

    def _send(self, message: dict[str, Any], *, droppable: bool = False, key: Any = None) -> None:
        if self.outbox is not None:
            self.outbox.put(self.codec.encode(message), droppable=droppable, key=key)
            self.tracer.sent(message)

    def _tell_trace(self, params: dict[str, str]) -> None:
        # before the answer to ``initialize`` nothing may be sent, after ``shutdown`` nobody listens
        if self.stage is Stage.RUNNING:
            self.notify(types.LOG_TRACE, params)


async def _completed(handler: Callable[[Any], Any] | None, params: Any) -> None:
    """Call an optional handler, plain or async, and wait for its end."""
    outcome = handler(params) if handler is not None else None
    if inspect.iscoroutine(outcome):
        await outcome


def _member(params: Any, name: str) -> Any:
    return params.get(name) if isinstance(params, dict) else None

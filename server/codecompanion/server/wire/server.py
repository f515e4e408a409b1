"""The language server others build on: what is registered, what the client is, what is open."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any, Never, TypeVar

from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from codecompanion.server.wire.background import BackgroundTasks
from codecompanion.server.wire.capabilities import ClientFeatures, client_features
from codecompanion.server.wire.codec import LateConverter
from codecompanion.server.wire.documents import Documents
from codecompanion.server.wire.errors import as_rpc_error
from codecompanion.server.wire.folders import WorkspaceFolders
from codecompanion.server.wire.outbox import Outbox
from codecompanion.server.wire.progress import ProgressReporter
from codecompanion.server.wire.protocol import OrchestraProtocol
from codecompanion.server.wire.tracer import Tracer
from codecompanion.server.wire.warmup import warm_up
from codecompanion.server.wire.watchdog import ParentWatch

log = logging.getLogger(__name__)

T = TypeVar("T")
H = TypeVar("H", bound=Callable[..., Any])


class OrchestraServer(LanguageServer):
    """A language server for one connection. See the package's docstring for how to use it.

    ``extra_capabilities`` is raw JSON laid over what is advertised (``{"experimental": {…}}``, …).
    ``translate_error`` turns an exception of a handler into the error the client gets; what it returns an
    InternalError for is logged with its traceback. ``redact`` takes the secrets out of what is traced.
    """

    protocol: OrchestraProtocol

    def __init__(
        self,
        name: str,
        version: str,
        *,
        extra_capabilities: Mapping[str, Any] | None = None,
        translate_error: Callable[[BaseException], JsonRpcException] = as_rpc_error,
        redact: Callable[[str], str] = str,
    ) -> None:
        self.extra_capabilities = extra_capabilities or {}
        self.translate_error = translate_error
        self.redact = redact
        self.client = ClientFeatures()
        self.initialize_params: Mapping[str, Any] = {}
        self.documents = Documents()
        self.folders = WorkspaceFolders()
        self.background = BackgroundTasks()
        self.reporter = ProgressReporter(self)
        self.stopped = asyncio.Event()
        self._parent_watch: ParentWatch | None = None
        self._warm = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._on_ending: Callable[[], None] = lambda: None
        super().__init__(
            name,
            version,
            protocol_cls=OrchestraProtocol,
            converter_factory=LateConverter,
        )

    # -- what is served

    def command(self, command_name: str) -> Callable[[H], H]:
        """Register a handler of a command: it gets a ``CommandCall`` and returns, or awaits, plain JSON."""

        def register(handler: H) -> H:
            if command_name in self.protocol.fm.commands:
                raise ValueError(f"the command {command_name!r} is registered twice")
            self.protocol.fm.commands[command_name] = handler
            return handler

        return register

    def feature(self, feature_name: str, options: Any = None) -> Callable[[H], H]:
        """Register a handler of a method.

        It gets the typed parameters where lsprotocol knows the method (and lsprotocol's names are those of
        the specification), raw JSON elsewhere, and for ``initialize``. ``options`` are what the capability
        says about it, as raw JSON. A result may be raw JSON or lsprotocol objects.
        """

        def register(handler: H) -> H:
            if feature_name in self.protocol.fm.features:
                raise ValueError(f"the feature {feature_name!r} is registered twice")
            self.protocol.fm.features[feature_name] = handler
            if options is not None:
                self.protocol.fm.feature_options[feature_name] = options
            return handler

        return register

    # -- what is sent

    def notify(
        self, method: str, params: Any = None, *, droppable: bool | None = None, key: Any = None
    ) -> None:
        """Send a notification; see ``OrchestraProtocol.notify``."""
        self.protocol.notify(method, params, droppable=droppable, key=key)

    async def request(self, method: str, params: Any = None, *, timeout: float | None = None) -> Any:
        """Send a request and return its raw result; see ``OutgoingRequests.ask`` for what it raises."""
        return await self.protocol.outgoing.ask(method, params, timeout)

    @property
    def tracer(self) -> Tracer:
        """What tells the client of the server's work while it asks for that."""
        return self.protocol.tracer

    def spawn(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """Start a background task: kept, its failure logged, cancelled at shutdown."""
        return self.background.spawn(work, name)

    # -- life and death

    @property
    def exit_code(self) -> int:
        """What the process must exit with: 0 after a ``shutdown``, else 1."""
        return 0 if self.protocol.shutdown_received else 1

    def connect(self, outbox: Outbox, on_ending: Callable[[], None]) -> None:
        """Begin to serve on the running loop, with answers going to ``outbox``.

        ``on_ending`` is called when a thread finds that the connection is over, even if the loop hangs.
        """
        self._loop = asyncio.get_running_loop()
        self._on_ending = on_ending
        self.protocol.outbox = outbox

    def meet_client(self, params: dict[str, Any]) -> None:
        """Take in the raw parameters of ``initialize``."""
        self.initialize_params = params
        self.client = client_features(params)
        self.documents.encoding = self.client.position_encoding
        self.folders.start(params)
        with suppress(JsonRpcException):  # a client that asks for a trace of another kind gets none
            self.tracer.set(params.get("trace", "off"))
        self.process_id = params.get("processId")
        if self.process_id is not None and self._parent_watch is None:
            watch = ParentWatch(self.process_id, lambda: self.stop_from_thread("its parent is gone"))
            self._parent_watch = watch if watch.start() else None

    def warm_up(self) -> None:
        """Get ready for the client's first requests while it is still idle; once."""
        if not self._warm:
            self._warm = True
            self.spawn(warm_up(self.protocol.codec, tuple(self.protocol.fm.features)), "warm up")

    def stop(self, reason: str) -> None:
        """End the connection; only the first call counts."""
        if not self.stopped.is_set():
            log.info("stopping: %s", reason)
            self.stopped.set()

    def stop_from_thread(self, reason: str) -> None:
        """Do what ``stop`` does, from any thread."""
        self._on_ending()
        with suppress(RuntimeError):  # the loop is closed: the connection has ended already
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self.stop, reason)

    async def close(self) -> None:
        """Cancel what is in flight and free what is held."""
        if self._parent_watch is not None:
            self._parent_watch.stop()
        await self.protocol.close()

    # -- what pygls offers and this server must not have

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log it; a popup in the editor is no place for a traceback."""
        log.error("%s", error, exc_info=error)

    @property
    def workspace(self) -> Never:
        """Refuse: pygls' documents are read from disk when they are not open."""
        raise TypeError("use server.documents and server.folders")

    @property
    def client_capabilities(self) -> Never:
        """Refuse: the typed form takes a quarter of a second to build."""
        raise TypeError("use server.client, or server.initialize_params for the raw JSON")

    @property
    def work_done_progress(self) -> Never:
        """Refuse: its tokens are never freed."""
        raise TypeError("use server.reporter")

    def start_io(self, *_: Any, **__: Any) -> Never:
        """Refuse; ``serve_stdio`` and ``serve_tcp`` are the hardened ways in."""
        raise TypeError("use serve_stdio(server) or serve_tcp(server, host, port)")

    start_tcp = start_ws = start_io

    def thread(self) -> Never:
        """Refuse: a thread cannot be cancelled and would hold up the exit; use ``asyncio.to_thread``."""
        raise TypeError("await asyncio.to_thread(…) inside an async handler instead")

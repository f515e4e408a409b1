"""Work-done progress that always ends, never goes back and never floods the client.

A progress of our own needs the client's leave first (``window/workDoneProgress/create``). That request goes
out at once and the begin follows the answer. A client that is slow to answer gets the begin after
``PATIENCE`` seconds all the same: it reads messages in order, so it knows the token by then. A client that
refuses, or has no progress, gets log messages and, for a ``loud`` progress, a message at begin and end.
"""

import asyncio
import inspect
import logging
from collections.abc import Callable, Coroutine
from itertools import count
from types import TracebackType
from typing import Any, Protocol, Self

from pygls.exceptions import JsonRpcException

from codecompanion.server.wire.capabilities import ClientFeatures
from codecompanion.server.wire.commands import ProgressToken
from codecompanion.server.wire.envelope import is_message_id
from codecompanion.server.wire.errors import ConnectionClosed

log = logging.getLogger(__name__)

PATIENCE = 1.0
REPORT_INTERVAL = 0.05
MESSAGE_INTERVAL = 1.0

_INFO, _LOG = 3, 4


class Wire(Protocol):
    """What progress needs of the server."""

    @property
    def client(self) -> ClientFeatures:
        """What the client can do."""
        ...

    def notify(self, method: str, params: Any, *, droppable: bool = ..., key: Any = ...) -> None:
        """Send a notification."""
        ...

    async def request(self, method: str, params: Any = ..., *, timeout: float | None = ...) -> Any:
        """Send a request and return its result."""
        ...

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Start a background task."""
        ...


class _TokenSink:
    """Shows a progress in the client's own way."""

    interval = REPORT_INTERVAL

    def __init__(self, wire: Wire, token: ProgressToken) -> None:
        self._wire = wire
        self._token = token

    def begin(self, title: str, cancellable: bool, message: str, percentage: int | None) -> None:
        self._send("begin", {"title": title, "cancellable": cancellable}, message, percentage)

    def report(self, message: str, percentage: int | None) -> None:
        self._send("report", {}, message, percentage, droppable=True)

    def end(self, message: str) -> None:
        self._send("end", {}, message, None)

    def _send(
        self, kind: str, value: dict[str, Any], message: str, percentage: int | None, droppable: bool = False
    ) -> None:
        value["kind"] = kind
        if message:
            value["message"] = message
        if percentage is not None:
            value["percentage"] = percentage
        params = {"token": self._token, "value": value}
        self._wire.notify("$/progress", params, droppable=droppable, key=("$/progress", self._token))


class _MessageSink:
    """Tells of a progress in messages, for a client that has nothing better."""

    interval = MESSAGE_INTERVAL

    def __init__(self, wire: Wire, title: str, loud: bool) -> None:
        self._wire = wire
        self._title = title
        self._edges = "window/showMessage" if loud else "window/logMessage"

    def begin(self, title: str, cancellable: bool, message: str, percentage: int | None) -> None:
        self._send(self._edges, _INFO, message or "started")

    def report(self, message: str, percentage: int | None) -> None:
        share = "" if percentage is None else f"{percentage} %"
        self._send("window/logMessage", _LOG, " ".join(filter(None, (message, share))))

    def end(self, message: str) -> None:
        self._send(self._edges, _INFO, message or "finished")

    def _send(self, method: str, kind: int, message: str) -> None:
        droppable = method == "window/logMessage"
        self._wire.notify(method, {"type": kind, "message": f"{self._title}: {message}"}, droppable=droppable)


class WorkDoneProgress:
    """One piece of work as the user sees it; also a context manager that ends it.

    Invariants: begin, reports and end go out in this order, begin and end once each; the percentage never
    falls; at most one report per interval, the latest. Calls after the end do nothing.
    """

    def __init__(
        self, title: str, *, cancellable: bool, message: str, percentage: int | None, on_end: Callable[[], None]
    ) -> None:
        self.title = title
        self.cancelled = False
        self._cancellable = cancellable
        self._message = message
        self._percentage = _share(percentage)
        self._final: str | None = None
        self._on_end = on_end
        self._sink: _TokenSink | _MessageSink | None = None
        self._last_report = float("-inf")
        self._timer: asyncio.TimerHandle | None = None

    @property
    def ended(self) -> bool:
        """Whether ``end`` was called."""
        return self._final is not None

    def report(self, message: str = "", percentage: int | None = None) -> None:
        """Show how far the work is: plain words and a share of 100; what is left out stays as it was."""
        if self.ended:
            return
        self._message = message or self._message
        if percentage is not None:
            self._percentage = max(_share(percentage) or 0, self._percentage or 0)
        if self._sink is None or self._timer is not None:
            return
        loop = asyncio.get_running_loop()
        wait = self._last_report + self._sink.interval - loop.time()
        if wait <= 0:
            self._send_report()
        else:
            self._timer = loop.call_later(wait, self._send_report)

    def end(self, message: str = "") -> None:
        """End it, with a last word; only the first call counts."""
        if self.ended:
            return
        self._final = message
        if self._timer is not None:
            self._timer.cancel()
        if self._sink is not None:
            self._sink.end(message)
        self._on_end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.end()
        else:
            self.end("stopped" if issubclass(kind, asyncio.CancelledError) else "failed")

    def show_in(self, sink: _TokenSink | _MessageSink) -> None:
        """Go on in ``sink``; the first one gets the begin, and the end too if that has come meanwhile."""
        first = self._sink is None
        self._sink = sink
        if first:
            sink.begin(self.title, self._cancellable, self._message, self._percentage)
            if self._final is not None:
                sink.end(self._final)

    @property
    def shown(self) -> bool:
        """Whether the begin has gone out."""
        return self._sink is not None

    def _send_report(self) -> None:
        self._timer = None
        self._last_report = asyncio.get_running_loop().time()
        if self._sink is not None:
            self._sink.report(self._message, self._percentage)


class ProgressReporter:
    """Begins progress and routes the client's cancel button. A token lives from begin to end."""

    def __init__(self, wire: Wire, *, patience: float = PATIENCE) -> None:
        self._wire = wire
        self._patience = patience
        self._numbers = count(1)
        self._open: dict[ProgressToken, tuple[WorkDoneProgress, Callable[[], Any] | None]] = {}
        self._adopted: set[ProgressToken] = set()

    def __len__(self) -> int:
        return len(self._open)

    def begin(
        self,
        title: str,
        *,
        message: str = "",
        percentage: int | None = None,
        on_cancel: Callable[[], Any] | None = None,
        token: ProgressToken | None = None,
        name: str = "",
        loud: bool = True,
    ) -> WorkDoneProgress:
        """Begin a progress; with ``on_cancel`` (plain or async) the client offers to cancel it.

        ``token`` is one the client sent with a request (``CommandCall.work_done_token``): its progress is
        ended, if need be, when that request is answered. Without it the progress is our own and may last;
        ``name`` is then its token.
        """
        adopted = token is not None
        own = (name or f"orchestra/{next(self._numbers)}") if token is None else token
        if own in self._open:
            raise ValueError(f"the progress token {own!r} is in use already; begin a progress only once")
        progress = WorkDoneProgress(
            title,
            cancellable=on_cancel is not None,
            message=message,
            percentage=percentage,
            on_end=lambda: self._forget(own),
        )
        self._open[own] = (progress, on_cancel)
        if adopted:
            self._adopted.add(own)
            progress.show_in(_TokenSink(self._wire, own))
        elif self._wire.client.progress:
            self._wire.spawn(self._create(own, progress, loud), f"create progress {own}")
        else:
            progress.show_in(_MessageSink(self._wire, title, loud))
        return progress

    def cancelled(self, token: Any) -> None:
        """Take in the client's ``window/workDoneProgress/cancel``; only the first one counts."""
        progress, on_cancel = self._open.get(token, (None, None)) if is_message_id(token) else (None, None)
        if progress is None or progress.cancelled:
            log.debug("ignoring a cancel of progress %r, which is not open", token)
            return
        progress.cancelled = True
        outcome = on_cancel() if on_cancel is not None else None
        if inspect.iscoroutine(outcome):
            self._wire.spawn(outcome, f"cancel {progress.title}")

    def answered(self, token: Any) -> None:
        """End a progress whose token the client gave for one request, which is being answered now."""
        if is_message_id(token) and token in self._adopted:
            self._open[token][0].end()

    def close(self) -> None:
        """End whatever is still open."""
        for progress, _ in list(self._open.values()):
            progress.end("the server is shutting down")

    async def _create(self, token: ProgressToken, progress: WorkDoneProgress, loud: bool) -> None:
        sink = _TokenSink(self._wire, token)
        timer = asyncio.get_running_loop().call_later(self._patience, progress.show_in, sink)
        try:
            await self._wire.request("window/workDoneProgress/create", {"token": token})
        except (JsonRpcException, ConnectionClosed) as refusal:
            log.info("the client refused progress %r: %s", token, refusal)
            progress.show_in(_MessageSink(self._wire, progress.title, loud))
        else:
            if not progress.shown:
                progress.show_in(sink)
        finally:
            timer.cancel()

    def _forget(self, token: ProgressToken) -> None:
        self._open.pop(token, None)
        self._adopted.discard(token)


def _share(percentage: int | None) -> int | None:
    return None if percentage is None else min(max(round(percentage), 0), 100)

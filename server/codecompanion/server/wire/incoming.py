"""Requests the client waits for."""

import asyncio
import inspect
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInternalError,
    JsonRpcInvalidRequest,
    JsonRpcRequestCancelled,
)

from codecompanion.server.wire.background import wait_for_end
from codecompanion.server.wire.envelope import MessageId, Request
from codecompanion.server.wire.errors import ServerCancelled, as_rpc_error

log = logging.getLogger(__name__)

SLOW_TURN = 0.1
"""Seconds of work on the loop's thread after which the log names who held it."""


@dataclass(slots=True, eq=False)
class _InFlight:
    request: Request
    task: asyncio.Task[Any]
    cancelled_by: JsonRpcException | None = None


class IncomingRequests:
    """Runs request handlers. Invariant: every request given to ``run`` is answered exactly once.

    ``answer`` gets the request, and its result or its error; ``translate`` makes an exception the error.
    """

    def __init__(
        self,
        answer: Callable[[Request, Any, JsonRpcException | None], None],
        translate: Callable[[BaseException], JsonRpcException] = as_rpc_error,
    ) -> None:
        self._answer = answer
        self._translate = translate
        self._in_flight: dict[MessageId, _InFlight] = {}

    def __len__(self) -> int:
        return len(self._in_flight)

    def run(self, request: Request, handler: Callable[[Request], Any]) -> None:
        """Call ``handler`` now; if it returns a coroutine, answer when that is done."""
        if request.id in self._in_flight:
            taken = JsonRpcInvalidRequest(f"The id {request.id!r} belongs to a request still being worked on")
            self._answer(request, None, taken)
            return
        try:
            result = timed_call(request.method, handler, request)
        except Exception as problem:  # noqa: BLE001 (the boundary: it becomes the answer, and is logged)
            self._fail(request, problem)
            return
        if not inspect.iscoroutine(result):
            self._answer(request, result, None)
            return
        task = asyncio.get_running_loop().create_task(result, name=request.method)
        entry = _InFlight(request, task)
        self._in_flight[request.id] = entry
        task.add_done_callback(partial(self._settle, entry))

    def cancel(self, request_id: Any) -> None:
        """Cancel at the client's wish; a request already answered, or never made, is ignored."""
        if isinstance(request_id, int | str) and (entry := self._in_flight.get(request_id)):
            self._cancel(entry, JsonRpcRequestCancelled("Cancelled by the client"))

    async def cancel_all(self, grace: float, *, keep: str = "") -> None:
        """Cancel everything but requests for the method ``keep`` and wait up to ``grace`` seconds."""
        entries = [entry for entry in self._in_flight.values() if entry.request.method != keep]
        for entry in entries:
            self._cancel(entry, ServerCancelled())
        await wait_for_end({entry.task for entry in entries}, grace)
        for entry in entries:
            if self._in_flight.get(entry.request.id) is entry:
                self._settle_early(entry)

    async def finish(self, grace: float) -> None:
        """Wait up to ``grace`` seconds for everything in flight to be answered."""
        await wait_for_end({entry.task for entry in self._in_flight.values()}, grace)

    def _cancel(self, entry: _InFlight, reason: JsonRpcException) -> None:
        entry.cancelled_by = entry.cancelled_by or reason
        entry.task.cancel()

    def _settle(self, entry: _InFlight, task: asyncio.Task[Any]) -> None:
        if self._in_flight.get(entry.request.id) is not entry:
            return  # answered early; its end no longer matters
        del self._in_flight[entry.request.id]
        if task.cancelled():
            self._answer(entry.request, None, entry.cancelled_by or ServerCancelled("The work was cancelled"))
        elif (problem := task.exception()) is not None:
            self._fail(entry.request, problem)
        else:
            self._answer(entry.request, task.result(), None)

    def _settle_early(self, entry: _InFlight) -> None:
        del self._in_flight[entry.request.id]
        self._answer(entry.request, None, entry.cancelled_by)

    def _fail(self, request: Request, problem: BaseException) -> None:
        error = self._translate(problem)
        if isinstance(error, JsonRpcInternalError):
            log.error("%s failed", request.method, exc_info=problem)
        else:
            log.info("%s was refused: %s", request.method, error.message)
        self._answer(request, None, error)


def timed_call(name: str, handler: Callable[..., Any], *args: Any) -> Any:
    """Call ``handler`` and log when it holds the loop for longer than ``SLOW_TURN``."""
    start = time.perf_counter()
    try:
        return handler(*args)
    finally:
        if (took := time.perf_counter() - start) > SLOW_TURN:
            log.warning("%s held the event loop for %.0f ms", name, took * 1000)

"""Requests the server makes of the client."""

import asyncio
import logging
from collections.abc import Callable
from itertools import count
from typing import Any

from pygls.exceptions import JsonRpcException

from codecompanion.server.wire.envelope import Response
from codecompanion.server.wire.errors import ConnectionClosed

log = logging.getLogger(__name__)

_UNKNOWN_ERROR = -32001


class OutgoingRequests:
    """Matches the client's answers to our requests.

    Invariant: an entry lives from its sending to its answer, timeout or cancellation, whichever is first; an
    answer that comes later is ignored.
    """

    def __init__(self, send: Callable[[dict[str, Any]], None]) -> None:
        self._send = send
        self._ids = count(1)
        self._waiting: dict[Any, asyncio.Future[Any]] = {}
        self._closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    async def ask(self, method: str, params: Any, timeout: float | None) -> Any:
        """Return the client's raw result.

        Raises ``JsonRpcException`` when the client answers with an error, ``TimeoutError`` after ``timeout``
        seconds, ``ConnectionClosed`` when it goes away. When the wait ends early, by timeout or by
        cancellation, the client is told with ``$/cancelRequest``.
        """
        if self._closed:
            raise ConnectionClosed(f"the client is gone, {method} was not sent")
        request_id = next(self._ids)
        answer = self._waiting[request_id] = asyncio.get_running_loop().create_future()
        try:
            self._send({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params})
            async with asyncio.timeout(timeout):
                return await answer
        except TimeoutError:
            self._give_up(request_id)
            raise TimeoutError(f"the client did not answer {method} within {timeout} s") from None
        except asyncio.CancelledError:
            self._give_up(request_id)
            raise
        finally:
            self._waiting.pop(request_id, None)

    def settle(self, response: Response) -> None:
        """Hand the client's answer to whoever waits for it."""
        # 1.0 finds 1: some Lua clients write whole numbers so. True must not.
        known = isinstance(response.id, int | float | str) and not isinstance(response.id, bool)
        answer = self._waiting.pop(response.id, None) if known else None
        if answer is None or answer.done():
            log.debug("ignoring an answer nobody waits for, id %r", response.id)
        elif response.error is not None:
            _fail(answer, _as_exception(response.error))
        else:
            answer.set_result(response.result)

    def close(self) -> None:
        """Fail every request still waiting, and all later ones."""
        self._closed = True
        for answer in self._waiting.values():
            if not answer.done():
                _fail(answer, ConnectionClosed("the client went away before it answered"))

    def _give_up(self, request_id: int) -> None:
        if self._waiting.pop(request_id, None) is not None:
            self._send({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": request_id}})


def _fail(answer: asyncio.Future[Any], error: Exception) -> None:
    answer.set_exception(error)
    # Marks the error as seen: whoever waited may be cancelled in this same turn of the loop.
    answer.exception()


def _as_exception(error: Any) -> JsonRpcException:
    if not isinstance(error, dict):
        return JsonRpcException(f"the client answered with a malformed error: {error!r}", _UNKNOWN_ERROR)
    code = error.get("code")
    return JsonRpcException(
        str(error.get("message") or "the client gave no reason"),
        code if isinstance(code, int) else _UNKNOWN_ERROR,
        error.get("data"),
    )

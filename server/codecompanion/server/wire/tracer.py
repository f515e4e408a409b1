"""What the client is told of the server's work while it asks for that: ``$/logTrace``.

At "messages" a line names a message and says how long its answer took; nothing that is in a message is told:
no parameter, no result, no text of a file. At "verbose" that comes along, shortened and with secrets hidden,
but never of the messages that carry settings, since people do put keys there. The log has the lines of
"messages" at "debug".
"""

import logging
import time
from collections.abc import Callable
from enum import Enum
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from codecompanion.server.wire.envelope import (
    Malformed,
    Message,
    MessageId,
    Notification,
    Request,
    Response,
    is_message_id,
)

log = logging.getLogger(__name__)

LONGEST_DETAIL = 8_000
"""Characters of what is in one message."""
_LONGEST_SECRET = 8_000
"""Characters looked at beyond those: a secret that is cut in two would not be known any more."""
_CARRY_SETTINGS = frozenset(
    {types.INITIALIZE, types.WORKSPACE_CONFIGURATION, types.WORKSPACE_DID_CHANGE_CONFIGURATION}
)
_HIDDEN = "(settings are not traced)"
_UNKNOWN = ("", 0.0)


class Level(Enum):
    """How much is told; VS Code's library knows a fourth word, which differs in its own output only."""

    OFF = "off"
    MESSAGES = "messages"
    VERBOSE = "verbose"

    @classmethod
    def _missing_(cls, value: object) -> "Level | None":
        return cls.MESSAGES if value == "compact" else None


class Tracer:
    """Follows the messages of one connection, from ``initialize`` or ``$/setTrace`` on.

    ``tell`` sends the parameters of one ``$/logTrace``, ``as_text`` writes what is in a message, ``redact``
    takes the secrets out of a text.
    """

    def __init__(
        self,
        tell: Callable[[dict[str, str]], None],
        as_text: Callable[[Any], str],
        redact: Callable[[str], str],
    ) -> None:
        self._tell = tell
        self._as_text = as_text
        self._redact = redact
        self._level = Level.OFF
        self._unanswered: dict[tuple[bool, Any], tuple[str, float]] = {}

    def set(self, value: object) -> None:
        """Tell as much as a client's ``TraceValue`` says; raises ``JsonRpcInvalidParams`` for another value."""
        try:
            self._level = Level(value)
        except ValueError:
            known = ", ".join(level.value for level in Level)
            raise JsonRpcInvalidParams(f"unknown trace {value!r}; known: {known}"[:300]) from None
        if self._is_idle():
            self._unanswered.clear()

    def note(self, line: str, detail: Callable[[], Any]) -> None:
        """Tell of a step of the server's own; ``detail`` gives, as JSON, what only "verbose" is told."""
        if self._level is not Level.OFF:
            self._say(line, detail)

    def received(self, message: Message) -> None:
        """Tell of a message of the client's."""
        if self._is_idle():
            return
        match message:
            case Request(id=number, method=method, params=params):
                self._say(f"received request {self._begun(False, number, method)}", _of(method, params))
            case Notification(method=method, params=params):
                self._say(f"received notification {_named(method)}", _of(method, params))
            case Response(id=number, result=result, error=error):
                self._answered("received", True, number, result, error)
            case Malformed(id=number):
                self._say(f"received a malformed message ({_shown(number)})", lambda: None)

    def sent(self, message: dict[str, Any]) -> None:
        """Tell of a message of ours that is on its way."""
        method, number = message.get("method"), message.get("id")
        if method == types.LOG_TRACE or self._is_idle():
            return
        if method is None:
            self._answered("sent", False, number, message.get("result"), message.get("error"))
        elif number is None:
            if method == types.CANCEL_REQUEST:
                self._unanswered.pop((True, message["params"]["id"]), None)
            self._say(f"sent notification {_named(method)}", _of(method, message.get("params")))
        else:
            self._say(f"sent request {self._begun(True, number, method)}", _of(method, message.get("params")))

    def _is_idle(self) -> bool:
        return self._level is Level.OFF and not log.isEnabledFor(logging.DEBUG)

    def _begun(self, ours: bool, number: MessageId, method: str) -> str:
        self._unanswered[ours, number] = method, time.perf_counter()
        return f"{_named(method)} ({_shown(number)})"

    def _answered(self, verb: str, ours: bool, number: Any, result: Any, error: Any) -> None:
        known = is_message_id(number) or isinstance(number, float)
        method, begun = self._unanswered.pop((ours, number), _UNKNOWN) if known else _UNKNOWN
        kind = "answer" if error is None else f"error {_code(error)}"
        took = f" after {(time.perf_counter() - begun) * 1000:.1f} ms" if method else ""
        line = f"{verb} {kind} to {_named(method) if method else 'a request'} ({_shown(number)}){took}"
        self._say(line, _of(method, result if error is None else error))

    def _say(self, line: str, detail: Callable[[], Any]) -> None:
        log.debug("%s", line)
        if self._level is Level.MESSAGES:
            self._tell({"message": line})
        elif self._level is Level.VERBOSE:
            self._tell({"message": line, "verbose": self._readable(detail())})

    def _readable(self, value: Any) -> str:
        text = self._as_text(value)
        shown = self._redact(text[: LONGEST_DETAIL + _LONGEST_SECRET])
        left_out = max(len(text), len(shown)) - LONGEST_DETAIL
        return shown if left_out <= 0 else f"{shown[:LONGEST_DETAIL]}… ({left_out:,} more characters)"


def _of(method: str, value: Any) -> Callable[[], Any]:
    return lambda: _HIDDEN if method in _CARRY_SETTINGS else value


def _named(method: str) -> str:
    return repr(method[:200])


def _shown(number: object) -> str:
    return repr(number)[:60]


def _code(error: Any) -> Any:
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) else "without a code"

"""The log: lines on stderr (stdout belongs to the protocol), with secrets and control characters taken out."""

import logging
import sys
import threading
from logging import LogRecord
from types import TracebackType
from typing import TextIO

from codecompanion.server.settings.redaction import Redactor, plain

LEVELS = ("debug", "info", "warning", "error")
CHATTY = ("pygls", "httpx", "httpcore", "openai", "anthropic", "google_genai", "asyncio")
"""Libraries that log whole requests or documents at "info"."""

redactor = Redactor()
"""The process's one redactor; it learns every key as the settings are read."""

_log = logging.getLogger(__name__)


class CleanFormatter(logging.Formatter):
    """Formats a record and then cleans the result.

    Cleaning the finished text, not the record's parts, is what makes this the one choke point: arguments,
    tracebacks and stack traces are all in it. Follow-up lines are indented, so that no message can pass for
    a record of its own.
    """

    def __init__(self, redact: Redactor) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._redact = redact

    def format(self, record: LogRecord) -> str:
        return plain(self._redact(super().format(record))).replace("\n", "\n    ")


class CleanHandler(logging.StreamHandler[TextIO]):
    """Writes cleaned lines; a record that cannot be formatted is named, not dumped with its arguments."""

    def handleError(self, record: LogRecord) -> None:  # noqa: N802 - the standard library's name
        fault = sys.exc_info()[0]
        name = fault.__name__ if fault else "unknown"
        try:
            self.stream.write(
                f"a log line of {record.name} line {record.lineno} could not be written: {name}\n"
            )
        except (OSError, ValueError):
            # the stream itself is gone: there is nowhere left to say it
            return


def configure_logging(level: str, stream: TextIO | None = None, *, redact: Redactor = redactor) -> None:
    """Send all logging of ``level`` and above to ``stream`` (stderr by default), replacing earlier set-ups.

    Also routes what Python itself would print raw: warnings and exceptions nobody caught.
    """
    handler = CleanHandler(stream if stream is not None else sys.stderr)
    handler.setFormatter(CleanFormatter(redact))
    root = logging.getLogger()
    for old in [old for old in root.handlers if isinstance(old, CleanHandler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    set_log_level(level)
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread


def set_log_level(level: str) -> None:
    """Set how much is logged; libraries that log whole requests stay quiet except at "debug"."""
    logging.getLogger().setLevel(level.upper())
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.NOTSET if level == "debug" else logging.WARNING)


def note_fault(fault: BaseException) -> None:
    """Log a fault of our own that ends a command, with its traceback for those who ask for "debug"."""
    _log.debug("a fault ended the command", exc_info=fault)


def _log_uncaught(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    _log.critical("nobody caught this fault", exc_info=(kind, fault, trace))


def _log_uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
        _log_uncaught(args.exc_type, args.exc_value, args.exc_traceback)

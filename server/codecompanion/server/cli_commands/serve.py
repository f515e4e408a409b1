"""`orchestra serve`: sets the log up and hands over to the language server."""

import os
import sys
from typing import TextIO

from codecompanion.server.logs import LEVELS, configure_logging
from codecompanion.server.settings.problems import SettingsError


def serve(tcp: tuple[str, int] | None, log_level: str | None, log_file: str | None) -> int:
    """Serve one editor and return the exit code; ``tcp`` None means standard input and output.

    The level is that of the command line, else that of the environment until the settings are read.
    """
    configure_logging(log_level or _level_of_environment(), _log_stream(log_file))
    from codecompanion.server.app import serve_editor  # noqa: PLC0415 - after the log, which it writes to

    return serve_editor(tcp=tcp, log_level=log_level)


def _level_of_environment() -> str:
    # wrong values are told when the settings are read, in one place
    level = os.environ.get("ORCHESTRA_LOG_LEVEL", "").lower()
    return level if level in LEVELS else "info"


def _log_stream(log_file: str | None) -> TextIO:
    if log_file is None:
        return sys.stderr
    try:
        return open(
            log_file, "a", encoding="utf-8", errors="backslashreplace", buffering=1, opener=_for_the_owner_only
        )
    except OSError as fault:
        raise SettingsError(
            [f"the log file {log_file!r} cannot be opened: {fault.strerror}; give another with --log-file"]
        ) from None


def _for_the_owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)

"""The whole log as JSON lines: for other programs, and for safekeeping that outlives any database format."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from codecompanion.contracts.database_reports import LogExport
from codecompanion.contracts.errors import WorkspaceError
from codecompanion.memory.beside import ask_beside
from codecompanion.memory.engine import snapshot
from codecompanion.memory.sqlite import sqlite3

_EVENTS = """
SELECT position, run_id, version, at, actor, priority, correlation_id, causation_id, hex(link),
    CAST(body AS BLOB)
FROM events ORDER BY position
"""
_NAMES = ("position", "runId", "version", "at", "actor", "priority", "correlationId", "causationId", "link")


def export_log(folder: Path, target: Path, *, force: bool = False) -> LogExport:
    """Write every event to ``target``, one JSON object a line; blocks. May be done beside the owner.

    ``link`` and the exact text of ``event`` let a reader check the chain. A file that is there is only replaced
    with ``force``, and only by a whole one. Raises ``WorkspaceError`` or ``StorageError``.
    """
    if target.exists() and not force:
        raise WorkspaceError(f"{target} exists already: name another file, or replace it with force")
    partial = target.with_name(f"{target.name}.partial")
    try:
        events = ask_beside(folder, lambda connection: _write(connection, partial))
        size = partial.stat().st_size
        _move(partial, target, force=force)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise WorkspaceError(
            f"the log cannot be exported to {target}: {error.strerror or error}; choose another place"
        ) from error
    return LogExport(path=str(target), events=events, size=size)


def _move(partial: Path, target: Path, *, force: bool) -> None:
    if force:
        partial.replace(target)
        return
    # unlike a rename, a link is refused when the name was taken meanwhile
    os.link(partial, target)
    partial.unlink()


def _write(connection: sqlite3.Connection, partial: Path) -> int:
    events = 0
    with open(partial, "w", encoding="utf-8", opener=_for_the_owner_only) as file, snapshot(connection):
        for line in _lines(connection):
            file.write(line)
            events += 1
        file.flush()
        os.fsync(file.fileno())
    return events


def _lines(connection: sqlite3.Connection) -> Iterator[str]:
    for *fields, body in connection.execute(_EVENTS):
        head = json.dumps(dict(zip(_NAMES, fields, strict=True)))
        yield f'{head[:-1]}, "event": {_as_json(body)}}}\n'


def _as_json(body: bytes) -> str:
    """Return the body as it is where it is JSON, else as a string: a damaged one must not spoil the file."""
    text = body.decode("utf-8", "replace")
    try:
        json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return json.dumps(text)
    return text


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _for_the_owner_only(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o600)

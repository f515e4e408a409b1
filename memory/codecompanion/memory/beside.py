"""Looking into a log that may belong to another process, without owning it and without writing to it."""

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.memory import engine
from codecompanion.memory.data_folder import DATABASE_NAME, closed_folder, refuse_links
from codecompanion.memory.schema import format_of, require_ours, shipped_migrations
from codecompanion.memory.sqlite import sqlite3

Answer = TypeVar("Answer")


def require_log(folder: Path) -> Path:
    """Return the path of the log in a data folder; raises ``WorkspaceError`` where none can be found."""
    path = folder / DATABASE_NAME
    try:
        refuse_links(folder)
        found = path.exists()
    except OSError as error:
        raise closed_folder(folder, error) from error
    if not found:
        raise WorkspaceError(f"there is no run log at {path} yet: it begins with the first run")
    return path


def ask_beside(folder: Path, question: Callable[[sqlite3.Connection], Answer]) -> Answer:
    """Answer a question about the log in a data folder; blocks. Raises ``WorkspaceError`` or ``StorageError``.

    The connection is a new one each time: the owner may have set a damaged file aside and gone on with another
    of its name.
    """
    path = require_log(folder)
    try:
        with closing(engine.connect_beside(path, immutable=_is_immutable(path))) as connection:
            _require_readable(connection, path)
            return question(connection)
    except sqlite3.Error as error:
        raise engine.in_plain_words(error, path) from error


def _is_immutable(path: Path) -> bool:
    """Whether the file cannot change: on a read-only disk, where no side file could be made to read it with."""
    return not os.access(path.parent, os.W_OK) and not Path(f"{path}-wal").exists()


def _require_readable(connection: sqlite3.Connection, path: Path) -> None:
    migrations = shipped_migrations()
    require_ours(connection, path, migrations)
    found, known = format_of(connection), migrations[-1].number
    if found < known:
        raise WorkspaceError(
            f"{path} is still kept by an older release (format {found}, this one reads {known}): "
            "it is brought up to date when this release opens it for writing"
        )

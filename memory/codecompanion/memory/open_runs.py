"""Which runs of a log have no end: a quick look, without owning or opening the log."""

from pathlib import Path

from codecompanion.contracts.event_text import event_name
from codecompanion.memory.beside import ask_beside
from codecompanion.memory.data_folder import LOCK_NAME, noted_owner
from codecompanion.memory.owner_lock import is_held
from codecompanion.memory.sqlite import sqlite3

_LAST_EVENTS = """
SELECT first.run_id, (
    SELECT body FROM events AS last WHERE last.run_id = first.run_id ORDER BY version DESC LIMIT 1
)
FROM events AS first WHERE first.version = 1 AND first.run_id NOT LIKE '~%'
"""


def open_runs(folder: Path) -> list[str]:
    """Return the ids of the runs in a data folder's log whose last event is not their end; blocks.

    Raises ``WorkspaceError`` or ``StorageError`` where the log cannot be read beside others.
    """
    return ask_beside(folder, _without_end)


def _without_end(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute(_LAST_EVENTS)
    return [run_id for run_id, body in rows if event_name(body) != "run_finished"]


def nobody_owns(folder: Path) -> bool:
    """Whether no process is at work with the log; one that was killed is not."""
    return noted_owner(folder) is None or not is_held(folder / LOCK_NAME)

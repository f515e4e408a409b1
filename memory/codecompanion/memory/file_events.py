"""Looking through the log of all runs for what concerns one file, or waits for a person.

The type of an event is told from the beginning of its text, which every release has written the same way.
"""

import json

from codecompanion.contracts.events import Recorded
from codecompanion.contracts.ids import RunId
from codecompanion.memory.event_reading import readable_events
from codecompanion.memory.sqlite import sqlite3

_OF_FILES = (
    "base_kept",
    "edit_proposed",
    "edit_settled",
    "document_*",
    "changes_*",
    "edits_undone",
    "typing_cut",
)


def events_of_file(connection: sqlite3.Connection, path: str, after: int) -> list[Recorded]:
    """Return the events after a place of the log, in order, that tell of a file at ``path``.

    Others that only name the path may be among them.
    """
    kinds = " OR ".join(["body GLOB ?"] * len(_OF_FILES))
    globs = [f'{{"event":"{kind}"*' for kind in _OF_FILES]
    # both serialisers that events are stored by: with other letters as they are, and with all of them escaped
    names = (json.dumps(path, ensure_ascii=False), json.dumps(path))
    condition = f"position > ? AND ({kinds}) AND (instr(body, ?) OR instr(body, ?))"
    return readable_events(connection, condition, (after, *globs, *names))


def forked_runs(connection: sqlite3.Connection, after: int = 0) -> frozenset[RunId]:
    """Return the runs that were taken from others after a place of the log: they work in their own folders."""
    rows = connection.execute(
        """SELECT DISTINCT run_id FROM events WHERE position > ? AND body GLOB '{"event":"run_forked"*'""",
        (after,),
    )
    return frozenset(str(run_id) for (run_id,) in rows)


def runs_that_wait(connection: sqlite3.Connection) -> list[RunId]:
    """Return the runs that had edits waiting for a person, or parts of edits kept back, oldest first."""
    rows = connection.execute(
        """SELECT run_id FROM events WHERE body GLOB '{"event":"edit_settled"*' """
        """AND (instr(body, '"state":"pending"') OR instr(body, '"held":[{')) """
        "GROUP BY run_id ORDER BY min(position)"
    )
    return [str(run_id) for (run_id,) in rows]

"""What a person decided about agents' edits: undone, let in, turned down; in a stream of its own, `CHANGES`.

A run's own stream ends with its `RunFinished`, and most of this comes later. Texts are never kept as a whole
here: what an event changed is told from the agents' edits in the log.
"""

from typing import Literal

from codecompanion.contracts.base import Contract
from codecompanion.contracts.document_events import TextChange
from codecompanion.contracts.ids import EditId, RunId, TaskId

CHANGES = "~changes"


class FileUndone(Contract):
    """What undoing did to one file: ``removed`` is a file that an agent had made, ``restored`` one it removed.

    ``sha256`` is that of the text afterwards, empty where there is no file.
    """

    path: str
    change: Literal["changed", "removed", "restored"]
    sha256: str = ""


class EditsUndone(Contract):
    """Edits of a run were taken out of the files; ``again`` says that an undo was taken back by this.

    ``role`` and ``task_id`` say whose part was meant, empty for the whole run. ``edits`` are those that are
    wholly undone; ``kept`` has a sentence for everything that stayed because someone changed it since.
    """

    event: Literal["edits_undone"] = "edits_undone"
    undo_id: str
    run_id: RunId
    role: str = ""
    task_id: TaskId = ""
    again: bool = False
    edits: tuple[EditId, ...]
    files: tuple[FileUndone, ...] = ()
    kept: tuple[str, ...] = ()


class ChangesAccepted(Contract):
    """What waited for the person's word is in their file now.

    ``changes`` are what was let in of it, as changes of the text that the run began with or that was let in
    before; ``whole`` says that it was all that waited in the file. ``accept_id`` names this landing as the id
    of an edit does. ``part`` is set instead for a place where the person's own text had won: ``edit_id#nth``.
    """

    event: Literal["changes_accepted"] = "changes_accepted"
    accept_id: EditId
    run_id: RunId
    path: str
    changes: tuple[TextChange, ...] = ()
    whole: bool = False
    part: str = ""
    sha256: str = ""


class ChangesRejected(Contract):
    """What waited for the person's word will not come; the fields are as in `ChangesAccepted`.

    ``changes`` are what is taken out of the text that waited.
    """

    event: Literal["changes_rejected"] = "changes_rejected"
    run_id: RunId
    path: str
    changes: tuple[TextChange, ...] = ()
    whole: bool = False
    part: str = ""

"""What was done with whole runs and with the log itself, in a stream of its own, `SESSIONS`.

A run's own stream ends with its `RunFinished`; its name, its place in the archive and its removal stand here.
"""

from typing import Literal

from codecompanion.contracts.base import Contract
from codecompanion.contracts.ids import RunId

SESSIONS = "~sessions"


class LogOpened(Contract):
    """A program took the log over; ``notices`` say what had to be mended, such as a restored backup."""

    event: Literal["log_opened"] = "log_opened"
    program: str
    notices: tuple[str, ...] = ()


class RunRenamed(Contract):
    event: Literal["run_renamed"] = "run_renamed"
    run_id: RunId
    title: str


class RunArchived(Contract):
    """Archived runs are kept and left out of the usual list; ``archived`` False takes one back."""

    event: Literal["run_archived"] = "run_archived"
    run_id: RunId
    archived: bool = True


class RunSetAside(Contract):
    """The run's history cannot be followed any more: it is kept as it is and never gone on with."""

    event: Literal["run_set_aside"] = "run_set_aside"
    run_id: RunId
    reason: str


class RunRemoved(Contract):
    """The clean-up removed an ended run; ``last_link`` is the hash its chain ended with."""

    event: Literal["run_removed"] = "run_removed"
    run_id: RunId
    reason: str
    events: int
    last_link: str


class KnownDocument(Contract):
    """What the recorded typing had come to for one document; texts are kept in the blob store, by their hash.

    ``text`` is what it showed, ``typed`` what the editor held of it while it was open, ``saved`` what the disk
    held; each is empty where there was none. ``problems`` say what of it was not sure.
    """

    path: str
    text: str = ""
    typed: str = ""
    saved: str = ""
    is_open: bool = False
    changes: int = 0
    problems: tuple[str, ...] = ()


class TypingCut(Contract):
    """The clean-up removed the beginning of the recorded typing, which no kept run needs.

    The first ``version`` events of its stream went, the last of them from ``position`` of the whole log and of
    ``happened_at``; ``last_link`` is the hash that the chain had there, and ``documents`` what they came to.
    """

    event: Literal["typing_cut"] = "typing_cut"
    reason: str
    version: int
    position: int
    happened_at: float
    last_link: str
    documents: tuple[KnownDocument, ...]


class RunImported(Contract):
    """A run came from a file as ``run_id``; there it was ``origin``, and its chain ended with ``last_link``."""

    event: Literal["run_imported"] = "run_imported"
    run_id: RunId
    origin: RunId
    source: str
    last_link: str

"""What is answered about a workspace's database, over the wire and as JSON on the command line.

Sizes are bytes, times seconds since the epoch (UTC), durations seconds.
"""

from codecompanion.contracts.base import Contract


class BackupFile(Contract):
    """One backup; ``at`` is when it was made."""

    path: str
    at: float
    size: int


class DatabaseStatus(Contract):
    """How a database is. ``size`` counts its side files; ``format`` is that of the file.

    ``owner`` is the process that has it open for writing, None for nobody. ``killed_owner`` is a former one
    that did not close it: the next opening looks for damage. ``tables_behind`` are the events that the tables
    beside the log have not taken in yet; ``set_aside`` are damaged databases that were kept.
    """

    path: str
    size: int
    format: int
    journal_mode: str
    engine: str
    runs: int
    events: int
    last_event_at: float | None
    tables_behind: int
    backups: tuple[BackupFile, ...]
    set_aside: tuple[str, ...]
    owner: int | None
    killed_owner: int | None


class DatabaseCheck(Contract):
    """What a check found, as sentences; ``sound`` when there is nothing to say.

    ``tables`` concern only what is derived from the log: `db rebuild` mends them.
    """

    path: str
    sound: bool
    runs: int
    events: int
    pages: tuple[str, ...]
    chains: tuple[str, ...]
    tables: tuple[str, ...]
    seconds: float


class DatabaseVacuum(Contract):
    """What compacting brought."""

    path: str
    size_before: int
    size_after: int


class DatabaseRebuild(Contract):
    """The tables beside the log were made anew from so many events; ``mended`` says what had been wrong."""

    path: str
    events: int
    seconds: float
    mended: tuple[str, ...]


class LogExport(Contract):
    """The log was written to a file, one JSON object an event."""

    path: str
    events: int
    size: int

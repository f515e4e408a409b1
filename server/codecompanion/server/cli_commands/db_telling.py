"""What `orchestra db` says to a person, line by line."""

import time
from collections.abc import Iterator

from codecompanion.contracts.database_reports import (
    BackupFile,
    DatabaseCheck,
    DatabaseRebuild,
    DatabaseStatus,
    DatabaseVacuum,
    LogExport,
)
from codecompanion.contracts.wording import counted


def status(report: DatabaseStatus) -> Iterator[str]:
    """Tell how the database is."""
    yield f"database   {report.path}"
    yield f"size       {_size(report.size)}, format {report.format}"
    yield f"engine     SQLite {report.engine}, journal mode {report.journal_mode}"
    last = f", the last at {_time(report.last_event_at)}" if report.last_event_at is not None else ""
    yield f"content    {counted(report.runs, 'run')}, {counted(report.events, 'event')}{last}"
    if report.tables_behind:
        yield f"tables     {counted(report.tables_behind, 'event')} behind the log; the next use catches up"
    yield f"owner      {_owner(report)}"
    for backup in report.backups:
        yield f"backup     {_time(backup.at)}, {_size(backup.size)}: {backup.path}"
    if not report.backups:
        yield "backup     none yet"
    for path in report.set_aside:
        yield f"set aside  {path}"


def _owner(report: DatabaseStatus) -> str:
    if report.owner is not None:
        return f"process {report.owner} has it open"
    if report.killed_owner is not None:
        return f"nobody; process {report.killed_owner} did not close it, so the next opening looks for damage"
    return "nobody"


def check(report: DatabaseCheck) -> Iterator[str]:
    """Tell what was found."""
    looked = f"{counted(report.runs, 'run')} with {counted(report.events, 'event')}"
    if report.sound:
        yield f"Everything is sound: {looked}, checked in {report.seconds:.1f} s."
        return
    for damage in report.pages:
        yield f"The file is damaged: {damage}. The next opening sets it aside and restores the newest backup."
    for broken in report.chains:
        yield f"The log was altered: {broken}."
    for fault in report.tables:
        yield f"Beside the log: {fault}."
    if report.tables:
        yield "`orchestra db rebuild` makes the tables beside the log anew."


def backup(report: BackupFile) -> Iterator[str]:
    """Tell where the backup is."""
    yield f"Backup made: {report.path} ({_size(report.size)})."


def vacuum(report: DatabaseVacuum) -> Iterator[str]:
    """Tell what was won."""
    won = _size(max(0, report.size_before - report.size_after))
    yield f"{won} won: {_size(report.size_before)} before, {_size(report.size_after)} now."


def rebuild(report: DatabaseRebuild) -> Iterator[str]:
    """Tell what was made anew."""
    for fault in report.mended:
        yield f"Mended: {fault}."
    yield f"The tables were made anew from {counted(report.events, 'event')} in {report.seconds:.1f} s."


def export(report: LogExport) -> Iterator[str]:
    """Tell where the log is."""
    yield f"{counted(report.events, 'event')} written to {report.path} ({_size(report.size)})."


def _time(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))


def _size(count: int) -> str:
    return f"{count:,} bytes" if count < 10_000 else f"{count / 1e6:,.2f} MB"

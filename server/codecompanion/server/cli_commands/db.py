"""`orchestra db …`: how a folder's database is, whether it is sound, backups, space, the log as a file."""

import argparse
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from codecompanion.contracts.base import Contract
from codecompanion.contracts.database_reports import DatabaseCheck
from codecompanion.memory.beside import require_log
from codecompanion.memory.database import Database
from codecompanion.memory.sqlite import sqlite3
from codecompanion.server import database_care
from codecompanion.server.cli_commands import db_telling as telling
from codecompanion.server.cli_commands.exit_codes import DONE, FAILED
from codecompanion.server.cli_commands.folder_logs import folder_of, settings_now
from codecompanion.server.cli_commands.printing import print_json, say
from codecompanion.server.logs import configure_logging

_HELP = partial(argparse.HelpFormatter, width=100)
Report = TypeVar("Report", bound=Contract)


class _Command(NamedTuple):
    """A sub-command: what it says of itself, does in a data folder, and tells of it."""

    text: str
    do: Callable[[Path, argparse.Namespace], Contract]
    tell: Callable[..., Iterable[str]]


def db(argv: Sequence[str]) -> int:
    """Do one sub-command and return its exit code; faults are raised as sentences."""
    args = _parser().parse_args(argv)
    configure_logging("warning")
    command = _COMMANDS[args.name]
    report = command.do(folder_of(args) / settings_now(args).data_folder, args)
    print_json(report) if args.json else say(command.tell(report))
    return FAILED if isinstance(report, DatabaseCheck) and not report.sound else DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="orchestra db",
        description="Look after the database that a folder's runs are recorded in.",
        allow_abbrev=False,
        formatter_class=_HELP,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, command in _COMMANDS.items():
        added = commands.add_parser(
            name,
            help=command.text,
            description=f"{command.text[0].upper()}{command.text[1:]}.",
            allow_abbrev=False,
            formatter_class=_HELP,
        )
        added.set_defaults(name=name)
        added.add_argument("--workspace", metavar="DIR", default=".", help="the folder (default: this one)")
        added.add_argument("--json", action="store_true", help="print one JSON object")
        if name == "export":
            added.add_argument("file", metavar="FILE", help="the file to write, one JSON object an event")
            added.add_argument("--force", action="store_true", help="replace the file if it is there")
    return parser


def _export(folder: Path, args: argparse.Namespace) -> Contract:
    return database_care.export(folder, Path(args.file).resolve(), force=args.force)


def _as_owner(folder: Path, work: Callable[[sqlite3.Connection, Path], Report]) -> Report:
    """Do what needs the database for itself; raises ``WorkspaceInUse`` with the owner's process id."""
    require_log(folder)
    database = Database.open(folder, time.time)
    try:
        return work(database.writer, database.path)
    finally:
        database.close()


_COMMANDS = {
    "status": _Command(
        "tell where the database is, its size, runs, backups and owner",
        lambda folder, _: database_care.status(folder),
        telling.status,
    ),
    "check": _Command(
        "look for damage: every page, every chain of events, every table",
        lambda folder, _: database_care.check(folder),
        telling.check,
    ),
    "backup": _Command(
        "make a backup now; the three newest are kept",
        lambda folder, _: database_care.back_up(folder),
        telling.backup,
    ),
    "vacuum": _Command(
        "give the space of what was removed back to the disk",
        lambda folder, _: _as_owner(folder, database_care.vacuum),
        telling.vacuum,
    ),
    "rebuild": _Command(
        "make the tables beside the log anew from the log",
        lambda folder, _: _as_owner(folder, database_care.rebuild),
        telling.rebuild,
    ),
    "export": _Command("write the whole log to a file", _export, telling.export),
}

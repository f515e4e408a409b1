"""`orchestra runs …`: the runs of a folder's log; each sub-command is imported when it is the one asked for."""

import argparse
import importlib
from collections.abc import Callable, Sequence
from functools import partial

from codecompanion.server.logs import configure_logging

_HELP = partial(argparse.HelpFormatter, width=100)

READING = "runs_reading"
SHARING = "runs_sharing"
KEEPING = "runs_keeping"
GOING_ON = "runs_going_on"


def runs(argv: Sequence[str]) -> int:
    """Do one sub-command and return its exit code; faults are raised as sentences."""
    args = _parser().parse_args(argv)
    configure_logging("warning")
    module = importlib.import_module(f"codecompanion.server.cli_commands.{args.module}")
    command: Callable[[argparse.Namespace], int] = getattr(module, args.function)
    return command(args)


class _Commands:
    """Collects the sub-commands; each names the module and the function that do it."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._parsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(self, module: str, name: str, text: str, function: str = "") -> argparse.ArgumentParser:
        parser = self._parsers.add_parser(
            name,
            help=text,
            description=f"{text[0].upper()}{text[1:]}.",
            allow_abbrev=False,
            formatter_class=_HELP,
        )
        parser.set_defaults(module=module, function=function or name)
        parser.add_argument(
            "--workspace",
            metavar="DIR",
            default=".",
            help="the folder whose runs are meant (default: this one)",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        return parser

    def add_for_run(self, module: str, name: str, text: str) -> argparse.ArgumentParser:
        parser = self.add(module, name, text)
        which = parser.add_mutually_exclusive_group()
        which.add_argument("run", metavar="ID", nargs="?", help="the run, by its id or the beginning of it")
        which.add_argument("--last", action="store_true", help="the newest run (the default)")
        return parser


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="orchestra runs",
        description="Look at the runs of a folder, go on with them, fork, compare and share them.",
        allow_abbrev=False,
        formatter_class=_HELP,
    )
    commands = _Commands(parser)
    _add_reading(commands)
    _add_going_on(commands)
    _add_sharing(commands)
    _add_keeping(commands)
    return parser


def _add_reading(commands: _Commands) -> None:
    listing = commands.add(READING, "list", "list the runs, oldest first", "list_runs")
    listing.add_argument("--all", action="store_true", help="archived runs, too")
    show = commands.add_for_run(READING, "show", "tell what happened in a run, a sentence an event")
    show.add_argument("--agent", metavar="ROLE", help="only what this agent did, or 'user'")
    show.add_argument(
        "--type", metavar="NAME", action="append", help="only events of this type; may be repeated"
    )
    show.add_argument("--task", metavar="ID", help="only what belongs to this task")
    show.add_argument("--correlation", metavar="ID", help="only what hangs together by this id")
    show.add_argument("--since", metavar="TIME", help="not before this time, such as 14:05 or 2026-11-25T14:05")
    show.add_argument("--until", metavar="TIME", help="not after this time")
    replay = commands.add_for_run(READING, "replay", "show a run as it was at one of its events, or at a time")
    replay.add_argument(
        "--to", metavar="VERSION|TIME", help="the event's number or the time (default: the last)"
    )
    replay.add_argument("--full", action="store_true", help="every word that was said")
    replay.add_argument("--files", metavar="DIR", help="write the documents of that moment into a new folder")
    diff = commands.add(READING, "diff", "compare two runs: files, tests, cost")
    diff.add_argument("run", metavar="A", nargs="?", help="the one run (default: the last but one)")
    diff.add_argument("other", metavar="B", nargs="?", help="the other run (default: the last one)")
    verify = commands.add(READING, "verify", "prove that nothing in the log was altered or lost")
    verify.add_argument("run", metavar="ID", nargs="?", help="only this run")


def _add_going_on(commands: _Commands) -> None:
    resume = commands.add_for_run(GOING_ON, "resume", "go on with a run that was interrupted")
    fork = commands.add_for_run(GOING_ON, "fork", "go on from an event of a run in another way, in a copy")
    fork.add_argument("--at", metavar="VERSION|TIME", help="the event to go on from")
    fork.add_argument("--model", metavar="NAME", help="let this model do the rest, e.g. local/qwen2.5-coder:7b")
    fork.add_argument("--request", metavar="TEXT", help="another wording of what is asked")
    fork.add_argument("--answer", metavar="TEXT", help="what to answer instead, where the event is an answer")
    for parser in (resume, fork):
        parser.add_argument(
            "--trust", action="store_true", help="trust the folder and its test commands this once"
        )


def _add_sharing(commands: _Commands) -> None:
    export = commands.add_for_run(SHARING, "export", "write a run into one file")
    export.add_argument("--file", metavar="FILE", help="default: ID.orchestra-run.jsonl; compressed for .gz")
    bring = commands.add(SHARING, "import", "take a run from a file into this folder's log", "import_run")
    bring.add_argument("file", metavar="FILE", help="what `runs export` wrote")


def _add_keeping(commands: _Commands) -> None:
    rename = commands.add(KEEPING, "rename", "give a run another name in lists")
    rename.add_argument("run", metavar="ID")
    rename.add_argument("title", metavar="NAME")
    archive = commands.add_for_run(KEEPING, "archive", "keep a run out of the usual list")
    archive.add_argument("--undo", action="store_true", help="take it back into the list")
    clean = commands.add(KEEPING, "clean", "remove old ended runs, as `keepDays` and `keepMegabytes` say")
    clean.add_argument("--dry-run", action="store_true", help="only say what would be removed")

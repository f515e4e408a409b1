"""`orchestra router …`: how models are chosen; each sub-command is imported when it is the one asked for."""

import argparse
import importlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

from codecompanion.server.logs import configure_logging

_HELP = partial(argparse.HelpFormatter, width=100)
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

LOOKING = "router_looking"
OFFLINE = "router_offline"
KEEPING = "router_keeping"
_POLICIES = "only this policy; may be repeated (default: all)"


def router(argv: Sequence[str]) -> int:
    """Do one sub-command and return its exit code; faults are raised as sentences."""
    args = _parser().parse_args(argv)
    configure_logging("warning")
    module = importlib.import_module(f"codecompanion.server.cli_commands.{args.module}")
    command: Callable[[argparse.Namespace], int] = getattr(module, args.function)
    return command(args)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="orchestra router",
        description="See how models are chosen, what was learned about them, and what other ways would bring.",
        allow_abbrev=False,
        formatter_class=_HELP,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_looking(commands)
    _add_learned(commands)
    evaluate = _command(commands, "evaluate", "router_evaluate", "drive the policies over a table of outcomes")
    _add_evaluate(evaluate)
    return parser


def _add_looking(commands: Commands) -> None:
    why = _in_folder(_command(commands, "why", LOOKING, "tell why a model took a task, and others did not"))
    why.add_argument("call", metavar="CALL", nargs="?", help="a run, or RUN/TASK (default: the last decision)")
    report = _in_folder(_command(commands, "report", LOOKING, "show what was learned of each model"))
    report.add_argument("--html", metavar="FILE", help="write a page with plots instead")
    _command(commands, "models", LOOKING, "list the known models with what they can do and cost")


def _add_learned(commands: Commands) -> None:
    replay = _in_folder(_command(commands, "replay", OFFLINE, "estimate what other policies would have scored"))
    replay.add_argument("--policy", metavar="P", action="append", help=_POLICIES)
    simulate = _in_folder(
        _command(commands, "simulate", OFFLINE, "drive policies over made-up tasks like those of the log")
    )
    simulate.add_argument("--policy", metavar="P", action="append", help=_POLICIES)
    simulate.add_argument("--tasks", metavar="N", type=int, default=500, help="made-up tasks (default: 500)")
    simulate.add_argument("--passes", metavar="N", type=int, default=10, help="shuffled passes (default: 10)")
    simulate.add_argument("--seed", metavar="N", type=int, default=1, help="of the made-up tasks (default: 1)")
    _in_folder(_command(commands, "reset", KEEPING, "forget what was learned; the log keeps it"))
    export = _in_folder(_command(commands, "export", KEEPING, "write what was learned to a file"))
    export.add_argument("file", metavar="FILE", help="the file to write")
    bring = _in_folder(_command(commands, "import", KEEPING, "learn from what another folder has exported"))
    bring.set_defaults(function="import_learned")
    bring.add_argument("file", metavar="FILE", help="what `orchestra router export` wrote")


def _in_folder(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--workspace", metavar="DIR", default=".", help="the folder (default: this one)")
    return parser


def _command(commands: Commands, name: str, module: str, text: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        help=text,
        description=f"{text[0].upper()}{text[1:]}.",
        allow_abbrev=False,
        formatter_class=_HELP,
    )
    parser.set_defaults(module=module, function=name)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        metavar="TABLE.csv[.gz]",
        required=True,
        help="columns: task, type, model, score, cost_usd, latency_s",
    )
    parser.add_argument(
        "--policy",
        metavar="P",
        action="append",
        help="only this policy; may be repeated (default: three of them)",
    )
    parser.add_argument("--passes", metavar="N", type=int, default=40, help="shuffled passes (default: 40)")
    parser.add_argument(
        "--warm", metavar="FRACTION", type=float, default=0.0, help="share of the tasks known beforehand"
    )
    parser.add_argument(
        "--budget", metavar="DOLLARS", type=float, help="what the scored tasks of a pass may cost"
    )
    parser.add_argument(
        "--unpaced", action="store_true", help="spend the budget as it comes, instead of making it last"
    )
    parser.add_argument(
        "--drift", action="store_true", help="the best model silently loses 60%% of its successes half-way"
    )
    parser.add_argument(
        "--delay", metavar="TASKS", type=int, default=0, help="tasks until an outcome is known (default: 0)"
    )
    parser.add_argument(
        "--weights",
        metavar="W",
        help="quality, balanced, cheap, fast, or numbers such as 'cost=10,time=0.02' "
        "(default: quality; balanced with --warm or --budget)",
    )
    parser.add_argument("--seed", metavar="N", type=int, default=1, help="of the passes (default: 1)")

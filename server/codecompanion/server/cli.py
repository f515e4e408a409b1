"""The command line: `orchestra serve | run | runs | blame | patch | db | keys | trust | worker | fleet | …`.

Start-up is what an editor waits for, so this module imports nothing that takes time: each sub-command is
imported when it is the one asked for, and `serve` must get by without pydantic and rich.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

from codecompanion.server.cli_commands.change_arguments import add_change_commands
from codecompanion.server.cli_commands.exit_codes import BAD_USAGE, FAILED, INTERRUPTED, code_for, sentence_for
from codecompanion.server.logs import LEVELS, note_fault, redactor
from codecompanion.server.settings.redaction import plain

Command = Callable[[argparse.Namespace], int]
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

_HELP = partial(argparse.HelpFormatter, width=100)
"""A fixed width: asking for the terminal's imports modules that cost more than all else here."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; every fault becomes a sentence on stderr, never a traceback."""
    parser = _parser()
    args = parser.parse_args(argv)
    if args.version:
        return _version()
    if args.command is None:
        parser.print_help(sys.stderr)
        return BAD_USAGE
    return _guarded(args.command, args)


def _guarded(command: Command, args: argparse.Namespace) -> int:
    try:
        return command(args)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # the reader of our output has gone; without this Python would complain once more while it exits
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as fault:  # noqa: BLE001 - the program's outermost boundary
        note_fault(fault)
        return _say(fault)


def _say(fault: Exception) -> int:
    for line in plain(redactor(sentence_for(fault))).splitlines():
        sys.stderr.write(f"orchestra: {line}\n")
    return code_for(fault)


def _version() -> int:
    from importlib.metadata import version  # noqa: PLC0415 - slow, and seldom asked for

    sys.stdout.write(f"orchestra {version('codecompanion-orchestra')}\n")
    return 0


def _serve(args: argparse.Namespace) -> int:
    from codecompanion.server.cli_commands.serve import serve  # noqa: PLC0415

    return serve(args.tcp, args.log_level, args.log_file)


def _run(args: argparse.Namespace) -> int:
    from codecompanion.server.cli_commands.run import RunArguments, run  # noqa: PLC0415

    return run(
        RunArguments(
            request=args.request,
            workspace=args.workspace,
            template=args.template,
            offline=args.offline,
            as_json=args.json,
            step=args.step,
            approve=args.approve,
            landing=args.landing,
            trust=args.trust,
            yes=args.yes,
            log_level=args.log_level,
        )
    )


def _keys(args: argparse.Namespace) -> int:
    from codecompanion.server.cli_commands.keys import keys  # noqa: PLC0415

    return keys(check=args.check, as_json=args.json)


def _budget(args: argparse.Namespace) -> int:
    from codecompanion.server.cli_commands.budget import budget  # noqa: PLC0415

    return budget(args.run, as_json=args.json)


def _trust(args: argparse.Namespace) -> int:
    from codecompanion.server.cli_commands.trust import trust  # noqa: PLC0415

    return trust(args.rest)


def _runs(args: argparse.Namespace) -> int:
    from codecompanion.server.cli_commands.runs import runs  # noqa: PLC0415

    return runs(args.rest)


def _db(args: argparse.Namespace) -> int:
    from codecompanion.server.cli_commands.db import db  # noqa: PLC0415

    return db(args.rest)


def _patch(args: argparse.Namespace) -> int:
    from codecompanion.server.cli_commands.patch import PatchArguments, patch  # noqa: PLC0415

    return patch(PatchArguments(file=args.file, root=args.root, as_json=args.json))


def _router(args: argparse.Namespace) -> int:
    from codecompanion.server.cli_commands.router import router  # noqa: PLC0415

    return router(args.rest)


def _worker(args: argparse.Namespace) -> int:
    from codecompanion.server.cli_commands.worker import worker  # noqa: PLC0415

    return worker(redis_url=args.redis, name=args.name, at_once=args.at_once, log_level=args.log_level)


def _fleet(args: argparse.Namespace) -> int:
    from codecompanion.server.cli_commands.fleet import fleet_status  # noqa: PLC0415

    return fleet_status(redis_url=args.redis, as_json=args.json)


def _schema(args: argparse.Namespace) -> int:
    from codecompanion.server.cli_commands.schema import schema  # noqa: PLC0415

    return schema()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="orchestra",
        description="Five coding agents behind one language server.",
        allow_abbrev=False,
        formatter_class=_HELP,
    )
    parser.add_argument("--version", action="store_true", help="print the version and end")
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", prog="orchestra")
    _add_serve(commands)
    _add_run(commands)
    _add_keys(commands)
    _add_group(commands, "trust", _trust, "say that you trust a folder's files; nothing is started without")
    _add_group(commands, "runs", _runs, "look at runs, go on with them, fork and share them")
    add_change_commands(partial(_add, commands))
    _add_patch(commands)
    _add_group(commands, "db", _db, "look after the database: status, check, backup, vacuum, rebuild, export")
    _add_group(commands, "router", _router, "see how models are chosen, and what other ways would bring")
    _add_budget(commands)
    _add_worker(commands)
    _add_fleet(commands)
    _add(commands, "schema", _schema, "print the JSON Schemas of what the server sends and of the settings")
    return parser


def _add(commands: Commands, name: str, command: Command, text: str) -> argparse.ArgumentParser:
    description = f"{text[0].upper()}{text[1:]}."
    parser = commands.add_parser(
        name, help=text, description=description, allow_abbrev=False, formatter_class=_HELP
    )
    parser.set_defaults(command=command)
    return parser


def _add_serve(commands: Commands) -> None:
    parser = _add(commands, "serve", _serve, "serve an editor over the language server protocol")
    door = parser.add_mutually_exclusive_group()
    door.add_argument("--stdio", action="store_true", help="speak over standard input and output (the default)")
    door.add_argument(
        "--tcp",
        type=tcp_address,
        metavar="HOST:PORT",
        help="listen on this machine instead, e.g. 127.0.0.1:2087",
    )
    _add_log_level(parser, "what the settings say, else info")
    parser.add_argument("--log-file", metavar="FILE", help="write the log to FILE instead of standard error")
    # editors' libraries pass it; the same number arrives, and is used, as `processId` of `initialize`
    parser.add_argument("--clientProcessId", type=int, help=argparse.SUPPRESS)


def _add_run(commands: Commands) -> None:
    parser = _add(commands, "run", _run, "do one request in a folder, without an editor")
    parser.add_argument("request", help="what you want, in a sentence; '-' reads it from standard input")
    parser.add_argument(
        "--workspace", metavar="DIR", default=".", help="the folder to work in (default: this one)"
    )
    parser.add_argument("--template", metavar="NAME", help="what to build from when no model is used")
    parser.add_argument("--offline", action="store_true", help="use no model, only the built-in templates")
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    parser.add_argument("--step", action="store_true", help="wait for Enter before each agent")
    parser.add_argument("--approve", action="store_true", help="show the plan and ask before it is carried out")
    parser.add_argument(
        "--landing",
        choices=("live", "verified", "review"),
        help="when edits come into your files: at once, once tests are green, or once you let them in",
    )
    parser.add_argument("--trust", action="store_true", help="trust the folder and its test commands this once")
    parser.add_argument("--yes", action="store_true", help="do not ask about what the run may cost")
    _add_log_level(parser, "warning")


def _add_patch(commands: Commands) -> None:
    parser = _add(commands, "patch", _patch, "apply one model reply, read from standard input, to a file")
    parser.add_argument("file", metavar="FILE", help="the file the reply changes")
    parser.add_argument(
        "--root", metavar="DIR", help="let the reply change other files in DIR as well (default: only FILE)"
    )
    parser.add_argument("--json", action="store_true", help="print what became of each edit as one JSON object")


def _add_keys(commands: Commands) -> None:
    parser = _add(commands, "keys", _keys, "show which providers are configured; never shows a key")
    parser.add_argument(
        "--check", action="store_true", help="ask each configured provider whether it takes the key"
    )
    parser.add_argument("--json", action="store_true", help="print a JSON list")


def _add_budget(commands: Commands) -> None:
    parser = _add(commands, "budget", _budget, "show what was spent on models, against your budgets")
    parser.add_argument("--run", metavar="ID", help="the statement of one run, by agent, model and task")
    parser.add_argument("--json", action="store_true", help="print one JSON object, amounts in micro-dollars")


def _add_worker(commands: Commands) -> None:
    parser = _add(commands, "worker", _worker, "make model calls for runs on other machines, over a Redis")
    _add_redis(parser)
    parser.add_argument("--name", help="the worker's name, told apart from all others (default: made up)")
    parser.add_argument(
        "--at-once",
        metavar="K",
        type=int,
        default=4,
        help="how many calls to make at the same time (default: 4)",
    )
    _add_log_level(parser, "warning")


def _add_fleet(commands: Commands) -> None:
    parser = _add(commands, "fleet", _fleet, "show the workers at a Redis, what waits, and what was given up")
    parser.add_argument("what", choices=("status",), help="show how the fleet stands")
    _add_redis(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _add_redis(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--redis", metavar="URL", help="the fleet's Redis, e.g. redis://host:6379/0 (default: what is set)"
    )


def _add_group(commands: Commands, name: str, command: Command, text: str) -> None:
    # its sub-commands are made when they are asked for: no option of them is looked at here
    parser = commands.add_parser(name, help=text, add_help=False, prefix_chars="\0", formatter_class=_HELP)
    parser.add_argument("rest", nargs="*")
    parser.set_defaults(command=command)


def _add_log_level(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument("--log-level", choices=LEVELS, help=f"how much the log says (default: {default})")


def tcp_address(text: str) -> tuple[str, int]:
    """Return host and port; only this machine's own addresses, for whoever connects can start work here."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT; write for example 127.0.0.1:2087")
    if host not in LOOPBACK:
        raise argparse.ArgumentTypeError(
            f"{host!r} is not this machine's own address; use one of {', '.join(LOOPBACK)}"
        )
    return host, int(port)


if __name__ == "__main__":
    sys.exit(main())

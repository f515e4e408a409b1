"""`orchestra trust`: which folders a person trusts; and the question about one where it was not said yet."""

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from codecompanion.orchestra.verification.ladder import choose_sandbox
from codecompanion.orchestra.verification.sandbox import Rung
from codecompanion.server.cli_commands.exit_codes import DONE
from codecompanion.server.cli_commands.order_checks import usable_workspace
from codecompanion.server.cli_commands.printing import print_json, say
from codecompanion.server.settings.folders import user_file
from codecompanion.server.settings.load import load_settings
from codecompanion.server.trust.editor_trust import question
from codecompanion.server.trust.folders import Untrusted, holds_nothing
from codecompanion.server.trust.ledger import NotKept, TrustLedger, ledger_beside
from codecompanion.server.trust.standing import is_trusted

STDIN = 0


def trust(argv: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Trust a folder, or no longer, or list the trusted ones; return the exit code."""
    args, ledger = _parser().parse_args(argv), ledger_beside(user_file(environ))
    if not args.list:
        told = [_changed(ledger, args)]
        shown: dict[str, object] = {"folders": ledger.folders()}
    else:
        rung = _rung(environ)
        told = [*(ledger.folders() or ["No folder is trusted yet."]), f"Tests here: {rung} ({rung.meaning})"]
        shown = {"folders": ledger.folders(), "sandbox": rung, "sandboxMeaning": rung.meaning}
    print_json(shown) if args.json else say(told)
    return DONE


def _rung(environ: Mapping[str, str]) -> Rung:
    """Return how well tests are confined on this machine, found out by trial."""
    if load_settings(None, environ, user_file(environ), keys=False).sandbox == "off":
        return Rung.UNGUARDED
    with TemporaryDirectory() as folder:
        rung = asyncio.run(choose_sandbox(Path(folder).resolve())).rung
    return Rung.REFUSING if rung is Rung.ASKING and not os.isatty(STDIN) else rung


def _changed(ledger: TrustLedger, args: argparse.Namespace) -> str:
    """Do what is asked for one folder, and say what was done."""
    # a folder that is gone can still be taken off the list
    folder = os.path.realpath(args.folder) if args.remove else str(usable_workspace(args.folder))
    if args.remove:
        return f"{'No longer' if ledger.forget(folder) else 'Was not'} trusted: {folder}"
    ledger.trust(folder)
    return f"Trusted from now on: {folder}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="orchestra trust",
        description="Say that you trust the files of a folder; nothing is started in one you do not trust.",
        allow_abbrev=False,
        formatter_class=partial(argparse.HelpFormatter, width=100),
    )
    parser.add_argument(
        "folder", nargs="?", default=".", metavar="FOLDER", help="the folder (default: this one)"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--remove", action="store_true", help="trust it no longer, nor any command in it")
    what.add_argument(
        "--list", action="store_true", help="show the trusted folders, and how tests are confined here"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def demand_trust(folder: Path, *, given: bool = False, environ: Mapping[str, str] = os.environ) -> None:
    """Return once the folder is trusted; asks on a terminal. Raises ``Untrusted``. Reads no key.

    ``given`` says that the person said so on the command line, for this once.
    """
    if given:
        return
    if is_trusted(folder, environ):
        return
    where, ledger = str(folder), ledger_beside(user_file(environ))
    if not (holds_nothing(where) or _said_yes(where)):
        raise Untrusted(where)
    _keep(ledger, where)


def _said_yes(folder: str) -> bool:
    if not os.isatty(STDIN):
        return False
    sys.stderr.write(f"{question(folder)} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _keep(ledger: TrustLedger, folder: str) -> None:
    try:
        ledger.trust(folder)
    except NotKept as trouble:
        sys.stderr.write(f"orchestra: {trouble}\n")

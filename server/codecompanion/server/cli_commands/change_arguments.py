"""What `orchestra blame | undo | review` take. Light: it is imported at every start."""

import argparse
from collections.abc import Callable

Add = Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]
"""Adds a command by its name, what does it, and what it is."""


def add_change_commands(add: Add) -> None:
    """Add the commands about what agents changed in files."""
    _add_blame(add("blame", _blame, "show which agent, model and run wrote each line of a file"))
    _add_undo(add("undo", _undo, "take a run's changes out of your files; what you typed since stays"))
    _add_review(add("review", _review, "see what waits for your word, let it in or turn it down"))


def _blame(args: argparse.Namespace) -> int:
    from codecompanion.server.cli_commands.blame import blame  # noqa: PLC0415

    return blame(args)


def _undo(args: argparse.Namespace) -> int:
    from codecompanion.server.cli_commands.undo import undo  # noqa: PLC0415

    return undo(args)


def _review(args: argparse.Namespace) -> int:
    from codecompanion.server.cli_commands.review import review  # noqa: PLC0415

    return review(args)


def _add_blame(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", nargs="*", help="the file; several only with --trailers")
    for_git = parser.add_mutually_exclusive_group()
    for_git.add_argument(
        "--trailers", action="store_true", help="print trailers for the commit message of what is new in git"
    )
    for_git.add_argument(
        "--note", metavar="COMMIT", help="write them as a git note of a commit, which stays as it is"
    )
    _add_where(parser)


def _add_undo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "run", metavar="RUN", nargs="?", help="the run, or an undo to take back (default: the newest run)"
    )
    parser.add_argument("--agent", metavar="ROLE", help="only the part of this agent, such as TestWriter")
    parser.add_argument("--task", metavar="ID", help="only the part of this task")
    _add_where(parser)


def _add_review(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what", nargs="?", choices=("list", "show", "accept", "reject"), default="list", help="default: list"
    )
    parser.add_argument("file", metavar="FILE", nargs="?", help="only what waits in this file")
    parser.add_argument("--run", metavar="ID", help="only what waits of this run")
    parser.add_argument("--hunk", metavar="NAME", help="only this change, by its name or number in the list")
    parser.add_argument("--all", action="store_true", help="everything that waits")
    _add_where(parser)


def _add_where(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--workspace", metavar="DIR", default=".", help="the folder whose log is meant (default: this one)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")

"""`orchestra blame`: who wrote each line of a file, without an editor; and trailers for a commit message."""

import argparse
import asyncio
import subprocess
from pathlib import Path

from codecompanion.contracts.errors import BadRequest, WorkspaceError
from codecompanion.orchestra.edits.lines import split_lines
from codecompanion.orchestra.merging.alignment import differences
from codecompanion.server.cli_commands.exit_codes import DONE
from codecompanion.server.cli_commands.folder_logs import folder_of, reader_of
from codecompanion.server.cli_commands.printing import print_json, say
from codecompanion.server.cli_commands.trust import demand_trust
from codecompanion.server.provenance.answers import Blame
from codecompanion.server.provenance.asking import blamed, path_in, text_on_disk
from codecompanion.server.provenance.file_authors import FileAuthors
from codecompanion.server.provenance.telling import blame_lines, trailers
from codecompanion.server.trust.quiet_git import quiet_git

GIT_SECONDS = 30


def blame(args: argparse.Namespace) -> int:
    """Print who wrote what; returns the exit code."""
    folder = folder_of(args)
    if args.trailers:
        return _print_trailers(args, folder)
    if len(args.file) != 1:
        raise BadRequest("name one file, such as `orchestra blame shop.py`")
    (found,) = asyncio.run(_blames(args, [path_in(folder, args.file[0], Path.cwd())]))
    print_json(found) if args.json else say(blame_lines(found))
    return DONE


def _print_trailers(args: argparse.Namespace, folder: Path) -> int:
    """Print a trailer for each agent that wrote lines which git does not have yet."""
    demand_trust(folder)
    paths = [path_in(folder, name, Path.cwd()) for name in args.file] or _changed(folder)
    present = [path for path in paths if (folder / path).is_file()]
    found = asyncio.run(_blames(args, present))
    lines = trailers([(one, _new_lines(folder, one)) for one in found])
    print_json({"trailers": lines}) if args.json else say(lines)
    return DONE


async def _blames(args: argparse.Namespace, paths: list[str]) -> list[Blame]:
    folder, authors = folder_of(args), FileAuthors()
    async with reader_of(args) as reader:
        return [await blamed(authors, reader, folder, path, text_on_disk(folder, path)) for path in paths]


def _changed(folder: Path) -> list[str]:
    """Return the files that are staged for the next commit, or without any those that were changed."""
    staged = _git(folder, "diff", "--cached", "--name-only", "--relative", "-z")
    changed = staged or _git(folder, "diff", "--name-only", "--relative", "-z")
    return [name for name in changed.split("\0") if name]


def _new_lines(folder: Path, found: Blame) -> list[int]:
    """Return the lines, counted from 1, that the last commit does not have."""
    try:
        before = _git(folder, "show", f"HEAD:./{found.path}")
    except WorkspaceError:
        before = ""
    old = [line.rstrip("\r\n") for line in split_lines(before)]
    new = [line.text for line in found.lines]
    return [n + 1 for _, _, first, last in differences(old, new) for n in range(first, last)]


def _git(folder: Path, command: str, *arguments: str) -> str:
    try:
        ended = subprocess.run(
            quiet_git(folder, command, *arguments),
            capture_output=True,
            timeout=GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as trouble:
        raise WorkspaceError(f"git could not be asked what is new: {trouble}") from trouble
    if ended.returncode:
        said = ended.stderr.decode("utf-8", "replace").strip().splitlines()
        raise WorkspaceError(f"git could not say what is new: {said[-1] if said else 'no reason given'}")
    return ended.stdout.decode("utf-8", "replace")

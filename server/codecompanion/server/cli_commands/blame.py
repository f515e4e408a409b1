"""`orchestra blame`: who wrote each line of a file, without an editor; trailers and notes for commits."""

import argparse
import asyncio
from pathlib import Path

from codecompanion.contracts.errors import BadRequest
from codecompanion.server.cli_commands.commits import (
    changed_files,
    commit_named,
    files_of,
    new_lines,
    text_in,
    write_note,
)
from codecompanion.server.cli_commands.exit_codes import DONE
from codecompanion.server.cli_commands.folder_logs import folder_of, reader_of
from codecompanion.server.cli_commands.printing import print_json, say
from codecompanion.server.cli_commands.trust import demand_trust
from codecompanion.server.provenance.answers import Blame
from codecompanion.server.provenance.asking import blamed, path_in, text_on_disk
from codecompanion.server.provenance.file_authors import FileAuthors
from codecompanion.server.provenance.telling import blame_lines, trailers


def blame(args: argparse.Namespace) -> int:
    """Print who wrote what; returns the exit code."""
    folder = folder_of(args)
    if args.trailers:
        return _print_trailers(args, folder)
    if args.note is not None:
        return _note(args, folder)
    if len(args.file) != 1:
        raise BadRequest("name one file, such as `orchestra blame shop.py`")
    path = path_in(folder, args.file[0], Path.cwd())
    (found,) = asyncio.run(_blames(args, {path: text_on_disk(folder, path)}))
    print_json(found) if args.json else say(blame_lines(found))
    return DONE


def _print_trailers(args: argparse.Namespace, folder: Path) -> int:
    """Print a trailer for each agent that wrote lines which git does not have yet."""
    demand_trust(folder)
    paths = [path_in(folder, name, Path.cwd()) for name in args.file] or changed_files(folder)
    texts = {path: text_on_disk(folder, path) for path in paths if (folder / path).is_file()}
    lines = _trailers(args, folder, texts, "HEAD")
    print_json({"trailers": lines}) if args.json else say(lines)
    return DONE


def _note(args: argparse.Namespace, folder: Path) -> int:
    """Write who wrote the lines that a commit brought as a note of that commit."""
    demand_trust(folder)
    if args.file:
        raise BadRequest("a note is about all files of its commit; leave out the file")
    commit = commit_named(folder, args.note)
    texts = {path: text_in(folder, commit, path) for path in files_of(folder, commit)}
    lines = _trailers(args, folder, texts, f"{commit}^")
    if lines:
        write_note(folder, commit, lines)
    told = lines or [f"No agent wrote a line that {commit[:12]} brought; no note was written."]
    print_json({"commit": commit, "trailers": lines}) if args.json else say(told)
    return DONE


def _trailers(args: argparse.Namespace, folder: Path, texts: dict[str, str], before: str) -> list[str]:
    """Return the trailers about the lines of ``texts`` that the commit ``before`` does not have."""
    found = asyncio.run(_blames(args, texts))
    return trailers([(one, new_lines(text_in(folder, before, one.path), one)) for one in found])


async def _blames(args: argparse.Namespace, texts: dict[str, str]) -> list[Blame]:
    folder, authors = folder_of(args), FileAuthors()
    async with reader_of(args) as reader:
        return [await blamed(authors, reader, folder, path, text) for path, text in texts.items()]

"""`orchestra review [list | show | accept | reject]`: what waits for your word, without an editor."""

import argparse
import asyncio
from pathlib import Path

from codecompanion.contracts.errors import BadRequest
from codecompanion.contracts.ids import random_id
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.orchestra.workspace.disk_edits import DiskEdits
from codecompanion.server.cli_commands.exit_codes import DONE, FAILED
from codecompanion.server.cli_commands.folder_logs import folder_of, owning, reader_of
from codecompanion.server.cli_commands.printing import print_json, say
from codecompanion.server.provenance.asking import path_in
from codecompanion.server.review import telling
from codecompanion.server.review.answers import Decided, Review, review_answer
from codecompanion.server.review.deciding import Choice, Deciding
from codecompanion.server.review.waiting import waiting_in


def review(args: argparse.Namespace) -> int:
    """List, show, let in or turn down; returns 1 when something that was to be let in stayed."""
    if args.what in ("accept", "reject"):
        return _decide(args)
    found = asyncio.run(_ask(args))
    if args.json:
        print_json(found)
    else:
        say(telling.listed(found) if args.what == "list" else telling.shown(found))
    return DONE


async def _ask(args: argparse.Namespace) -> Review:
    choice = _choice(args)
    async with reader_of(args) as reader:
        everything = review_answer(str(folder_of(args)), await waiting_in(reader.log))
    fitting = {"run_id": choice.run_id, "path": choice.path}

    def fits(one: object) -> bool:
        return all(wanted in ("", getattr(one, name)) for name, wanted in fitting.items())

    files = tuple(filter(fits, everything.files))
    return everything.model_copy(
        update={"files": files, "kept_back": tuple(filter(fits, everything.kept_back))}
    )


def _decide(args: argparse.Namespace) -> int:
    choice = _choice(args)
    if not any((choice.run_id, choice.path, args.all)):
        raise BadRequest("say which: name a file, a run with --run, or --all for everything that waits")

    async def work(store: SqliteEventStore) -> Decided:
        deciding = Deciding(store, DiskEdits(folder_of(args)), random_id)
        return await (deciding.accept(choice) if args.what == "accept" else deciding.reject(choice))

    answer = owning(args, work)
    print_json(answer) if args.json else say(telling.decided(answer))
    return FAILED if answer.refused else DONE


def _choice(args: argparse.Namespace) -> Choice:
    path = path_in(folder_of(args), args.file, Path.cwd()) if args.file else ""
    return Choice(args.run or "", path, args.hunk or "")

"""`orchestra runs export | import`: one run as one file."""

import argparse
import asyncio
import time
from pathlib import Path

from codecompanion.contracts.wording import counted
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.server.cli_commands.exit_codes import DONE
from codecompanion.server.cli_commands.folder_logs import owning, reader_of
from codecompanion.server.cli_commands.printing import print_json, say
from codecompanion.server.runs.answers import RunExported, RunTakenIn
from codecompanion.server.runs.sharing import export_run
from codecompanion.server.runs.sharing import import_run as take_in


def export(args: argparse.Namespace) -> int:
    """Write a run's file into this folder, or where `--file` says."""

    async def work() -> RunExported:
        async with reader_of(args) as reader:
            run_id = await reader.pick(args.run)
            return await export_run(reader.log, run_id, Path(args.file) if args.file else None, Path.cwd())

    done = asyncio.run(work())
    if args.json:
        print_json(done)
    else:
        say([f"Run {done.run_id} with its {counted(done.events, 'event')} was written to {done.file}"])
    return DONE


def import_run(args: argparse.Namespace) -> int:
    """Take a run from a file; it is never gone on with by itself."""

    async def work(store: SqliteEventStore) -> RunTakenIn:
        return await take_in(store, Path(args.file), now=time.time())

    done = owning(args, work)
    if args.json:
        print_json(done)
        return DONE
    named = (
        ""
        if done.run_id == done.origin
        else f" It was {done.origin} where it came from; its chain was made anew."
    )
    ended = "" if done.ended else " It had not ended there; fork it to go on with it."
    say([f"Taken in as run {done.run_id} with {counted(done.events, 'event')}.{named}{ended}"])
    return DONE

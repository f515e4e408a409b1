"""`orchestra runs list | show | replay | diff | verify`: looking at runs; nothing in the log is changed."""

import argparse
import asyncio

from codecompanion.contracts.wording import counted
from codecompanion.server.cli_commands.exit_codes import DONE, FAILED
from codecompanion.server.cli_commands.folder_logs import folder_of, reader_of
from codecompanion.server.cli_commands.printing import print_json, say
from codecompanion.server.runs import answers, telling
from codecompanion.server.runs.documents_out import write_documents
from codecompanion.server.runs.event_filter import filter_for


def list_runs(args: argparse.Namespace) -> int:
    """Print the runs of the folder."""

    async def ask() -> answers.RunList:
        async with reader_of(args) as reader:
            runs = tuple(await reader.entries(archived=args.all))
        return answers.RunList(workspace=str(folder_of(args)), runs=runs)

    found = asyncio.run(ask())
    print_json(found) if args.json else say(telling.listed(found))
    return DONE


def show(args: argparse.Namespace) -> int:
    """Print what happened in a run."""

    async def ask() -> answers.RunStory:
        async with reader_of(args) as reader:
            run_id = await reader.pick(args.run)
            history = await reader.history(run_id)
        wanted = filter_for(
            history,
            agent=args.agent,
            types=args.type or (),
            task=args.task,
            correlation=args.correlation,
            since=args.since,
            until=args.until,
        )
        return answers.told(run_id, wanted(history))

    found = asyncio.run(ask())
    print_json(found) if args.json else say(telling.story(found))
    return DONE


def replay(args: argparse.Namespace) -> int:
    """Print a run as it was at a moment, and write its documents where that was asked for."""

    async def ask() -> answers.RunMoment:
        async with reader_of(args) as reader:
            seen = await reader.replayed(await reader.pick(args.run), args.to)
        if args.files:
            written = write_documents(seen.documents.values(), args.files, folder_of(args))
            said.extend(["", f"{counted(len(written), 'document')} written to {args.files}"])
        return answers.moment(seen, full=args.full, texts=args.full)

    said: list[str] = []
    found = asyncio.run(ask())
    print_json(found) if args.json else say([*telling.moment(found, full=args.full), *said])
    return DONE


def diff(args: argparse.Namespace) -> int:
    """Print how two runs differ."""

    async def ask() -> answers.RunComparison:
        async with reader_of(args) as reader:
            one = await reader.pick(args.run) if args.run else await reader.last_but_one()
            other = await reader.pick(args.other)
            return answers.compared(await reader.replayed(one), await reader.replayed(other))

    found = asyncio.run(ask())
    print_json(found) if args.json else say(telling.difference(found))
    return DONE


def verify(args: argparse.Namespace) -> int:
    """Print whether anything was altered or lost; returns 1 when it was."""

    async def ask() -> answers.LogChecks:
        async with reader_of(args) as reader:
            only = await reader.pick(args.run) if args.run else None
            return await reader.checks(str(folder_of(args)), only)

    found = asyncio.run(ask())
    print_json(found) if args.json else say(telling.checks(found))
    return DONE if found.sound else FAILED

"""`orchestra runs rename | archive | clean`: names, the archive, and clearing away."""

import argparse
import time

from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.server.cli_commands.exit_codes import DONE
from codecompanion.server.cli_commands.folder_logs import folder_of, owning, settings_now
from codecompanion.server.cli_commands.printing import print_json, say
from codecompanion.server.runs import cleaning, keeping, telling
from codecompanion.server.runs.reader import RunReader


def rename(args: argparse.Namespace) -> int:
    """Give a run another name."""

    async def work(store: SqliteEventStore) -> tuple[str, str]:
        run_id = await RunReader(store).pick(args.run)
        return run_id, await keeping.rename(store, run_id, args.title)

    run_id, title = owning(args, work)
    print_json({"runId": run_id, "title": title}) if args.json else say(
        [f"Run {run_id} is named {title!r} now."]
    )
    return DONE


def archive(args: argparse.Namespace) -> int:
    """Put a run into the archive, or take it out of it."""

    async def work(store: SqliteEventStore) -> str:
        run_id = await RunReader(store).pick(args.run, archived=args.undo)
        await keeping.archive(store, run_id, archived=not args.undo)
        return run_id

    run_id = owning(args, work)
    where = "is in the usual list again" if args.undo else "is archived; `orchestra runs list --all` shows it"
    print_json({"runId": run_id, "archived": not args.undo}) if args.json else say([f"Run {run_id} {where}."])
    return DONE


def clean(args: argparse.Namespace) -> int:
    """Remove old ended runs, or only say which."""
    settings = settings_now(args)
    policy = cleaning.Policy(settings.keep_days, settings.keep_megabytes)
    data_folder = folder_of(args) / settings.data_folder

    async def work(store: SqliteEventStore) -> list[cleaning.Removal]:
        if args.dry_run:
            return await cleaning.planned(store, policy, time.time())
        return await cleaning.clean(store, policy, time.time(), data_folder)

    going = owning(args, work)
    if args.json:
        print_json(cleaning.answer(going, removed=not args.dry_run))
    elif not going:
        say(["There is nothing to remove."])
    else:
        rows = [(run.run_id, str(run.events), run.reason) for run in going]
        say(telling.table(("run", "events", "why"), rows))
        say(["Nothing was removed: this was a dry run." if args.dry_run else f"{len(going)} removed."])
    return DONE

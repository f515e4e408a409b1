"""`orchestra undo`: take a run's changes out of the files of a folder, without an editor."""

import argparse

from codecompanion.contracts.ids import random_id
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.orchestra.workspace.disk_edits import DiskEdits
from codecompanion.server.cli_commands.exit_codes import DONE, FAILED
from codecompanion.server.cli_commands.folder_logs import folder_of, owning
from codecompanion.server.cli_commands.printing import print_json, say
from codecompanion.server.provenance.file_authors import FileAuthors
from codecompanion.server.runs.reader import RunReader
from codecompanion.server.undo.undoing import Part, Undoing, UndoReport, disk_texts


def undo(args: argparse.Namespace) -> int:
    """Print what was undone and what stayed; returns 1 when something stayed."""
    folder = folder_of(args)

    async def work(store: SqliteEventStore) -> UndoReport:
        undoing = Undoing(store, FileAuthors(), DiskEdits(folder), disk_texts(folder), random_id)
        if (args.run or "").startswith("undo-"):
            return await undoing.take_back(args.run)
        run_id = await RunReader(store).pick(args.run, here=True)
        return await undoing.undo(Part(run_id, args.agent or "", args.task or ""))

    report = owning(args, work)
    if args.json:
        print_json(report)
    else:
        say([report.text, *(f"Stayed: {line}" for line in report.kept)])
        if report.undo_id:
            say([f"`orchestra undo {report.undo_id}` takes this back."])
    return FAILED if report.kept else DONE

"""Taking a run out of a log into a file, and one from a file into a log."""

import asyncio
import re
from functools import partial
from pathlib import Path

from codecompanion.contracts.errors import BadRequest, OrchestraError
from codecompanion.contracts.events import Context, RunFinished
from codecompanion.contracts.ids import IdSource, RunId, random_id
from codecompanion.contracts.session_events import RunImported
from codecompanion.memory.event_codec import encode
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.memory.whole_streams import put_stream, stream_as_stored, streams
from codecompanion.server.runs.answers import RunExported, RunTakenIn
from codecompanion.server.runs.keeping import note
from codecompanion.server.runs.reader import ReadableLog, RunReader
from codecompanion.server.runs.run_file import SUFFIX, RunFile, lines_of, read_run_file, write_run_file

_USUAL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
NOT_ENDED = "It had not ended where it came from, and is never gone on with here: fork it to go on."


async def export_run(log: ReadableLog, run_id: RunId, file: Path | None, folder: Path) -> RunExported:
    """Write a run's file, by default beside the workspace's files; what was typed meanwhile is not in it.

    Raises ``OrchestraError`` for a run that is altered or lost in part: such a file would be refused anyway.
    """
    if problems := await log.verify(run_id):
        raise OrchestraError(f"run {run_id} cannot be exported: {problems[0]}")
    events = await log.ask(partial(stream_as_stored, run_id=run_id))
    entry = await RunReader(log).entry(run_id)
    target = folder / (file or f"{run_id if _USUAL_ID.fullmatch(run_id) else 'run'}{SUFFIX}")
    await asyncio.to_thread(write_run_file, target, lines_of(run_id, entry.title, events))
    return RunExported(run_id=run_id, file=str(target), events=len(events))


async def import_run(
    store: SqliteEventStore, file: Path, *, now: float, ids: IdSource = random_id
) -> RunTakenIn:
    """Take a run from a file into the log; raises ``BadRequest`` for a file that is none, or was altered.

    It keeps its id where that is free here. It is never gone on with: one that had not ended gets an end.
    """
    found = await asyncio.to_thread(read_run_file, file)
    run_id = await _free_id(store, found.run_id, ids)
    await store.change(partial(put_stream, run_id=run_id, events=_rows(found, run_id, now)))
    source = "".join(char for char in file.name if char.isprintable())[:200]
    await note(store, RunImported(run_id=run_id, origin=found.run_id, source=source, last_link=found.last_link))
    return RunTakenIn(run_id=run_id, origin=found.run_id, events=len(found.events), ended=found.ended)


def _rows(found: RunFile, run_id: RunId, now: float) -> list[tuple[float, str, Context]]:
    usual = Context(correlation_id=run_id)
    rows = [(one.at, one.body, one.context or usual) for one in found.events]
    if not found.ended:
        rows.append((now, encode(RunFinished(outcome="stopped", summary=NOT_ENDED)), usual))
    return rows


async def _free_id(store: SqliteEventStore, wanted: RunId, ids: IdSource) -> RunId:
    taken = set(await store.ask(streams))
    taken |= (await RunReader(store).notes()).removed.keys()
    if wanted not in taken and _USUAL_ID.fullmatch(wanted):
        return wanted
    for _ in range(100):
        if (fresh := ids("run")) not in taken:
            return fresh
    raise BadRequest("no free id was found for the run; try again")

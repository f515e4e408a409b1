"""Appends while files may not grow, then while they may again; says what each append came to."""

import asyncio
import resource
import sys
import time
from pathlib import Path

from codecompanion.contracts.events import StopRequested
from codecompanion.memory.errors import StorageError
from codecompanion.memory.event_store import SqliteEventStore

BIG = StopRequested(reason="x" * 500_000)


async def outcome(store: SqliteEventStore, version: int) -> str:
    try:
        return f"stored {(await store.append('run-1', version, [BIG]))[0].version}"
    except StorageError as error:
        return f"refused: {error}"


async def main(folder: Path) -> None:
    store = await SqliteEventStore.open(folder, time.time)
    lines = [await outcome(store, 0)]
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (700_000, hard))
    lines += [await outcome(store, 1), await outcome(store, 1)]
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    lines += [await outcome(store, 1), f"events {len(await store.read('run-1'))}"]
    await store.close()
    sys.stdout.write("\n".join(lines))


asyncio.run(main(Path(sys.argv[1])))

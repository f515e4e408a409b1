"""Appends from eight writers until killed; says `run version` on stdout after each acknowledgement."""

import asyncio
import os
import sys
import time
from pathlib import Path

from codecompanion.contracts.events import StopRequested
from codecompanion.memory.event_store import SqliteEventStore


async def write(store: SqliteEventStore, run_id: str) -> None:
    version = len(await store.read(run_id))
    while True:
        numbers = range(version + 1, version + 2 + version % 3)
        await store.append(run_id, version, [StopRequested(reason=f"{run_id} {number}") for number in numbers])
        version = numbers[-1]
        os.write(1, f"{run_id} {version}\n".encode())


async def main(folder: Path) -> None:
    store = await SqliteEventStore.open(folder, time.time)
    await asyncio.gather(*(write(store, f"run-{number}") for number in range(8)))


sys.stdin.readline()
asyncio.run(main(Path(sys.argv[1])))

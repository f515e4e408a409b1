"""Appends and brings the tables up to date until killed; says `go` after each round."""

import asyncio
import os
import sys
import time
from pathlib import Path

from codecompanion.contracts.events import TaskStarted
from codecompanion.contracts.messages import Role
from codecompanion.memory.database import open_database
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.memory.records.project_records import SqliteProjectRecords


async def main(folder: Path) -> None:
    database = await open_database(folder, time.time)
    store = SqliteEventStore(database, time.time)
    records = SqliteProjectRecords(database, time.time, repr, print)
    version = len(await store.read("run-1"))
    while True:
        tasks = [TaskStarted(task_id=f"t{version + n}", role=Role.DEBUGGER) for n in range(50)]
        await store.append("run-1", version, tasks)
        version += len(tasks)
        await records.catch_up()
        os.write(1, b"go\n")


asyncio.run(main(Path(sys.argv[1])))

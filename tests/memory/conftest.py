"""What tests of the memory layer share: an open log, a clock that only counts, children that end in time."""

import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from codecompanion.contracts.ports import Clock
from codecompanion.memory.database import Database
from codecompanion.memory.event_store import SqliteEventStore

CHILDREN = Path(__file__).parent / "children"
Child = subprocess.Popen[bytes]


@pytest.fixture
def clock() -> Clock:
    """A clock that goes on by one second at each look."""
    seconds = count(1_700_000_000)
    return lambda: float(next(seconds))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the log's files are; not made yet."""
    return tmp_path / ".orchestra"


@pytest.fixture
def database(folder: Path, clock: Clock) -> Database:
    """A new database; whoever asks for it closes it, mostly by way of ``store``."""
    return Database.open(folder, clock)


@pytest.fixture
async def store(database: Database, clock: Clock) -> AsyncIterator[SqliteEventStore]:
    """A log in the database, closed at the end."""
    opened = SqliteEventStore(database, clock)
    yield opened
    await opened.close()


@pytest.fixture
def start_child() -> Iterator[Callable[..., Child]]:
    """Start one of the scripts in children/ with pipes; whatever still runs at the end is killed."""
    started: list[Child] = []

    def start(script: str, *arguments: object) -> Child:
        command = [sys.executable, "-P", str(CHILDREN / script), *map(str, arguments)]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        started.append(child)
        return child

    yield start
    for child in started:
        child.kill()
        child.communicate()

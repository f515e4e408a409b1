"""What the tests of the memory layer share: a clock that only counts, and children that end with the test."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from codecompanion.contracts.ports import Clock

CHILDREN = Path(__file__).parent / "children"
Child = subprocess.Popen[bytes]


@pytest.fixture
def clock() -> Clock:
    """A clock that goes on by one second at each look."""
    seconds = count(1_700_000_000)
    return lambda: float(next(seconds))


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

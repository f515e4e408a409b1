"""What all processes of a run may take together: looked at while it goes on, since no kernel limit says so."""

import asyncio
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from codecompanion.orchestra.verification.family import Family
from codecompanion.orchestra.verification.written import Written

_LOOK_EVERY_S: Final = 0.1
_ORPHANS_EVERY: Final = 10
_MOST_MEMORY: Final = 16 << 30
# time stamps of files lag behind the clock by up to a tick
_TICK_NS: Final = 20_000_000


def share_of_memory() -> int:
    """Return three quarters of this machine's memory in bytes, at most 16 GiB."""
    try:
        there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return _MOST_MEMORY
    return min(_MOST_MEMORY, there * 3 // 4)


@dataclass(frozen=True, slots=True)
class Together:
    """The most processes and threads at a time, bytes of memory, and bytes written into ``folders`` that stay.

    Kept where there is a ``/proc`` (on Linux). A run goes over them for up to a tenth of a second.
    """

    processes: int = 2_000
    threads: int = 10_000
    memory: int = field(default_factory=share_of_memory)
    written: int = 10 << 30
    folders: tuple[Path, ...] = ()


async def overrun(pid: int, mark: str, most: Together) -> str:
    """Return once the run of ``pid`` takes too much, and say of what; where nothing is to be seen, never."""
    family, looks = Family(pid, mark), 0
    written = Written(most.folders, most.written, time.time_ns() - _TICK_NS)
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        looks += 1
        said = await asyncio.to_thread(_excess, family, written, most, looks % _ORPHANS_EVERY == 0)
        if said:
            return said


def _excess(family: Family, written: Written, most: Together, for_orphans: bool) -> str:
    members = family.look(most.processes, for_orphans=for_orphans).values()
    if len(members) > most.processes:
        return f"started more than {most.processes:,} processes"
    if sum(one.threads for one in members) > most.threads:
        return f"started more than {most.threads:,} threads, in all its processes together"
    # the quick sum counts what processes share again and again; the slow one is only for where it is too much
    if sum(one.resident for one in members) > most.memory and family.memory() > most.memory:
        return f"used more than {_megabytes(most.memory)} of memory, all its processes together"
    if written.is_too_much(family.open_files()):
        return f"wrote more than {_megabytes(most.written)} to the disk"
    return ""


def _megabytes(size: int) -> str:
    return f"{size >> 20:,} MB"

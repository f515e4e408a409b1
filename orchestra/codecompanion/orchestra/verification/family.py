"""The live processes of one run and what they take together, as Linux's ``/proc`` tells it (``man 5 proc``).

No limit that an ordinary user can set counts them together (``setrlimit`` counts a process, or a whole user),
and a control group of one's own is not to be had everywhere: so they are looked at. Elsewhere nobody is found.
"""

# ruff: noqa: PTH116, PTH123, PTH208 - looked at ten times a second, and paths as objects cost several times as much
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final, NamedTuple

from codecompanion.orchestra.verification.process_tree import marked_processes

_PAGE: Final = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
# fields of ``stat`` behind the name, counted from the state
_THREADS, _STARTED, _RESIDENT = 17, 19, 21


class Member(NamedTuple):
    """A live process: its threads, when it started (which tells it from a later one of its id), its memory.

    ``resident`` is in bytes and counts what it shares with others in full.
    """

    threads: int
    started: int
    resident: int


class Family:
    """A process and all that came of it; one that was seen once is known also when its parent is gone.

    What is in no tree any more is found by ``mark``, which is in the environment of all of them.
    """

    def __init__(self, pid: int, mark: str, proc: str = "/proc") -> None:
        self._mark = mark
        self._proc = proc
        self._known: dict[int, Member] = {}
        self._add(pid)

    def look(self, most: int, *, for_orphans: bool = False) -> dict[int, Member]:
        """Return the members by their ids, to just beyond ``most`` of them."""
        if for_orphans:
            for pid in set(marked_processes(self._mark)).difference(self._known):
                self._add(pid)
        waiting, before, self._known = list(self._known), self._known, {}
        while waiting and len(self._known) <= most:
            pid = waiting.pop()
            if pid not in self._known and (found := self._member(pid)):
                known = before.get(pid)
                if known is None or known.started == found.started:
                    self._known[pid] = found
                    waiting += self._children(pid, found.threads)
        return self._known

    def memory(self) -> int:
        """Return the bytes of memory of all members of the last look; what they share is counted once."""
        return sum(self._share(pid, member) for pid, member in self._known.items())

    def open_files(self) -> Iterator[os.stat_result]:
        """Yield the status of the files that members of the last look hold open."""
        for pid in self._known:
            with suppress(OSError):
                for name in os.listdir(f"{self._proc}/{pid}/fd"):
                    with suppress(OSError):
                        yield os.stat(f"{self._proc}/{pid}/fd/{name}")

    def _add(self, pid: int) -> None:
        if found := self._member(pid):
            self._known[pid] = found

    def _member(self, pid: int) -> Member | None:
        stat = self._read(f"{pid}/stat").rpartition(b")")[2].split()
        if len(stat) <= _RESIDENT:
            return None
        return Member(int(stat[_THREADS]), int(stat[_STARTED]), int(stat[_RESIDENT]) * _PAGE)

    def _children(self, pid: int, threads: int) -> Iterable[int]:
        """Return the children of all threads: a child belongs to the thread that made it."""
        names = [str(pid)]
        if threads > 1:
            with suppress(OSError):
                names = os.listdir(f"{self._proc}/{pid}/task")
        return [int(child) for name in names for child in self._read(f"{pid}/task/{name}/children").split()]

    def _share(self, pid: int, member: Member) -> int:
        for line in self._read(f"{pid}/smaps_rollup").splitlines():
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
        return member.resident

    def _read(self, name: str) -> bytes:
        """Return a file's bytes, none when the process is gone or not ours to look at."""
        with suppress(OSError), open(f"{self._proc}/{name}", "rb") as file:
            return file.read()
        return b""

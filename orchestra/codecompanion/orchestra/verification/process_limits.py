"""Limits the kernel keeps for a process and all it starts: time, memory, processes, file size.

They are set by a tiny launcher that then becomes the wanted program, so that not even its first child escapes
them; setting them in the forked child of a process with threads could hang it.
"""

import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

# imports what is built in only: a start costs half as much as with json and os
_LAUNCHER = """
import posix, resource, sys
for pair in sys.argv[1].split(","):
    name, most = pair.split("=")
    kind = getattr(resource, "RLIMIT_" + name, None)
    if kind is not None:
        hard = resource.getrlimit(kind)[1]
        value = int(most) if hard == resource.RLIM_INFINITY else min(int(most), hard)
        try:
            resource.setrlimit(kind, (value, value))
        except (OSError, ValueError):
            pass
posix.execv(sys.argv[2], sys.argv[2:])
"""


@dataclass(frozen=True, slots=True)
class ProcessLimits:
    """Seconds and bytes, each for one process; ``processes`` are those allowed beyond what runs now."""

    cpu_seconds: int = 3_600
    # virtual memory is generous, since JavaScript engines reserve much that they never use
    address_space: int = 1 << 40
    data: int = 8 << 30
    file_size: int = 4 << 30
    processes: int = 2_000
    core: int = 0


def limited(
    argv: tuple[str, ...],
    limits: ProcessLimits,
    platform: str = sys.platform,
    find: Callable[[str], str | None] = shutil.which,
) -> tuple[str, ...]:
    """Return the command that runs ``argv`` (its program an absolute path) under ``limits``.

    Windows has no such limits; there the command stays as it is.
    """
    if platform == "win32":
        return argv
    most = _by_name(limits)
    # a start of Python costs as much as all the rest of a confined run
    if platform == "linux" and (program := find("prlimit")):
        return (program, *(f"--{name.lower()}={value}" for name, value in _allowed(most)), "--", *argv)
    pairs = ",".join(f"{name}={value}" for name, value in most.items())
    return (sys.executable, "-I", "-S", "-c", _LAUNCHER, pairs, *argv)


def _allowed(most: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Yield the limits as this process may set them for its children: never beyond its own hard ones."""
    import resource  # noqa: PLC0415 - not on Windows

    for name, wanted in most.items():
        hard = resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))[1]
        yield name, wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)


def _by_name(limits: ProcessLimits) -> dict[str, int]:
    return {
        "CPU": limits.cpu_seconds,
        "AS": limits.address_space,
        "DATA": limits.data,
        "FSIZE": limits.file_size,
        "NPROC": _running() + limits.processes,
        "CORE": limits.core,
    }


def _running() -> int:
    """Return how many threads run on this machine now: the kernel counts them all against their user."""
    try:
        return int(Path("/proc/loadavg").read_text().split()[3].partition("/")[2])
    except (OSError, IndexError, ValueError):
        return 2_000

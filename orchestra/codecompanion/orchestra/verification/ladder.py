"""Which rung this machine really holds, found out by trying to break out of each."""

import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from codecompanion.orchestra.verification.bubblewrap import Bubblewrap
from codecompanion.orchestra.verification.landlock import Landlock, kernel_has_landlock
from codecompanion.orchestra.verification.process import Bounds, run_process
from codecompanion.orchestra.verification.sandbox import Cell, ProcessLimitsOnly, Rung, Sandbox

_PROBE_S: Final = 5.0
# a confined shell can write inside; what it writes outside, if it can, must not be there afterwards
_PROBE: Final = 'echo held > inside && { echo broken 2>/dev/null > "$1"; :; }'


async def choose_sandbox(
    scratch: Path,
    *,
    platform: str = sys.platform,
    find: Callable[[str], str | None] = shutil.which,
    has_landlock: Callable[[], bool] = kernel_has_landlock,
) -> Sandbox:
    """Return the strictest sandbox that holds here; where none does, each run has to be asked for.

    That bubblewrap is installed says little: some systems forbid it. ``scratch`` is a folder for the trials.
    """
    for sandbox in _candidates(platform, find, has_landlock):
        if await _holds(sandbox, scratch):
            return sandbox
    return ProcessLimitsOnly(Rung.ASKING)


def _candidates(
    platform: str, find: Callable[[str], str | None], has_landlock: Callable[[], bool]
) -> Iterator[Sandbox]:
    if platform != "linux":
        return
    if program := find("bwrap"):
        yield Bubblewrap(program)
    if has_landlock():
        yield Landlock(own_network=True)
        yield Landlock(own_network=False)


async def _holds(sandbox: Sandbox, scratch: Path) -> bool:
    outside = scratch / f"outside-{secrets.token_hex(4)}"
    inside = scratch / f"inside-{secrets.token_hex(4)}"
    cell = Cell(root=inside, copy=inside, scratch=inside)
    cell.temporary.mkdir(parents=True)
    try:
        ended = await run_process(
            sandbox.wrap(("/bin/sh", "-c", _PROBE, "probe", str(outside)), cell),
            cwd=str(inside),
            environment={"PATH": "/usr/bin:/bin"},
            bounds=Bounds(seconds=_PROBE_S),
        )
    except OSError:
        return False
    finally:
        with suppress(OSError):
            shutil.rmtree(inside)
    return ended.exit_code == 0 and not outside.exists()

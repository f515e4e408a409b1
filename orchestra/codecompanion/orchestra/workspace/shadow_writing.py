"""Making one path of the shadow copy."""

import os
import time
from typing import Final

from codecompanion.orchestra.workspace.safe_files import Folder
from codecompanion.orchestra.workspace.secret_files import MOST_LOOKED_AT, secret_in
from codecompanion.orchestra.workspace.shadow_entries import Stamp, Wanted, permissions

# a file changed this shortly before it was copied may change again within one tick of its time stamp
_TICK_NS = 50_000_000
_COARSE_TICK_NS = 2_000_000_000
NEVER_CURRENT: Final = object()
"""What a copy was made from when its source may still change unseen: equal to nothing."""


def write_entry(
    target: Folder, name: str, wanted: Wanted, source: Folder | None, limit: int, *, secrets_stay: bool
) -> object:
    """Make one path of the copy; return what it was made from.

    None if there is nothing to make: its source vanished, is not ours to read (so no test of ours can either),
    or holds a secret where ``secrets_stay`` behind.
    """
    if wanted.link:
        os.symlink(wanted.link, target.at(name), dir_fd=target.fd)
        return wanted.sign
    if wanted.data is not None:
        target.create(name, wanted.data, permissions(wanted.source))
        return wanted.sign
    if source is None:
        return None
    now_ns = time.time_ns()
    try:
        data, status = source.read(name, limit)
    except (FileNotFoundError, PermissionError):
        return None
    if secrets_stay and secret_in(data[:MOST_LOOKED_AT].decode("latin-1")):
        return None
    stamp = Stamp.of(status)
    target.create(name, data, permissions(stamp))
    tick_ns = _TICK_NS if stamp.mtime_ns % 1_000_000_000 else _COARSE_TICK_NS
    return stamp if stamp.mtime_ns + tick_ns < now_ns else NEVER_CURRENT

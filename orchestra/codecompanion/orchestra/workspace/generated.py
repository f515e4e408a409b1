"""Files that Git ignores although tests may need them: generated modules, extensions built in place, data."""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from codecompanion.orchestra.workspace.code_files import is_code
from codecompanion.orchestra.workspace.secret_files import holds_secrets

MOST_GENERATED_FILES: Final = 5_000
MOST_GENERATED_BYTES: Final = 500_000_000
BIGGEST_GENERATED_FILE: Final = 50_000_000

_EXTENSION_MODULES = (".so", ".pyd", ".dylib", ".dll", ".node")
# somebody's own trials: tests that the project does not keep are not the project's tests
_TEST_FILE = re.compile(r"(?:tests?|test[-_].*|.*[-_.](?:test|spec))\.(?:py|[cm]?[jt]sx?)")


def generated_files(root: Path, ignored: Iterable[str], room: int) -> Iterator[tuple[str, os.stat_result]]:
    """Yield those of the ``ignored`` files that a copy for test runs should hold, and their states.

    ``ignored`` are paths relative to ``root``. Code and extension modules go before data, small files before
    big ones, until a bound or ``room``, in bytes, is reached. Links, test files, what may hold secrets and
    what cannot be read are left out.
    """
    found = sorted(_copyable(root, ignored), key=lambda item: (not _is_module(item[0]), item[1].st_size))
    room = min(room, MOST_GENERATED_BYTES)
    for path, status in found[:MOST_GENERATED_FILES]:
        room -= status.st_size
        if room < 0:
            return
        yield path, status


def _copyable(root: Path, paths: Iterable[str]) -> Iterator[tuple[str, os.stat_result]]:
    for path in paths:
        if holds_secrets(path) or _TEST_FILE.fullmatch(path.rpartition("/")[2]):
            continue
        absolute = f"{root}/{path}"
        try:
            status = os.lstat(absolute)
        except OSError:
            continue
        is_small_file = stat.S_ISREG(status.st_mode) and status.st_size <= BIGGEST_GENERATED_FILE
        # a service run as another user may have left it: not ours to read, so not needed by our tests
        if is_small_file and os.access(absolute, os.R_OK):
            yield path, status


def _is_module(path: str) -> bool:
    return path.endswith(_EXTENSION_MODULES) or is_code(path)

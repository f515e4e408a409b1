"""How long a shadow copy of a large workspace takes: the first, and the refresh after one edit."""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.table import Row, percentile, print_table
from codecompanion.orchestra.workspace.shadow import ShadowCopy
from codecompanion.orchestra.workspace.view import Workspace

FILES, FILE_BYTES = 10_000, 10_000
FOLDERS = 200
ROUNDS = 15
MOST_FIRST_S, MOST_REFRESH_MS = 3.0, 30.0
# time stamps this old tell changes apart for certain, as in a folder that somebody works in
SETTLED_S = 3.0


def run() -> list[Row]:
    """Measure, print and return the rows."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        root = _workspace(base / "ws")
        buffers: dict[str, str] = {}
        view = Workspace(root, lambda: buffers)
        shadow = ShadowCopy(root, parent=base)

        def refresh() -> None:
            shadow.sync(view.overlay(), also=view.files(), without=view.hidden())

        try:
            first_ms = _took_ms(refresh)
            plain_ms = _took_ms(
                lambda: subprocess.run(["cp", "-r", str(root), str(base / "plain")], check=True)
            )
            time.sleep(SETTLED_S)
            refresh()
            edited = [_after(refresh, lambda number=number: _edit(root, number)) for number in range(ROUNDS)]  # type: ignore[misc]
            typed = [
                _after(refresh, lambda number=number: buffers.update({"d7/f7.py": f"typed {number}\n"}))  # type: ignore[misc]
                for number in range(ROUNDS)
            ]
        finally:
            shadow.close()
    print_table(
        f"a shadow copy of {FILES:,} files, {FILES * FILE_BYTES / 1e6:.0f} MB",
        ("what", "median", "worst"),
        [
            ("first copy", f"{first_ms / 1000:.2f} s", ""),
            ("`cp -r` of the same right after it", f"{plain_ms / 1000:.2f} s", ""),
            ("refresh after a file was saved", f"{percentile(edited, 0.5):.1f} ms", f"{max(edited):.1f} ms"),
            ("refresh after a buffer was changed", f"{percentile(typed, 0.5):.1f} ms", f"{max(typed):.1f} ms"),
        ],
    )
    size = f"{FILES:,} files"
    return [
        Row(f"first shadow copy of {size}", first_ms / 1000, "≤", MOST_FIRST_S, " s"),
        Row(f"refresh of {size}, one saved", percentile(edited, 0.5), "≤", MOST_REFRESH_MS, " ms"),
        Row(f"refresh of {size}, one unsaved", percentile(typed, 0.5), "≤", MOST_REFRESH_MS, " ms"),
    ]


def _workspace(root: Path) -> Path:
    block = os.urandom(FILE_BYTES // 2).hex()
    for number in range(FILES):
        path = root / f"d{number % FOLDERS}" / f"f{number // FOLDERS}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {number}\n{block}")
    return root


def _edit(root: Path, number: int) -> None:
    (root / "d3/f3.py").write_text(f"edited = {number}\n")


def _after(refresh: Callable[[], None], change: Callable[[], None]) -> float:
    change()
    return _took_ms(refresh)


def _took_ms(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000

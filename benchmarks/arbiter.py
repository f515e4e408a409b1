"""What the arbiter costs an edit of a 10,000-line file: with nothing to merge, and while a person types.

Counted is the processor's time, without the model editor's: others' load on the machine does not show.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.table import Row, percentile, print_table
from codecompanion.contracts.edits import FileEdit, ReplaceBlock, WholeFile
from codecompanion.orchestra.workspace.disk_edits import DiskEdits
from codecompanion.orchestra.workspace.view import Workspace
from codecompanion.server.editor.open_documents import OpenDocuments
from codecompanion.server.edits.editor_edits import EditorEdits
from codecompanion.server.edits.model_editor import ModelEditor
from codecompanion.server.edits.tempers import TEMPERS
from codecompanion.server.wire.documents import Documents
from codecompanion.server.wire.folders import WorkspaceFolder

LINES = 10_000
ROUNDS = 200
PATH = "long.py"


class TimedEditor(ModelEditor):
    """A model editor that knows how much time it took itself."""

    own = 0.0

    def _answer(self, edit: Mapping[str, Any]) -> dict[str, Any]:
        began = time.process_time()
        try:
            return super()._answer(edit)
        finally:
            self.own += time.process_time() - began


class Bench:
    """A long file in an editor, its arbiter, and an agent that does not see what the person types."""

    def __init__(self, root: Path) -> None:
        self.chance = random.Random(7)
        (root / PATH).write_text("".join(f"    value_{n} = compute({n})\n" for n in range(LINES)))
        self.documents = Documents()
        self.shown = OpenDocuments(self.documents)
        self.editor = TimedEditor(root, TEMPERS["vscode"], self._hear)
        folder = WorkspaceFolder(root.as_uri(), root.name, str(root))
        view = Workspace(root, lambda: self.shown.texts(folder))
        self.edits = EditorEdits(self.editor, folder, self.shown, view, DiskEdits(root))
        self.editor.open(PATH)

    def _hear(self, method: str, params: dict[str, Any]) -> None:
        known = {
            "textDocument/didOpen": self.documents.opened,
            "textDocument/didChange": self.documents.changed,
        }
        known[method](params)
        self.shown.touched(params["textDocument"]["uri"])

    async def edit(self, edit: FileEdit, base: str) -> float:
        """Return the milliseconds of one edit without those of the editor."""
        self.editor.own, began = 0.0, time.process_time()
        outcome = await self.edits.push(f"e{self.chance.random()}", edit, "", base)
        took = time.process_time() - began - self.editor.own
        if outcome.state != "confirmed" or outcome.held:
            raise RuntimeError(f"the edit was not made: {outcome}")
        return took * 1e3

    async def alone(self) -> float:
        """A block, in the text that its author knows."""
        base = self.editor.buffers[PATH].text
        line = self._line(base)
        return await self.edit(ReplaceBlock(path=PATH, search=line, replace=f"    # new\n{line}"), base)

    async def merged(self) -> float:
        """A whole file, made for a text into which the person has typed at two other places since."""
        base = self.editor.buffers[PATH].text
        wanted = self._changed(base)
        for _ in range(2):
            at = base.index(self._line(base))
            self.editor.type(PATH, at, at, "# typed\n")
        await asyncio.sleep(0.001)
        return await self.edit(WholeFile(path=PATH, text=wanted), base)

    def _changed(self, base: str) -> str:
        for _ in range(2):
            line = self._line(base)
            base = base.replace(line, f"    # whole\n{line}")
        return base

    def _line(self, text: str) -> str:
        number = self.chance.randrange(LINES)
        line = f"    value_{number} = compute({number})\n"
        return line if line in text else self._line(text)


def run() -> list[Row]:
    """Measure, print and return the rows."""
    return asyncio.run(_measure())


async def _measure() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder).resolve())
        await asyncio.sleep(0.01)
        times = {
            "a block, nothing to merge": [await bench.alone() for _ in range(ROUNDS)],
            "a whole file, merged with typing": [await bench.merged() for _ in range(ROUNDS)],
        }
    lines, rows = [], []
    for name, values in times.items():
        middle, worst = percentile(values, 0.5), percentile(values, 0.99)
        lines.append((name, f"{middle:.2f}", f"{worst:.2f}"))
        rows += [
            Row(f"arbiter, {name}, p50", middle, "≤", 5, " ms"),
            Row(f"arbiter, {name}, p99", worst, "≤", 30, " ms"),
        ]
    print_table(f"an edit of a file of {LINES:,} lines, ms", ("edit", "p50", "p99"), lines)
    return rows

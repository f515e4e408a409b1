"""An arbiter with a model editor, in a time that is made up so that waiting costs nothing."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

import pytest

from codecompanion.orchestra.workspace.disk_edits import DiskEdits
from codecompanion.orchestra.workspace.view import Workspace
from codecompanion.server.editor.open_documents import OpenDocuments
from codecompanion.server.edits.editor_edits import EditorEdits
from codecompanion.server.edits.model_editor import ModelEditor
from codecompanion.server.edits.tempers import Temper
from codecompanion.server.wire.documents import Documents
from codecompanion.server.wire.folders import WorkspaceFolder


class MadeUpTime(asyncio.SelectorEventLoop):
    """A loop whose clock jumps to the next timer when nothing is to be done; threads' work is done at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        really = self._selector.select  # type: ignore[attr-defined]

        def select(timeout: float | None = None) -> Any:
            ready = really(0)
            if not ready:
                assert timeout is not None, "everybody waits for somebody"
                self.now += timeout
            return ready

        self._selector.select = select  # type: ignore[attr-defined]

    def time(self) -> float:
        return self.now

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:  # type: ignore[override]
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - as an executor does
            future.set_exception(error)
        return future


@pytest.fixture(scope="session")
def in_made_up_time() -> Callable[[Coroutine[Any, Any, None]], None]:
    """Run something to its end, without waiting for anything but work."""

    def run(main: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner(loop_factory=MadeUpTime) as runner:
            runner.run(main)

    return run


class World:
    """A folder, an editor that shows it, and the arbiter between them."""

    def __init__(self, root: Path, temper: Temper, latency: Callable[[], float]) -> None:
        self.root = root
        self.documents = Documents()
        self.shown = OpenDocuments(self.documents)
        self.editor = ModelEditor(root, temper, self.hear, latency)
        folder = WorkspaceFolder(root.as_uri(), root.name, str(root))
        self.view = Workspace(root, lambda: self.shown.texts(folder))
        self.edits = EditorEdits(self.editor, folder, self.shown, self.view, DiskEdits(root))

    def hear(self, method: str, params: dict[str, Any]) -> None:
        uri = params["textDocument"]["uri"]
        match method:
            case "textDocument/didOpen":
                self.documents.opened(params)
            case "textDocument/didChange":
                self.documents.changed(params)
            case "textDocument/didClose":
                self.documents.closed(params)
                self.shown.closed(uri)
                return
        self.shown.touched(uri)

    def texts(self) -> dict[str, str]:
        """Return what the editor shows, by path."""
        return {path: buffer.text for path, buffer in self.editor.buffers.items()}


@pytest.fixture(scope="session")
def new_world() -> Callable[..., World]:
    """Make a world in a folder that holds some files."""

    def make(
        root: Path, temper: Temper, files: Mapping[str, bytes], latency: Callable[[], float] = lambda: 0.01
    ) -> World:
        for name, data in files.items():
            (root / name).write_bytes(data)
        return World(root, temper, latency)

    return make


@pytest.fixture
def make_world(new_world: Callable[..., World], tmp_path: Path) -> Callable[..., World]:
    """Make a world in the test's own folder."""

    def make(temper: Temper, files: Mapping[str, bytes]) -> World:
        root = tmp_path / "work"
        root.mkdir()
        return new_world(root.resolve(), temper, files)

    return make

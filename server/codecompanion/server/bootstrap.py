"""The one composition root: which parts there are, and what each is given.

Imported late, off the event loop's thread: the engine, the store and the model clients hang on it.
"""

import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from codecompanion.contracts.events import Recorded
from codecompanion.contracts.ports import SubscriberLagged
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.orchestra.agents.desk import AgentLimits
from codecompanion.orchestra.bus.memory_bus import MemoryBus
from codecompanion.orchestra.engine import Engine, Parts
from codecompanion.orchestra.templates.library import Templates
from codecompanion.orchestra.verification.project_tests import ProjectTests
from codecompanion.orchestra.verification.sandbox import ProcessLimitsOnly
from codecompanion.orchestra.workspace.disk_edits import DiskEdits
from codecompanion.orchestra.workspace.view import Workspace
from codecompanion.router.gateway import Gateway, build_gateway
from codecompanion.server.editor.current_gateway import CurrentGateway
from codecompanion.server.settings.model import Settings
from codecompanion.server.settings.routing import router_config

if TYPE_CHECKING:
    from codecompanion.server.editor.editor_workspace import EditorWorkspace
    from codecompanion.server.session import Session
    from codecompanion.server.wire.folders import WorkspaceFolder

log = logging.getLogger(__name__)


class Shared:
    """What all workspaces of one process use together: one event bus and one way to the models."""

    def __init__(self, settings: Settings) -> None:
        self.bus = MemoryBus()
        self.gateway = CurrentGateway(open_gateway(settings))

    def adopt(self, settings: Settings) -> None:
        """Use the models of changed settings from now on."""
        self.gateway.adopt(open_gateway(settings))

    async def follow(self, recorded: Callable[[Recorded], None], lagged: Callable[[], None]) -> None:
        """Call ``recorded`` with every event of every run, ``lagged`` when some were lost on the way."""
        events = self.bus.subscribe()
        while True:
            try:
                async for one in events:
                    recorded(one)
                return
            except SubscriberLagged as loss:
                log.warning("%s", loss)
                lagged()

    async def close(self) -> None:
        """Close the connections to the models."""
        await self.gateway.close()


async def editor_workspace(session: "Session", shared: Shared, folder: "WorkspaceFolder") -> "EditorWorkspace":
    """Return the engine of a folder open in an editor; raises ``WorkspaceError`` where its log cannot live."""
    # the protocol's types come along with these two, which a headless run does without
    from codecompanion.server.editor.editor_workspace import EditorWorkspace  # noqa: PLC0415
    from codecompanion.server.edits.editor_edits import EditorEdits  # noqa: PLC0415

    settings = await session.settings.now()
    documents = session.documents
    view = Workspace(folder.path, lambda: documents.texts(folder), session.problems.lookup(folder))
    store = await _store(settings, folder.path)
    tests = _tests(settings)
    edits = EditorEdits(session.server, folder, documents, view, DiskEdits(folder.path))
    engine = _engine(settings, Parts(store, shared.bus, shared.gateway, view, edits, tests))
    return EditorWorkspace(session.settings, engine, view, edits, tests, store)


@dataclass(frozen=True, slots=True)
class Headless:
    """A workspace without an editor."""

    engine: Engine


@asynccontextmanager
async def headless(settings: Settings, workspace: Path) -> AsyncIterator[Headless]:
    """Give the engine of a folder whose edits go to the disk; everything is closed at the end."""
    async with AsyncExitStack() as stack:
        store = await _store(settings, str(workspace))
        stack.push_async_callback(store.close)
        shared = Shared(settings)
        stack.push_async_callback(shared.close)
        tests = _tests(settings)
        stack.push_async_callback(tests.close)
        view = Workspace(workspace)
        edits = DiskEdits(workspace, view.note_authored)
        parts = Parts(store, shared.bus, shared.gateway, view, edits, tests)
        engine = _engine(settings, parts)
        stack.push_async_callback(engine.close)
        yield Headless(engine)


def open_gateway(settings: Settings) -> Gateway:
    """Return the way to the models as the settings have it; connects to nobody yet."""
    return build_gateway(router_config(settings), Templates())


async def _store(settings: Settings, root: str) -> SqliteEventStore:
    return await SqliteEventStore.open(Path(root) / settings.data_folder, time.time)


def _tests(settings: Settings) -> ProjectTests:
    return ProjectTests(
        test_command=settings.test_command,
        seconds=settings.test_timeout,
        sandbox=ProcessLimitsOnly() if settings.sandbox == "off" else None,
    )


def _engine(settings: Settings, parts: Parts) -> Engine:
    limits = AgentLimits(deadline=settings.deadline)
    return Engine(parts, clock=time.time, max_parallel=settings.max_parallel, limits=limits)

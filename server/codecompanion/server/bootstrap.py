"""The one composition root: which parts there are, and what each is given.

Imported late, off the event loop's thread: the engine, the store and the model clients hang on it.
"""

import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from codecompanion.contracts.events import Recorded
from codecompanion.contracts.ports import SubscriberLagged
from codecompanion.memory.database import open_database
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.memory.follower import SharedDatabase
from codecompanion.memory.records.project_records import SqliteProjectRecords
from codecompanion.memory.upkeep import Upkeep, note_opening
from codecompanion.orchestra.agents.desk import AgentLimits
from codecompanion.orchestra.engine import Engine, Parts
from codecompanion.orchestra.guard import RunLimits
from codecompanion.orchestra.outages import pause_while_away, pausing_while_away
from codecompanion.orchestra.replay.story import sentence
from codecompanion.orchestra.runs.contexts import EDITOR
from codecompanion.orchestra.templates.library import Templates
from codecompanion.orchestra.verification.project_tests import ProjectTests
from codecompanion.orchestra.verification.sandbox import ProcessLimitsOnly
from codecompanion.orchestra.workspace.disk_edits import DiskEdits
from codecompanion.orchestra.workspace.view import Workspace
from codecompanion.router.config import RouterConfig
from codecompanion.router.fleet.fleet import Fleet
from codecompanion.router.fleet.fleet_gateway import build_fleet_gateway
from codecompanion.router.gateway import Gateway, build_gateway
from codecompanion.router.places import ProviderPlaces
from codecompanion.server.editor.current_gateway import CurrentGateway
from codecompanion.server.editor.current_tests import CurrentTests, TestTerms
from codecompanion.server.settings.model import Settings
from codecompanion.server.settings.routing import router_config
from codecompanion.server.transport import Transport, open_transport

if TYPE_CHECKING:
    from codecompanion.server.editor.editor_workspace import EditorWorkspace
    from codecompanion.server.session import Session
    from codecompanion.server.wire.folders import WorkspaceFolder

log = logging.getLogger(__name__)


class Shared:
    """What all workspaces of one process use together: one event bus and one way to the models."""

    def __init__(self, settings: Settings, transport: Transport | None = None) -> None:
        self.transport = transport or Transport()
        self.bus = self.transport.bus
        self.places = ProviderPlaces()
        make = partial(_gateway, places=self.places, fleet=self.transport.fleet)
        self.gateway = CurrentGateway(make, router_config(settings))

    @classmethod
    async def open(cls, settings: Settings) -> "Shared":
        """Return it with the bus the settings name; raises ``TransportAway``."""
        return cls(settings, await open_transport(settings.redis_url))

    def adopt(self, settings: Settings) -> None:
        """Use the models of changed settings from now on."""
        self.gateway.adopt(router_config(settings))

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

    async def mind_outages(self, engines: Callable[[], list[Engine]], say: Callable[[str], None]) -> None:
        """Let runs wait while the bus is away; never returns."""
        await pause_while_away(self.bus, engines, say)

    async def close(self) -> None:
        """Close the connections to the models and to other processes."""
        await self.gateway.close()
        await self.transport.close()


async def editor_workspace(session: "Session", shared: Shared, folder: "WorkspaceFolder") -> "EditorWorkspace":
    """Return the engine of a folder open in an editor; raises ``WorkspaceError`` where its log cannot live."""
    # the protocol's types come along with these two, which a headless run does without
    from codecompanion.server.editor.editor_workspace import EditorWorkspace  # noqa: PLC0415
    from codecompanion.server.editor.typing_recorder import TypingRecorder  # noqa: PLC0415
    from codecompanion.server.editor.typing_rules import recordable  # noqa: PLC0415
    from codecompanion.server.edits.editor_edits import EditorEdits  # noqa: PLC0415
    from codecompanion.server.edits.recorded_edits import RecordedEdits  # noqa: PLC0415

    database = await SharedDatabase.open(await session.settings.data_folder(folder.path), time.time)
    store = SqliteEventStore(database, time.time)
    records = SqliteProjectRecords(database, time.time, sentence, session.warn)
    upkeep = Upkeep(database, records, time.time)
    # asked for again: they may have changed while the log was opened
    settings = await session.settings.now()
    documents = session.documents
    view = Workspace(folder.path, lambda: documents.texts(folder), session.problems.lookup(folder))
    tests = CurrentTests(_tests, _test_terms(settings))
    edits = EditorEdits(session.server, folder, documents, view, DiskEdits(folder.path))
    typing = TypingRecorder(store, recordable(folder.path), session.warn)
    typing.enable(settings.record_typing)
    sink = RecordedEdits(edits, typing.flush)
    engine = _engine(settings, Parts(store, shared.bus, shared.gateway, view, sink, tests, EDITOR))

    def adopt(changed: Settings) -> None:
        tests.adopt(_test_terms(changed))
        typing.enable(changed.record_typing)
        engine.adopt(
            max_parallel=changed.max_parallel, limits=_limits(changed), run_limits=_run_limits(changed)
        )

    def engine_in(own: Settings, place: Path) -> AbstractAsyncContextManager[Engine]:
        return engine_on_disk(own, store, shared.transport, place, shared.places)

    return EditorWorkspace(
        session.settings, engine, view, edits, tests, store, database, records, upkeep, adopt, typing, engine_in
    )


@dataclass(frozen=True, slots=True)
class Headless:
    """A workspace without an editor."""

    engine: Engine


@asynccontextmanager
async def headless(settings: Settings, workspace: Path) -> AsyncIterator[Headless]:
    """Give the engine of a folder whose edits go to the disk; everything is closed at the end."""
    async with log_for_runs(settings, workspace) as runs, runs.engine_in(settings, workspace) as engine:
        yield Headless(engine)


@dataclass(frozen=True, slots=True)
class LogForRuns:
    """A folder's log, ours to write to; ``engine_in`` gives an engine over it that works in some folder."""

    store: SqliteEventStore
    engine_in: Callable[[Settings, Path], AbstractAsyncContextManager[Engine]]


@asynccontextmanager
async def log_for_runs(settings: Settings, workspace: Path) -> AsyncIterator[LogForRuns]:
    """Give a folder's log for runs without an editor; raises ``TransportAway`` and ``WorkspaceInUse``."""
    async with AsyncExitStack() as stack:
        transport = await open_transport(settings.redis_url)
        stack.push_async_callback(transport.close)
        store, upkeep = await _own_log(settings, workspace)
        stack.push_async_callback(store.close)
        stack.push_async_callback(upkeep.finish)
        yield LogForRuns(store, partial(_lone_engine, store, transport))


@asynccontextmanager
async def _lone_engine(
    store: SqliteEventStore, transport: Transport, settings: Settings, folder: Path
) -> AsyncIterator[Engine]:
    async with (
        engine_on_disk(settings, store, transport, folder) as engine,
        pausing_while_away(transport.bus, lambda: [engine], log.warning),
    ):
        yield engine


@asynccontextmanager
async def own_log(settings: Settings, workspace: Path) -> AsyncIterator[SqliteEventStore]:
    """Give the log of a folder, to be written to; raises ``WorkspaceInUse`` while another program owns it."""
    store, _ = await _own_log(settings, workspace)
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def engine_on_disk(
    settings: Settings,
    store: SqliteEventStore,
    transport: Transport,
    folder: Path,
    places: ProviderPlaces | None = None,
) -> AsyncIterator[Engine]:
    """Give an engine that works in a folder on the disk, over a log that someone else opened and will close.

    ``places`` are those at the providers that it shares with others.
    """
    async with AsyncExitStack() as stack:
        gateway = _gateway(router_config(settings), places, transport.fleet)
        stack.push_async_callback(gateway.close)
        tests = _tests(_test_terms(settings))
        stack.push_async_callback(tests.close)
        view = Workspace(folder)
        edits = DiskEdits(folder, view.note_authored)
        engine = _engine(settings, Parts(store, transport.bus, gateway, view, edits, tests))
        stack.push_async_callback(engine.close)
        yield engine


def open_gateway(settings: Settings) -> Gateway:
    """Return the way to the models as the settings have it; connects to nobody yet."""
    return _gateway(router_config(settings))


def _gateway(config: RouterConfig, places: ProviderPlaces | None = None, fleet: Fleet | None = None) -> Gateway:
    if fleet is None:
        return build_gateway(config, Templates(), places)
    return build_fleet_gateway(config, Templates(), fleet, places)


async def _own_log(settings: Settings, workspace: Path) -> tuple[SqliteEventStore, Upkeep]:
    database = await open_database(workspace / settings.data_folder, time.time)
    store = SqliteEventStore(database, time.time)
    records = SqliteProjectRecords(database, time.time, sentence, log.warning)
    await note_opening(store, "orchestra on the command line", store.notices)
    return store, Upkeep(database, records, time.time)


def _test_terms(settings: Settings) -> TestTerms:
    return TestTerms(settings.test_command, settings.test_timeout, guarded=settings.sandbox != "off")


def _tests(terms: TestTerms) -> ProjectTests:
    return ProjectTests(
        test_command=terms.command,
        seconds=terms.seconds,
        sandbox=None if terms.guarded else ProcessLimitsOnly(),
    )


def _limits(settings: Settings) -> AgentLimits:
    return AgentLimits(deadline=settings.deadline)


def _run_limits(settings: Settings) -> RunLimits:
    return RunLimits(
        calls=settings.max_calls,
        tokens=settings.max_tokens_per_run,
        seconds=60 * settings.max_minutes,
        repeats=settings.max_repeats,
    )


def _engine(settings: Settings, parts: Parts) -> Engine:
    return Engine(
        parts,
        clock=time.time,
        max_parallel=settings.max_parallel,
        limits=_limits(settings),
        run_limits=_run_limits(settings),
    )

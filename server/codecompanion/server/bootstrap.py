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

from codecompanion.contracts.consent import Consent
from codecompanion.memory.database import open_database
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.memory.follower import SharedDatabase
from codecompanion.memory.records.project_records import SqliteProjectRecords
from codecompanion.memory.upkeep import Upkeep, note_opening
from codecompanion.orchestra.agents.desk import AgentLimits
from codecompanion.orchestra.engine import Engine, Parts
from codecompanion.orchestra.guard import RunLimits
from codecompanion.orchestra.outages import pausing_while_away
from codecompanion.orchestra.replay.story import sentence
from codecompanion.orchestra.runs.contexts import EDITOR
from codecompanion.orchestra.verification.project_tests import ProjectTests
from codecompanion.orchestra.verification.sandbox import ProcessLimitsOnly
from codecompanion.orchestra.verification.together import Together
from codecompanion.orchestra.workspace.disk_edits import DiskEdits
from codecompanion.orchestra.workspace.view import Workspace
from codecompanion.router.gateway import Gateway
from codecompanion.router.learning.learning_gateway import LearningGateway
from codecompanion.router.means import CallMeans
from codecompanion.server.editor.current_tests import CurrentTests, TestTerms
from codecompanion.server.learning import open_learner
from codecompanion.server.settings.model import Settings
from codecompanion.server.settings.routing import router_config
from codecompanion.server.settings.sources import EDITOR_ORIGIN
from codecompanion.server.shared import Shared, gateway_of
from codecompanion.server.spending import call_means
from codecompanion.server.transport import Transport, open_transport

if TYPE_CHECKING:
    from codecompanion.server.editor.editor_workspace import EditorWorkspace
    from codecompanion.server.session import Session
    from codecompanion.server.wire.folders import WorkspaceFolder

log = logging.getLogger(__name__)


async def editor_workspace(session: "Session", shared: Shared, folder: "WorkspaceFolder") -> "EditorWorkspace":
    """Return the engine of a folder open in an editor; raises ``WorkspaceError`` where its log cannot live."""
    # the protocol's types come along with these two, which a headless run does without
    from codecompanion.server.editor.agreeing import agree_in_editor  # noqa: PLC0415
    from codecompanion.server.editor.editor_workspace import EditorWorkspace  # noqa: PLC0415
    from codecompanion.server.editor.typing_recorder import TypingRecorder  # noqa: PLC0415
    from codecompanion.server.editor.typing_rules import recordable  # noqa: PLC0415
    from codecompanion.server.edits.editor_edits import EditorEdits  # noqa: PLC0415
    from codecompanion.server.edits.recorded_edits import RecordedEdits  # noqa: PLC0415
    from codecompanion.server.trust.consents import consent_in_editor  # noqa: PLC0415

    database = await SharedDatabase.open(await session.settings.data_folder(folder.path), time.time)
    store = SqliteEventStore(database, time.time)
    records = SqliteProjectRecords(database, time.time, sentence, session.warn)
    upkeep = Upkeep(database, records, time.time)
    # asked for again: they may have changed while the log was opened
    settings = await session.settings.now()
    documents = session.documents
    view = Workspace(folder.path, lambda: documents.texts(folder), session.problems.lookup(folder))
    consent = consent_in_editor(session)
    tests = CurrentTests(partial(_tests, consent=consent), _test_terms(settings))
    edits = EditorEdits(session.server, folder, documents, view, DiskEdits(folder.path))
    typing = TypingRecorder(store, recordable(folder.path), session.warn)
    typing.enable(settings.record_typing)
    sink = RecordedEdits(edits, typing.flush)
    learner = await open_learner(records, store, lambda: shared.settings)
    await shared.gateway.prepare()
    gateway = LearningGateway(shared.gateway, learner)
    engine = _engine(settings, Parts(store, shared.bus, gateway, view, sink, tests, EDITOR))

    def adopt(changed: Settings) -> None:
        tests.adopt(_test_terms(changed))
        typing.enable(changed.record_typing)
        engine.adopt(
            max_parallel=changed.max_parallel, limits=_limits(changed), run_limits=_run_limits(changed)
        )

    def engine_in(own: Settings, place: Path) -> AbstractAsyncContextManager[Engine]:
        return engine_on_disk(own, store, records, shared.transport, place, means=shared.means, consent=consent)

    return EditorWorkspace(
        session.settings,
        engine,
        view,
        edits,
        tests,
        store,
        database,
        records,
        upkeep,
        adopt,
        typing,
        engine_in,
        learner.settle,
        partial(agree_in_editor, session, shared.gateway),
    )


@dataclass(frozen=True, slots=True)
class Headless:
    """A workspace without an editor."""

    engine: Engine


@asynccontextmanager
async def headless(
    settings: Settings, workspace: Path, consent: Consent | None = None
) -> AsyncIterator[Headless]:
    """Give the engine of a folder whose edits go to the disk; everything is closed at the end.

    ``consent`` is asked before a test command that is not run unasked; without one none is.
    """
    async with (
        log_for_runs(settings, workspace, consent) as runs,
        runs.engine_in(settings, workspace) as engine,
    ):
        yield Headless(engine)


@dataclass(frozen=True, slots=True)
class LogForRuns:
    """A folder's log, ours to write to; ``engine_in`` gives an engine over it that works in some folder."""

    store: SqliteEventStore
    engine_in: Callable[[Settings, Path], AbstractAsyncContextManager[Engine]]


@asynccontextmanager
async def log_for_runs(
    settings: Settings, workspace: Path, consent: Consent | None = None
) -> AsyncIterator[LogForRuns]:
    """Give a folder's log for runs without an editor; raises ``TransportAway`` and ``WorkspaceInUse``."""
    async with AsyncExitStack() as stack:
        transport = await open_transport(settings.redis_url)
        stack.push_async_callback(transport.close)
        own = await _own_log(settings, workspace)
        stack.push_async_callback(own.store.close)
        stack.push_async_callback(own.upkeep.finish)
        yield LogForRuns(own.store, partial(_lone_engine, own, transport, consent))


@asynccontextmanager
async def _lone_engine(
    own: "_OwnLog", transport: Transport, consent: Consent | None, settings: Settings, folder: Path
) -> AsyncIterator[Engine]:
    async with (
        engine_on_disk(settings, own.store, own.records, transport, folder, consent=consent) as engine,
        pausing_while_away(transport.bus, lambda: [engine], log.warning),
    ):
        yield engine


@asynccontextmanager
async def own_log(settings: Settings, workspace: Path) -> AsyncIterator[SqliteEventStore]:
    """Give the log of a folder, to be written to; raises ``WorkspaceInUse`` while another program owns it."""
    own = await _own_log(settings, workspace)
    try:
        yield own.store
    finally:
        await own.store.close()


@asynccontextmanager
async def engine_on_disk(
    settings: Settings,
    store: SqliteEventStore,
    records: SqliteProjectRecords,
    transport: Transport,
    folder: Path,
    *,
    means: CallMeans | None = None,
    consent: Consent | None = None,
) -> AsyncIterator[Engine]:
    """Give an engine that works in a folder on the disk, over a log that someone else opened and will close.

    ``means`` are those it shares with others who call models; ``consent`` as for ``headless``.
    """
    async with AsyncExitStack() as stack:
        if means is None:
            means = call_means(log.warning)
            stack.push_async_callback(means.close)
        gateway = gateway_of(router_config(settings), means, transport.fleet)
        stack.push_async_callback(gateway.close)
        tests = _tests(_test_terms(settings), consent)
        stack.push_async_callback(tests.close)
        view = Workspace(folder)
        edits = DiskEdits(folder, view.note_authored)
        learner = await open_learner(records, store, lambda: settings)
        stack.push_async_callback(learner.settle)
        await gateway.prepare()
        learning = LearningGateway(gateway, learner)
        engine = _engine(settings, Parts(store, transport.bus, learning, view, edits, tests))
        stack.push_async_callback(engine.close)
        yield engine


def open_gateway(settings: Settings) -> Gateway:
    """Return the way to the models as the settings have it; connects to nobody yet."""
    return gateway_of(router_config(settings))


@dataclass(frozen=True, slots=True)
class _OwnLog:
    store: SqliteEventStore
    records: SqliteProjectRecords
    upkeep: Upkeep


async def _own_log(settings: Settings, workspace: Path) -> _OwnLog:
    database = await open_database(workspace / settings.data_folder, time.time)
    store = SqliteEventStore(database, time.time)
    records = SqliteProjectRecords(database, time.time, sentence, log.warning)
    await note_opening(store, "orchestra on the command line", store.notices)
    return _OwnLog(store, records, Upkeep(database, records, time.time))


def _test_terms(settings: Settings) -> TestTerms:
    return TestTerms(
        settings.test_command,
        settings.test_timeout,
        guarded=settings.sandbox != "off",
        command_is_users=settings.origin("testCommand") != EDITOR_ORIGIN,
        megabytes=settings.test_megabytes,
    )


def _tests(terms: TestTerms, consent: Consent | None) -> ProjectTests:
    return ProjectTests(
        test_command=terms.command,
        seconds=terms.seconds,
        sandbox=None if terms.guarded else ProcessLimitsOnly(),
        consent=consent,
        command_is_users=terms.command_is_users,
        together=Together(memory=terms.megabytes << 20) if terms.megabytes else None,
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

"""One folder's engine together with its way into the editor. Imported late: everything heavy hangs on it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codecompanion.contracts.errors import BadRequest, NotAgreed, OrchestraError
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.status import RunStatus
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.memory.follower import SharedDatabase
from codecompanion.memory.records.project_records import SqliteProjectRecords
from codecompanion.memory.upkeep import Upkeep
from codecompanion.orchestra.engine import Engine
from codecompanion.orchestra.workspace.view import Workspace
from codecompanion.server.editor.current_tests import CurrentTests
from codecompanion.server.editor.editor_settings import EditorSettings
from codecompanion.server.editor.live_runs import LiveRun
from codecompanion.server.editor.orders import order_for
from codecompanion.server.editor.typing_recorder import TypingRecorder
from codecompanion.server.edits.editor_edits import EditorEdits
from codecompanion.server.runs.entries import standing
from codecompanion.server.runs.forking import Fork, ForkOrder, ForkPlace, Forks, place_of_fork, with_model
from codecompanion.server.settings.model import Settings

log = logging.getLogger(__name__)

MOST_LOOKED_ON = 50
"""Runs of another process's log that are shown at a time."""


@dataclass(frozen=True, slots=True)
class EditorWorkspace:
    """What belongs to one folder; made by `bootstrap.editor_workspace`.

    ``adopt`` lets changed settings count for every run, and every test run, that begins from then on;
    ``engine_in`` gives an engine over the same log that works in another folder;
    ``learn`` lets the router take in what the runs that have ended since brought; ``agree`` returns once the
    person agrees to what a run may cost.
    """

    settings: EditorSettings
    engine: Engine
    view: Workspace
    edits: EditorEdits
    tests: CurrentTests
    store: SqliteEventStore
    database: SharedDatabase
    records: SqliteProjectRecords
    upkeep: Upkeep
    adopt: Callable[[Settings], None]
    typing: TypingRecorder
    engine_in: Callable[[Settings, Path], AbstractAsyncContextManager[Engine]]
    learn: Callable[[], Awaitable[None]]
    agree: Callable[[RunId, RunOrder], Awaitable[None]]

    async def drive(self, run: LiveRun) -> RunStatus:
        """Begin a run, or go on with one, and return its final status; raises ``OrchestraError``."""
        fork = await self._fork(run)
        if fork is not None:
            return await self._drive_fork(run, fork)
        # before there is an engine that could be told to stop it
        order = None if run.reopened else await self._agreed(run)
        self.edits.begin_run()
        try:
            run.engine = self.engine
            await self._begin(run, order)
            if run.stop_reason is not None:
                await self.engine.stop(run.run_id, run.stop_reason)
            ended = await self.engine.wait(run.run_id)
        finally:
            self.edits.end_run()
        await self.learn()
        return ended

    async def make_fork(self, order: ForkOrder) -> Fork:
        """Make a fork of one of the log's runs, ready to go on; raises ``OrchestraError``."""
        return await Forks(self.store, Path(self.view.root), self.database.path.parent).make(order)

    async def _fork(self, run: LiveRun) -> ForkPlace | None:
        """Return where a run works that goes on as a fork: never in the person's folder."""
        if not run.reopened:
            return None
        return place_of_fork(await self.store.read(run.run_id), self.database.path.parent)

    async def _drive_fork(self, run: LiveRun, fork: ForkPlace) -> RunStatus:
        settings = with_model(await self.settings.now(), fork.model)
        run.fork_folder = str(fork.folder)
        async with self.engine_in(settings, fork.folder) as engine:
            run.engine = engine
            await engine.resume(run.run_id)
            if run.stop_reason is not None:
                await engine.stop(run.run_id, run.stop_reason)
            return await engine.wait(run.run_id)

    async def _agreed(self, run: LiveRun) -> RunOrder:
        """Return a run's order, once the person agrees to what it may cost; raises ``NotAgreed``."""
        settings = await self.settings.now()
        order = await asyncio.to_thread(order_for, run.work, settings, self.view)
        await self.agree(run.run_id, order)
        if run.ended:
            raise NotAgreed("the run was stopped before it began")
        return order

    async def _begin(self, run: LiveRun, order: RunOrder | None) -> None:
        if order is None:
            await self.engine.resume(run.run_id)
        else:
            await self.engine.start(order, run.run_id)

    async def interrupted_request(self, run_id: str) -> str:
        """Return what an interrupted run of the log was asked; raises ``BadRequest`` when there is none."""
        interrupted = {status.run_id: status.request for status in await self.engine.interrupted()}
        if run_id not in interrupted:
            known = ", ".join(interrupted) or "none"
            raise BadRequest(f"no interrupted run {run_id!r} in {self.view.root}; interrupted: {known}")
        return interrupted[run_id]

    async def looked_on(self) -> list[RunStatus]:
        """Return how the newest runs in another process's log stand, oldest first; none when it is our own.

        One that cannot be followed any more is left out: it must not hide the others.
        """
        if self.database.followed is None:
            return []
        found = []
        for run_id in (await self.store.run_ids())[-MOST_LOOKED_ON:]:
            try:
                found.append(standing(run_id, await self.store.read(run_id)))
            except (OrchestraError, ValueError) as damage:
                log.info("run %s is not shown: %s", run_id, damage)
        return found

    def unsaved(self, paths: Sequence[str]) -> int:
        """Return how many of the files the editor shows differently from the disk; reads the disk."""
        return len(self.view.overlay().keys() & set(paths))

    async def health(self) -> dict[str, Any]:
        """Return how the folder's parts are, for `orchestra.health`."""
        rung = await self.tests.rung()
        return {
            "workspace": self.view.root,
            "database": self._database_state(),
            "notices": list(self.store.notices),
            "runs": len(await self.store.run_ids()),
            "sandbox": rung.value,
            "sandboxMeaning": rung.meaning,
        }

    def _database_state(self) -> str:
        followed = self.database.followed
        if followed is None:
            return "open"
        return f"followed: in use by process {followed.owner or 'unknown'}"

    async def close(self) -> None:
        """Stop everything where it is; runs stay open in the log."""
        self.edits.stop_listening()
        await self.engine.close()
        await self.typing.close()
        await self.tests.close()
        await self.store.close()

"""One folder's engine together with its way into the editor. Imported late: everything heavy hangs on it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from codecompanion.contracts.errors import BadRequest
from codecompanion.contracts.status import RunStatus
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.orchestra.engine import Engine
from codecompanion.orchestra.verification.project_tests import ProjectTests
from codecompanion.orchestra.workspace.view import Workspace
from codecompanion.server.editor.editor_settings import EditorSettings
from codecompanion.server.editor.live_runs import LiveRun
from codecompanion.server.editor.orders import order_for
from codecompanion.server.edits.editor_edits import EditorEdits


@dataclass(frozen=True, slots=True)
class EditorWorkspace:
    """What belongs to one folder; made by `bootstrap.editor_workspace`."""

    settings: EditorSettings
    engine: Engine
    view: Workspace
    edits: EditorEdits
    tests: ProjectTests
    store: SqliteEventStore

    async def drive(self, run: LiveRun) -> RunStatus:
        """Begin a run, or go on with one, and return its final status; raises ``OrchestraError``."""
        self.edits.begin_run()
        try:
            run.engine = self.engine
            await self._begin(run)
            if run.stop_reason is not None:
                await self.engine.stop(run.run_id, run.stop_reason)
            return await self.engine.wait(run.run_id)
        finally:
            self.edits.end_run()

    async def _begin(self, run: LiveRun) -> None:
        if run.reopened:
            await self.engine.reopen(run.run_id)
            return
        settings = await self.settings.now()
        order = await asyncio.to_thread(order_for, run.work, settings, self.view)
        run.stepwise = order.stepwise
        await self.engine.start(order, run.run_id)

    async def interrupted_request(self, run_id: str) -> str:
        """Return what an interrupted run of the log was asked; raises ``BadRequest`` when there is none."""
        interrupted = {status.run_id: status.request for status in await self.engine.interrupted()}
        if run_id not in interrupted:
            known = ", ".join(interrupted) or "none"
            raise BadRequest(f"no interrupted run {run_id!r} in {self.view.root}; interrupted: {known}")
        return interrupted[run_id]

    def unsaved(self, paths: Sequence[str]) -> int:
        """Return how many of the files the editor shows differently from the disk; reads the disk."""
        return len(self.view.overlay().keys() & set(paths))

    async def health(self) -> dict[str, Any]:
        """Return how the folder's parts are, for `orchestra.health`."""
        rung = await self.tests.rung()
        return {
            "workspace": self.view.root,
            "database": "open",
            "notices": list(self.store.notices),
            "runs": len(await self.store.run_ids()),
            "sandbox": rung.value,
            "sandboxMeaning": rung.meaning,
        }

    async def close(self) -> None:
        """Stop everything where it is; runs stay open in the log."""
        self.edits.stop_listening()
        await self.engine.close()
        await self.tests.close()
        await self.store.close()

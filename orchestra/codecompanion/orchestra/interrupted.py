"""The runs of a log that a program left in the middle of their work."""

import logging
from collections.abc import Collection

from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.ports import EventStore
from codecompanion.contracts.session_events import SESSIONS
from codecompanion.contracts.status import RunStatus
from codecompanion.orchestra.replay.run_notes import run_notes
from codecompanion.orchestra.runs.quick_fold import fold_texts
from codecompanion.orchestra.runs.status import status_of

_log = logging.getLogger(__name__)


class InterruptedRuns:
    """Finds them; an ended run is looked at once only, as nothing more can happen to it."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._over: set[RunId] = set()

    async def but(self, here: Collection[RunId]) -> list[RunStatus]:
        """Return the runs of the log that have not ended and are not ``here``, oldest first."""
        passed_over = {*here, *self._over, *await self._set_aside()}
        found = []
        for run_id in await self._store.run_ids():
            if run_id not in passed_over and (status := await self._standing(run_id)):
                found.append(status.model_copy(update={"interrupted": True}))
        return found

    async def _standing(self, run_id: RunId) -> RunStatus | None:
        """Return how an open run stands, None for one that is over or was never one."""
        try:
            texts = await self._store.read_texts(run_id)
            state = fold_texts(one.text for one in texts)
        except (OrchestraError, LookupError, TypeError, ValueError) as damage:
            # one run that cannot be followed any more must not hide the others
            _log.warning("run %s cannot be followed: %s", run_id, damage)
            return None
        if state.ended:
            self._over.add(run_id)
        if state.ended or not state.started:
            return None
        return status_of(run_id, state, started_at=texts[0].at, updated_at=texts[-1].at)

    async def _set_aside(self) -> Collection[RunId]:
        """Return the runs that are never gone on with, such as those whose end was lost with a damaged log."""
        try:
            return run_notes(await self._store.read(SESSIONS)).set_aside
        except OrchestraError as damage:
            _log.warning("what was done with whole runs cannot be read: %s", damage)
            return ()

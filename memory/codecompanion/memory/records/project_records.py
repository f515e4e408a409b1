"""The port to the tables beside the log: asked, they first catch up; found damaged, they are made anew."""

import logging
from collections.abc import Callable
from typing import TypeVar

from codecompanion.contracts.ids import RunId
from codecompanion.contracts.ports import Clock, ProjectRecords
from codecompanion.contracts.records import (
    AgentPerformance,
    ArtifactRecord,
    BanditObservation,
    ModelPerformance,
    QualityRecord,
    RouterDecision,
    SessionRecord,
    TimelineEntry,
)
from codecompanion.memory.backups import stamp
from codecompanion.memory.database import LogFile
from codecompanion.memory.engine import is_damage
from codecompanion.memory.errors import FollowedOnly
from codecompanion.memory.records import projecting, sums
from codecompanion.memory.records.folding import Tell
from codecompanion.memory.records.shapes import mend
from codecompanion.memory.records.tables import (
    ARTIFACTS,
    BANDIT_DATA,
    PROJECT_SESSIONS,
    QUALITY_METRICS,
    ROUTER_DECISIONS,
    TIMELINE,
)
from codecompanion.memory.sqlite import sqlite3

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")


class SqliteProjectRecords(ProjectRecords):
    """The records of a workspace's database. ``notice`` is told, in a sentence, what had to be mended.

    Beside the process that owns the log they are read as far as that one has brought them.
    """

    def __init__(self, database: LogFile, clock: Clock, tell: Tell, notice: Callable[[str], None]) -> None:
        self._database = database
        self._clock = clock
        self._tell = tell
        self._notice = notice
        self._known_sound = False

    async def catch_up(self) -> None:
        """Bring the tables up to the end of the log; raises ``FollowedOnly`` where that is another's."""
        await self._ask(lambda _: None)

    async def rebuild(self) -> None:
        """Make the derived tables anew from the whole log."""
        await self._ask(lambda connection: projecting.rebuild(connection, self._tell))

    async def sessions(self, limit: int = 100) -> list[SessionRecord]:
        """As ``ProjectRecords.sessions``."""
        newest = "ORDER BY started_at DESC, run_id LIMIT ?"
        return await self._read(lambda connection: PROJECT_SESSIONS.rows(connection, newest, (limit,)))

    async def session(self, run_id: RunId) -> SessionRecord | None:
        """As ``ProjectRecords.session``."""
        found = await self._read(lambda c: PROJECT_SESSIONS.rows(c, "WHERE run_id = ?", (run_id,)))
        return found[0] if found else None

    async def artifacts(self, run_id: RunId) -> list[ArtifactRecord]:
        """As ``ProjectRecords.artifacts``."""
        return await self._read(
            lambda c: ARTIFACTS.rows(c, "WHERE run_id = ? ORDER BY at, artifact_id", (run_id,))
        )

    async def timeline(
        self, run_id: RunId | None = None, after: int = 0, limit: int = 200
    ) -> list[TimelineEntry]:
        """As ``ProjectRecords.timeline``."""
        where = "WHERE position > ?1 AND (?2 IS NULL OR run_id = ?2) ORDER BY position LIMIT ?3"
        return await self._read(lambda c: TIMELINE.rows(c, where, (after, run_id, limit)))

    async def quality(self, run_id: RunId) -> list[QualityRecord]:
        """As ``ProjectRecords.quality``."""
        return await self._read(
            lambda c: QUALITY_METRICS.rows(c, "WHERE run_id = ? ORDER BY version", (run_id,))
        )

    async def agent_performance(self) -> list[AgentPerformance]:
        """As ``ProjectRecords.agent_performance``."""
        return await self._read(sums.agent_performance)

    async def router_performance(self) -> list[ModelPerformance]:
        """As ``ProjectRecords.router_performance``."""
        return await self._read(sums.model_performance)

    async def bandit_data(self, role: str | None = None) -> list[BanditObservation]:
        """As ``ProjectRecords.bandit_data``."""
        where = "WHERE ?1 IS NULL OR role = ?1 ORDER BY number"
        return await self._noted(lambda c: BANDIT_DATA.rows(c, where, (role,)))

    async def router_decisions(self, run_id: RunId | None = None) -> list[RouterDecision]:
        """As ``ProjectRecords.router_decisions``."""
        where = "WHERE ?1 IS NULL OR run_id = ?1 ORDER BY number"
        return await self._noted(lambda c: ROUTER_DECISIONS.rows(c, where, (run_id,)))

    async def note_reward(self, observation: BanditObservation) -> None:
        """As ``ProjectRecords.note_reward``."""
        await self._change(lambda connection: BANDIT_DATA.write(connection, [observation]))

    async def note_decision(self, decision: RouterDecision) -> None:
        """As ``ProjectRecords.note_decision``."""
        await self._change(lambda connection: ROUTER_DECISIONS.write(connection, [decision]))

    async def _read(self, question: Callable[[sqlite3.Connection], Answer]) -> Answer:
        try:
            return await self._ask(question)
        except FollowedOnly:
            return await self._database.read(question)

    async def _noted(self, question: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """Answer from what is not derived from the log: that is as it is, however far the tables have come."""
        try:
            return await self._change(question)
        except FollowedOnly:
            return await self._database.read(question)

    async def _ask(self, question: Callable[[sqlite3.Connection], Answer]) -> Answer:
        def caught_up(connection: sqlite3.Connection) -> Answer:
            projecting.catch_up(connection, self._tell)
            return question(connection)

        return await self._change(caught_up)

    async def _change(self, work: Callable[[sqlite3.Connection], Answer]) -> Answer:
        return await self._database.change(lambda connection: self._on_sound_tables(connection, work))

    def _on_sound_tables(
        self, connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], Answer]
    ) -> Answer:
        """Do the work; tables that turn out not to be as they should be are mended first, or once it failed."""
        if not self._known_sound:
            self._mend(connection)
        try:
            return work(connection)
        except (sqlite3.OperationalError, sqlite3.IntegrityError) as error:
            if is_damage(error) or not self._mend(connection):
                raise
            return work(connection)

    def _mend(self, connection: sqlite3.Connection) -> bool:
        done = mend(connection, stamp(self._clock()))
        self._known_sound = True
        if done:
            said = f"The tables beside the run log had to be mended: {'; '.join(done)}."
            log.warning(said)
            self._notice(said)
        return bool(done)

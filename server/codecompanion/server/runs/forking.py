"""Going on from an event of a run in another way: in a copy, so that the person's folder is never touched."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from codecompanion.contracts.document_events import DocumentOpened
from codecompanion.contracts.errors import BadRequest, OrchestraError
from codecompanion.contracts.events import Recorded, RunForked
from codecompanion.contracts.ids import IdSource, RunId, random_id
from codecompanion.contracts.ports import Clock
from codecompanion.memory.event_codec import encode
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.memory.whole_streams import put_stream
from codecompanion.orchestra.replay.forking import ForkedHistory, Wishes, default_version, forked_history
from codecompanion.orchestra.replay.moments import Moment, moment_of
from codecompanion.orchestra.replay.replay import Material, documents_at
from codecompanion.router.config import parse_model
from codecompanion.server.runs.fork_folder import FORKS, make_fork_folder, texts_before
from codecompanion.server.runs.reader import MOST_FORKS_DEEP, RunReader
from codecompanion.server.settings.model import RoleModels, Settings

PIECE = 1_000
"""Events of the log read at once."""


@dataclass(frozen=True, slots=True)
class ForkOrder:
    """Which run, from which event (None: the usual one), and what shall be different."""

    origin: RunId
    at: str | None = None
    model: str | None = None
    request: str | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Fork:
    """A fork that is in the log and whose folder is made, ready to go on."""

    run_id: RunId
    origin: RunId
    version: int
    folder: Path
    changes: tuple[str, ...]

    @property
    def how_to_compare(self) -> tuple[str, ...]:
        """What a person can type to see the difference."""
        return (
            f"orchestra runs diff {self.origin} {self.run_id}",
            f"orchestra runs show {self.run_id}",
        )


class Forks:
    """Makes forks of the runs of one log; ``workspace`` is the folder the log belongs to."""

    def __init__(
        self,
        store: SqliteEventStore,
        workspace: Path,
        data_folder: Path,
        *,
        clock: Clock = time.time,
        ids: IdSource = random_id,
    ) -> None:
        self._store = store
        self._workspace = workspace
        self._forks = data_folder / FORKS
        self._clock = clock
        self._ids = ids

    async def make(self, order: ForkOrder) -> Fork:
        """Make the fork's folder and its history; raises ``BadRequest``, ``WorkspaceError`` and the like."""
        demand_model(order.model)
        reader = RunReader(self._store)
        material = await reader.material(order.origin)
        run_id = self._ids("run")
        folder = self._forks / run_id
        wishes = Wishes(str(folder), order.model, order.request, order.answer)
        named = order.at or str(default_version(material.history, wishes))
        version = moment_of(material.history, named).version
        forked = forked_history(material.history, version, wishes, self._clock())
        texts = await self._texts_at(material, forked)
        await asyncio.to_thread(make_fork_folder, self._workspace, folder, texts)
        rows = [(at, encode(event), context) for at, event, context in forked.events]
        await self._store.change(partial(put_stream, run_id=run_id, events=rows))
        return Fork(run_id, order.origin, forked.version, folder, forked.changes)

    async def _texts_at(self, material: Material, forked: ForkedHistory) -> dict[str, str | None]:
        """Return the texts of all files that may differ now: from the replay, else from what came later."""
        at = material.history[forked.version - 1]
        later = await self._later(await self._left_the_folder(material.history, forked.version))
        kept = dict(material.texts or {})
        for one in later:
            if isinstance(one.body, DocumentOpened) and one.body.sha256 not in kept:
                kept |= await RunReader(self._store).kept_texts([one.body.sha256])
        seen = documents_at(material, Moment(at.version, at.at))
        return texts_before(later, kept) | {path: document.text for path, document in seen.items()}

    async def _left_the_folder(self, history: Sequence[Recorded], version: int) -> int:
        """Return the place in the log where a history was in the person's folder for the last time.

        For a fork that is where the run at the root of its forks was left.
        """
        for _ in range(MOST_FORKS_DEEP):
            forked = [one.body for one in history if isinstance(one.body, RunForked)]
            if not forked:
                break
            try:
                history = await RunReader(self._store).history(forked[-1].origin)
            except OrchestraError:
                return history[0].position  # that run is gone; this is where its fork was made
            version = min(version, forked[-1].version)
        return history[version - 1].position

    async def _later(self, position: int) -> list[Recorded]:
        """Return what came into the log after a place, but for copies of other runs' histories."""
        found: list[Recorded] = []
        while piece := await self._store.read_since(position, PIECE):
            found += piece
            position = piece[-1].position
        copies = {one.run_id for one in found if isinstance(one.body, RunForked)}
        copies.update((await RunReader(self._store).notes()).imported)
        return [one for one in found if one.run_id not in copies]


@dataclass(frozen=True, slots=True)
class ForkPlace:
    """Where a fork works, and with which model, None for those that are set."""

    folder: Path
    model: str | None


def place_of_fork(history: Sequence[Recorded], data_folder: Path) -> ForkPlace | None:
    """Return where a run works that is a fork, None for one that is not.

    The folder goes by the run's id alone: what a history says of folders may come from elsewhere. Raises
    ``BadRequest`` when it is gone.
    """
    forked = [one.body for one in history if isinstance(one.body, RunForked)]
    if not forked:
        return None
    folder = data_folder / FORKS / history[0].run_id
    if folder.is_symlink() or not folder.is_dir():
        raise BadRequest(f"the folder of this fork, {folder}, is not there any more; fork its origin again")
    return ForkPlace(folder, forked[-1].model or None)


def demand_model(name: str | None) -> None:
    """Raise ``BadRequest`` for what names no model."""
    if name is None:
        return
    try:
        parse_model(name)
    except ValueError as fault:
        raise BadRequest(str(fault)) from None


def with_model(settings: Settings, name: str | None) -> Settings:
    """Return settings under which every agent uses one model."""
    if name is None:
        return settings
    models = RoleModels(**dict.fromkeys(RoleModels.model_fields, name))
    return settings.model_copy(update={"models": models, "offline": name == "offline"})

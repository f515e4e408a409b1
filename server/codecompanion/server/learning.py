"""A folder's learner: made from its records and the settings in force, or looked at beside its owner."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from codecompanion.contracts.ports import EventStore, ProjectRecords
from codecompanion.contracts.records import BanditObservation, RouterDecision
from codecompanion.memory.beside import require_log
from codecompanion.memory.event_store import SqliteEventStore
from codecompanion.memory.follower import SharedDatabase
from codecompanion.memory.records.project_records import SqliteProjectRecords
from codecompanion.orchestra.replay.story import sentence
from codecompanion.router.catalogue.catalogue import Catalogue
from codecompanion.router.catalogue.expected_costs import ExpectedCosts
from codecompanion.router.config import PROVIDERS
from codecompanion.router.learning.learner import Learner, priors_of
from codecompanion.router.learning.outcomes import has_ended, outcomes_of
from codecompanion.router.learning.quality import Priors
from codecompanion.router.prices import PriceList
from codecompanion.server.settings.model import Settings
from codecompanion.server.settings.routing import learning_terms, router_config


async def open_learner(records: ProjectRecords, store: EventStore, settings: Callable[[], Settings]) -> Learner:
    """Return a folder's learner, with all that was learned there before."""
    config = router_config(settings())
    catalogue = Catalogue(config.catalogue)
    prices = PriceList(catalogue)
    if any(config.configured(provider) for provider in PROVIDERS if provider != "offline"):
        # before the fold: what is listed is part of what is expected
        await asyncio.to_thread(prices.load)
    learner = Learner(
        records,
        store,
        lambda: learning_terms(settings()),
        time.time,
        catalogue=catalogue,
        listed=ExpectedCosts(catalogue, prices),
    )
    await learner.open()
    return learner


def known_priors(settings: Settings) -> Priors:
    """Return what the catalogue, with the person's own models, expects of models."""
    return priors_of(Catalogue(router_config(settings).catalogue))


@dataclass(frozen=True, slots=True)
class RouterLog:
    """What a folder's router has decided, and what that brought as far as it is known now."""

    records: ProjectRecords
    decisions: tuple[RouterDecision, ...]
    observations: tuple[BanditObservation, ...]


@asynccontextmanager
async def router_log(folder: Path) -> AsyncIterator[RouterLog]:
    """Give the router's log in a data folder, whoever owns it; raises ``WorkspaceError`` where is none."""
    require_log(folder)
    database = await SharedDatabase.open(folder, time.time)
    store = SqliteEventStore(database, time.time)
    try:
        records = SqliteProjectRecords(database, time.time, sentence, lambda _: None)
        decisions = await records.router_decisions()
        observations = await records.bandit_data()
        fresh = await _not_yet_kept(store, decisions, {one.run_id for one in observations})
        yield RouterLog(records, tuple(decisions), (*observations, *fresh))
    finally:
        await store.close()


async def _not_yet_kept(
    store: EventStore, decisions: list[RouterDecision], kept: set[str]
) -> list[BanditObservation]:
    """Return what ended runs brought that their owner has not taken in yet."""
    found: list[BanditObservation] = []
    for run_id in dict.fromkeys(one.run_id for one in decisions if one.run_id not in kept):
        events = await store.read(run_id)
        if has_ended(events):
            found += outcomes_of(events, [one for one in decisions if one.run_id == run_id])
    return found

"""One folder's router at work: it decides, keeps why, and learns from the log what that brought.

What was learned is a fold of the observations kept beside the log, so that it can be rebuilt at any time; each
decision draws from its own random numbers, seeded by its name, so that the same log decides the same again.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Final, NamedTuple

from codecompanion.contracts.change_events import CHANGES
from codecompanion.contracts.errors import BadRequest, OrchestraError
from codecompanion.contracts.messages import Priority, Role
from codecompanion.contracts.model_calls import ModelRequest
from codecompanion.contracts.ports import Clock, EventStore, ProjectRecords
from codecompanion.contracts.records import BanditObservation, RouterDecision
from codecompanion.router.catalogue.catalogue import Catalogue
from codecompanion.router.catalogue.task_types import size_of, task_type
from codecompanion.router.choice import Eligible
from codecompanion.router.config import DEFAULT_MODELS, OFFLINE, ModelRef
from codecompanion.router.learning.burdens import Burdens
from codecompanion.router.learning.deciding import CHEAP_FIRST, how_words, record_of, weighed
from codecompanion.router.learning.live_pacing import LivePacer
from codecompanion.router.learning.outcomes import has_ended, outcomes_of, turned_down
from codecompanion.router.learning.pacing import taken
from codecompanion.router.learning.policy import Outcome, Situation
from codecompanion.router.learning.pooled import Exploring, PooledPolicy
from codecompanion.router.learning.quality import Prior, Priors
from codecompanion.router.learning.spending import Listed
from codecompanion.router.learning.weights import parse_weights

log = logging.getLogger(__name__)

RESET: Final = "~router"
"""The run of an observation that stands for a reset."""
_KIND: Final = "{role}/{task_type}"
_ROLES: Final = frozenset(role.value for role in Role)
_JUDGED_BY_TESTS: Final = frozenset({Role.CODE_GENERATOR, Role.UI_DESIGNER})
"""The roles whose work tests judge: those of the tests themselves do not judge them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningTerms:
    """What the person has set: whether to learn, what quality, money and time weigh, how much is tried out.

    With ``cascade`` a cheap model goes first where tests judge its work.
    """

    enabled: bool = True
    weights: str = "balanced"
    explore: float = 0.1
    cascade: bool = True
    seed: str = "1"


class _Held(NamedTuple):
    """Who takes a conversation, for whom it is, and whether it went first as a cheap one."""

    model: ModelRef
    role: Role
    cheap_first: bool


class Learner:
    """Decides which model takes each task of one folder's runs; one decision holds for a whole conversation."""

    def __init__(
        self,
        records: ProjectRecords,
        store: EventStore,
        terms: Callable[[], LearningTerms],
        clock: Clock,
        *,
        catalogue: Catalogue | None = None,
        listed: Listed | None = None,
    ) -> None:
        self._records = records
        self._store = store
        self._terms = terms
        self._clock = clock
        self._catalogue = catalogue or Catalogue()
        self._listed = listed
        self._pacer = LivePacer()
        self._tested = False
        self._rng = Random()
        self._policy = self._fresh()
        self._known: dict[tuple[str, str], _Held] = {}
        self._names: Counter[tuple[str, str]] = Counter()
        self._unsaid: list[Callable[[], RouterDecision]] = []
        self._open: dict[str, None] = {}
        self._heard = 0
        self._settling = asyncio.Lock()

    async def open(self) -> None:
        """Rebuild what was learned from what is kept; what cannot be read is left out, and told in the log."""
        try:
            decisions = await self._records.router_decisions()
            observations = await self._records.bandit_data()
        except (OrchestraError, ValueError) as fault:
            log.warning("what was learned about models cannot be read, the router begins anew: %s", fault)
            return
        self._policy = self._fresh()
        self._policy.resume(len(decisions), sum(decision.explored for decision in decisions))
        for one in decisions:
            self._names[one.run_id, one.task_id] += 1
        for observation in since_reset(observations):
            self._learn(observation)
        judged = {observation.run_id for observation in observations}
        self._open = dict.fromkeys(one.run_id for one in decisions if one.run_id not in judged)
        for one in decisions:
            if one.run_id in self._open and one.role in _ROLES:
                model = ModelRef(one.provider, one.model)
                held = _Held(model, Role(one.role), cheap_first=one.how == CHEAP_FIRST)
                self._known[one.run_id, one.task_id] = held

    def decide(self, request: ModelRequest, eligible: Eligible) -> ModelRef:
        """Return the model that takes a request; the same one for a whole conversation, while it may."""
        run_id, _, task_id = request.call_id.partition("/")
        known = self._known.get((run_id, task_id))
        if known is not None and known.model in eligible.models:
            return known.model
        if not run_id or not self._terms().enabled or eligible.models[0] == OFFLINE:
            return eligible.models[0]
        held, tell = self._decision(request, eligible, (run_id, task_id))
        self._known[run_id, task_id] = held
        self._unsaid.append(tell)
        self._open.setdefault(run_id)
        return held.model

    async def journal(self) -> None:
        """Keep the decisions made since the last time; a fault in that stops no call."""
        while self._unsaid:
            decision = self._unsaid.pop(0)()
            try:
                await self._records.note_decision(decision)
            except OrchestraError as fault:
                log.warning("the choice of %s was not kept: %s", decision.model, fault)

    async def settle(self) -> None:
        """Learn from the runs that have ended since, and from what the person said of their work later.

        A fault in that stops nothing: what could not be learned now is tried again the next time.
        """
        # runs end side by side, and each is to be learned from once
        async with self._settling:
            try:
                await self._settle()
            except (OrchestraError, ValueError) as fault:
                log.warning("what the last runs brought could not be learned yet: %s", fault)

    async def _settle(self) -> None:
        for run_id in tuple(self._open):
            events = await self._store.read(run_id)
            if has_ended(events):
                del self._open[run_id]
                decisions = await self._records.router_decisions(run_id)
                await self._take_in(outcomes_of(events, decisions))
                for key in [key for key in self._known if key[0] == run_id]:
                    del self._known[key]
        await self._hear_the_person()

    async def _hear_the_person(self) -> None:
        changes = await self._store.read(CHANGES) if self._names else []
        if len(changes) == self._heard:
            return
        self._heard = len(changes)
        judged = {(one.decision, one.reason) for one in await self._records.bandit_data()}
        for run_id in dict.fromkeys(getattr(one.body, "run_id", "") for one in changes):
            decisions = await self._records.router_decisions(run_id)
            if decisions:
                about = [one for one in changes if getattr(one.body, "run_id", "") == run_id]
                said = turned_down(await self._store.read(run_id), about, decisions)
                await self._take_in(one for one in said if (one.decision, one.reason) not in judged)

    async def _take_in(self, observations: Iterable[BanditObservation]) -> None:
        for observation in observations:
            await self._records.note_reward(observation)
            self._learn(observation)

    def _learn(self, observation: BanditObservation) -> None:
        learn_from(self._policy, observation)
        if observation.role in _JUDGED_BY_TESTS:
            self._tested = was_tested(observation)

    def _decision(
        self, request: ModelRequest, eligible: Eligible, key: tuple[str, str]
    ) -> tuple[_Held, Callable[[], RouterDecision]]:
        """Return who takes it, and what makes the record of it: that takes longer than the choice."""
        self._names[key] += 1
        name = f"{key[0]}/{key[1]}#{self._names[key]}"
        models = (eligible.models[0],) if eligible.pinned else self._strong_enough(request, eligible, key[0])
        situation = self._situation(request, mended=len(models) > 1)
        arms = tuple(map(str, models))
        price = self._pacer.price(eligible.pace, situation.kind, arms, self._policy.outlook)
        self._policy.burdens.price = price
        self._rng.seed(f"{self._terms().seed} {name}")
        pick = self._policy.choose(situation, arms)
        number = arms.index(pick.arm)
        # it takes as long as the choice, so that it is asked only where it says something
        options = self._policy.outlook(situation.kind, arms) if price or situation.mended else []
        self._pacer.note(options, number)
        cheaper = bool(options) and options[number].dollars < taken(options, 0.0).dollars
        cheap_first = situation.mended and cheaper and not pick.explored
        how = CHEAP_FIRST if cheap_first else how_words(eligible, models)
        record = partial(
            record_of,
            pick,
            situation,
            self._policy,
            eligible,
            at=self._clock(),
            name=name,
            role=request.role,
            how=how,
            weights=weighed(self._terms().weights, price, eligible.pace),
        )
        return _Held(models[number], request.role, cheap_first), record

    def _situation(self, request: ModelRequest, *, mended: bool) -> Situation:
        careful = _critical(request)
        tested = request.role in _JUDGED_BY_TESTS and _mendable(request) and (request.tested or self._tested)
        return Situation(
            kind=_KIND.format(role=request.role, task_type=task_type(request)),
            size=size_of(request),
            careful=careful,
            preferred=str(DEFAULT_MODELS[request.role]),
            mended=mended and tested and not careful and self._terms().cascade,
        )

    def _strong_enough(self, request: ModelRequest, eligible: Eligible, run_id: str) -> Sequence[ModelRef]:
        """Return who may mend: none of those that have tried already, while there is another.

        Tried have those that mended before in this run, and those that went first because they are cheap.
        """
        if request.role is not Role.DEBUGGER:
            return eligible.models
        tried = {
            one.model
            for (run, _), one in self._known.items()
            if run == run_id and (one.role is Role.DEBUGGER or one.cheap_first)
        }
        return [ref for ref in eligible.models if ref not in tried] or eligible.models

    def _fresh(self) -> PooledPolicy:
        terms = self._terms()
        return PooledPolicy(
            self._rng,
            burdens=Burdens(parse_weights(terms.weights), self._listed),
            exploring=Exploring(most=terms.explore, lean=0.35),
            priors=priors_of(self._catalogue),
        )


def priors_of(catalogue: Catalogue) -> Priors:
    """Return what a catalogue expects of models, as priors of beliefs by role and task type."""

    def prior(kind: str, arm: str) -> Prior:
        known = catalogue.capability(arm, kind.partition("/")[2])
        return Prior(known.quality, known.looks)

    return prior


def since_reset(observations: Sequence[BanditObservation]) -> list[BanditObservation]:
    """Return the observations after the last reset."""
    resets = [number for number, one in enumerate(observations) if one.run_id == RESET]
    return list(observations[resets[-1] + 1 :] if resets else observations)


def reset_mark(at: float) -> BanditObservation:
    """Return what is kept to say that all before it is to be forgotten: the log itself is never shortened."""
    return BanditObservation(
        at=at, run_id=RESET, task_id="", role="", provider="", model="", reward=0.0, reason="reset", weight=0.0
    )


def learn_from(policy: PooledPolicy, observation: BanditObservation) -> None:
    """Let a policy learn from one kept observation; one that cannot be used is told, and passed over."""
    arm = f"{observation.provider}/{observation.model}"
    try:
        outcome = Outcome(
            quality=observation.reward,
            dollars=observation.cost,
            seconds=observation.seconds,
            weight=observation.weight,
        )
    except BadRequest as fault:
        log.warning("an observation of %s was passed over: %s", arm, fault)
        return
    policy.learn(Situation(kind=observation.kind or observation.role, size=observation.size), arm, outcome)


def was_tested(observation: BanditObservation) -> bool:
    """Whether the verdict came from tests that ran."""
    return observation.reason.endswith(("tests passed", "tests failed"))


def _critical(request: ModelRequest) -> bool:
    task = request.brief.task if request.brief is not None else None
    return task is not None and task.priority >= Priority.URGENT


def _mendable(request: ModelRequest) -> bool:
    return request.brief is not None and request.brief.order.max_repairs > 0

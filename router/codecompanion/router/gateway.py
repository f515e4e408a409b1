"""The one door to all models: it chooses, retries, falls back, and keeps the time."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from dataclasses import dataclass, field
from typing import Final

from codecompanion.contracts.errors import OrchestraError, ProviderError, ProviderFault
from codecompanion.contracts.ids import RunId
from codecompanion.contracts.messages import Priority, Role
from codecompanion.contracts.model_calls import Counted, ModelRequest, ProviderState, Restarted, StreamPart
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.ports import ModelClient, TemplateLibrary
from codecompanion.router.budget.payment import Payment
from codecompanion.router.budget.purse import Purse
from codecompanion.router.choice import Choice, Constraint, Eligible, RoleChoice
from codecompanion.router.config import OFFLINE, ModelRef, RouterConfig
from codecompanion.router.health import ProviderHealth
from codecompanion.router.means import CallMeans
from codecompanion.router.places import ProviderPlaces
from codecompanion.router.providers.assembly import make_clients, states_before_any_call
from codecompanion.router.rests import KeyRests
from codecompanion.router.retries import MonotonicClock, RetryPolicy

log = logging.getLogger(__name__)

_STAYS: Final = frozenset({ProviderFault.BAD_REQUEST})
"""Faults of the request itself: they are told at once, as no other provider would mend them."""


@dataclass
class _Call:
    request: ModelRequest
    ends_at: float
    failed: list[ProviderError] = field(default_factory=list)
    last: bool = True
    """Whether nobody is left who could be asked instead."""
    first: ModelRef | None = None
    most: int | None = None
    """What the model asked first may cost, in micro-dollars."""

    def note(self, ref: ModelRef, set_aside: int | None) -> None:
        """Keep what was set aside for the first model: no other may cost more."""
        if self.first is None:
            self.first, self.most = ref, set_aside

    def most_for(self, ref: ModelRef) -> int | None:
        return None if ref == self.first else self.most


class Gateway:
    """A ``ModelGateway`` over the clients of all providers.

    One deadline covers all tries of a call and all waits between them, but not the wait for a place at a
    provider. A provider that refused its key is left out for the rest of the session, or until ``check`` finds
    the key good, and so is a model that its provider does not know (any more). One that is in trouble is passed
    over while others can be asked. With a ``purse`` each try is paid for, and no stand-in may cost more than
    what was set aside for the model asked first. Each try after the first begins with a ``Restarted`` part that
    says what went wrong and who is asked now.
    """

    def __init__(
        self,
        choice: Choice,
        clients: Mapping[str, ModelClient],
        retries: RetryPolicy,
        *,
        known: Iterable[ProviderState] = (),
        places: ProviderPlaces | None = None,
        health: ProviderHealth | None = None,
        purse: Purse | None = None,
        rests: KeyRests | None = None,
        deadline: float = 300.0,
        clock: MonotonicClock = time.monotonic,
    ) -> None:
        self._choice = choice
        self._clients = clients
        self._retries = retries
        self._places = places or ProviderPlaces()
        self._health = health or ProviderHealth(clock)
        self._purse = purse
        self._rests = rests
        self._deadline = deadline
        self._clock = clock
        self._refused: dict[str, ProviderError] = {}
        self._gone: dict[ModelRef, ProviderError] = {}
        self._states = {state.provider: state for state in known}

    async def stream(self, request: ModelRequest) -> AsyncGenerator[StreamPart, None]:
        """Stream the first candidate's answer that comes; raises ``ProviderError`` or ``CannotBuild``."""
        call = _Call(request, self._clock() + min(request.deadline, self._deadline))
        await self._hear_of_rests()
        candidates = self._choice.candidates(request)
        usable = self._usable(candidates, request)
        for ref in usable:
            call.last = ref == usable[-1]
            try:
                async with aclosing(self._tries(ref, call)) as parts:
                    async for part in parts:
                        yield part
                return
            except ProviderError as error:
                if error.fault in _STAYS:
                    raise
                if error.fault is ProviderFault.REFUSED_KEY:
                    self._refused[ref.provider] = error
                elif error.fault is ProviderFault.UNKNOWN_MODEL:
                    self._gone[ref] = error
            if self._clock() >= call.ends_at:
                break
        passed_over = [why for ref in candidates if (why := self._refusal(ref)) is not None]
        raise _all_of([*passed_over, *call.failed])

    async def prepare(self) -> None:
        """Learn what a choice goes by: prices, what was spent, who is left alone; to be awaited before one."""
        await self._hear_of_rests()
        if self._purse is not None:
            await self._purse.foresight.prepare()

    def native_tools(self, request: ModelRequest) -> bool:
        """Whether the model that would take ``request`` calls tools natively."""
        return self._clients[self._first(self._choice.candidates(request), request).provider].native_tools

    def eligible(self, request: ModelRequest) -> Eligible:
        """Return the models that may take ``request`` now, and why the others may not."""
        found = self._choice.eligible(request)
        if self._purse is not None:
            found = found._replace(pace=self._purse.foresight.pace(request))
        usable = tuple(self._usable(found.models, request))
        if not usable:
            return found
        objection = self._objections(request)
        refused = [(ref, objection(ref)) for ref in found.models if ref not in usable]
        return found._replace(models=usable, excluded=(*found.excluded, *refused))

    def choice(self, role: Role) -> ModelRef:
        """Return the provider and model that an ordinary request of ``role`` goes to first."""
        return self._first(self._choice.for_role(role))

    def uses_offline(self, role: Role) -> bool:
        """Whether ``role`` is served from templates, without a model."""
        return self.choice(role) == OFFLINE

    async def bound_of_run(self, order: RunOrder, *, by_others: bool = False) -> str:
        """Return, in a sentence, what a run can cost at most; "" where the person need not be asked about it.

        ``by_others`` says that calls are made by others, so that what is free is not known here. Trouble with
        the ledger is told when a call is paid for.
        """
        if self._purse is None or order.offline or order.kind == "simulation":
            return ""
        models = None if by_others else [self.choice(role) for role in Role]
        try:
            return await self._purse.foresight.bound_of_run(order.workspace, models)
        except OrchestraError as trouble:
            log.debug("what a run may cost cannot be told: %s", trouble)
            return ""

    def keep_quiet(self, run_id: RunId) -> None:
        """Tell nothing of what a run may cost: the person was asked."""
        if self._purse is not None:
            self._purse.foresight.keep_quiet(run_id)

    def states(self) -> list[ProviderState]:
        """Return what is known of each provider, refusals met on the way too, without asking anyone."""
        return [self._state(provider) for provider in self._clients]

    async def check(self) -> list[ProviderState]:
        """Ask every configured provider whether its key is good, all at once."""
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(client.check()) for client in self._clients.values()]
        for state in (task.result() for task in asked):
            self._states[state.provider] = state
            if state.checked == "accepted":
                self._refused.pop(state.provider, None)
                self._gone = {ref: why for ref, why in self._gone.items() if ref.provider != state.provider}
        return self.states()

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            await client.close()

    async def _tries(self, ref: ModelRef, call: _Call) -> AsyncGenerator[StreamPart, None]:
        came = self._clock()
        async with self._places.place(ref.provider, _priority(call.request)):
            call.ends_at += self._clock() - came
            async with aclosing(self._tries_in_place(ref, call)) as parts:
                async for part in parts:
                    yield part

    async def _tries_in_place(self, ref: ModelRef, call: _Call) -> AsyncGenerator[StreamPart, None]:
        async for attempt in self._retries.attempts(
            call.ends_at, lambda: not call.last and bool(self._health.trouble(ref))
        ):
            await self._hear_of_rests()
            with attempt:
                if call.failed:
                    yield Restarted(reason=f"{call.failed[-1]} Now asking {ref}.")
                await self._health.turn(ref, call.ends_at)
                async with aclosing(self._one_try(ref, call)) as parts:
                    async for part in parts:
                        yield part
            outcome = attempt.retry_state.outcome
            if outcome is not None and isinstance(error := outcome.exception(), ProviderError):
                call.failed.append(error)
                if self._rests is not None:
                    await self._rests.pass_on(ref)

    async def _one_try(self, ref: ModelRef, call: _Call) -> AsyncGenerator[StreamPart, None]:
        request = call.request.model_copy(update={"deadline": call.ends_at - self._clock()})
        async with self._paying(ref, request, call) as payment:
            call.note(ref, payment.set_aside if payment is not None else None)
            asked = payment.request if payment is not None else request
            with self._health.watching(ref):
                async with aclosing(self._clients[ref.provider].stream(asked, ref.model)) as parts:
                    async for part in parts:
                        if payment is not None:
                            payment.take(part)
                        if not isinstance(part, Counted):
                            yield part

    async def _hear_of_rests(self) -> None:
        if self._rests is not None:
            await self._rests.bring_in()

    def _paying(
        self, ref: ModelRef, request: ModelRequest, call: _Call
    ) -> AbstractAsyncContextManager[Payment | None]:
        if self._purse is None:
            return nullcontext()
        return self._purse.paying(ref, request, call.most_for(ref))

    def _usable(self, candidates: Iterable[ModelRef], request: ModelRequest | None = None) -> list[ModelRef]:
        """Return those that can be asked; where something speaks against all, those whose key is good."""
        accepted = [ref for ref in candidates if self._refusal(ref) is None]
        objection = self._objections(request)
        return [ref for ref in accepted if not objection(ref)] or accepted

    def _objections(self, request: ModelRequest | None) -> Callable[[ModelRef], str]:
        """Return what says, in words that follow a model's name, why it is passed over; "" where it is not."""
        unpaid = None if self._purse is None or request is None else self._purse.foresight.objections(request)

        def objection(ref: ModelRef) -> str:
            refusal = self._refusal(ref)
            if refusal is not None:
                return f"was refused: {refusal}"
            return self._health.trouble(ref) or (unpaid(ref) if unpaid is not None else "")

        return objection

    def _refusal(self, ref: ModelRef) -> ProviderError | None:
        """Return why a model is not asked any more in this session: its provider refused the key, or it."""
        return self._refused.get(ref.provider) or self._gone.get(ref)

    def _first(self, candidates: Iterable[ModelRef], request: ModelRequest | None = None) -> ModelRef:
        ordered = list(candidates)
        return (self._usable(ordered, request) or ordered)[0]

    def _state(self, provider: str) -> ProviderState:
        if (refusal := self._refused.get(provider)) is not None:
            return ProviderState(provider=provider, configured=True, checked="refused", note=str(refusal))
        return self._states.get(provider) or ProviderState(provider=provider, configured=True)


def build_gateway(
    config: RouterConfig,
    templates: TemplateLibrary,
    means: CallMeans | None = None,
    constraints: Iterable[Constraint] = (),
) -> Gateway:
    """Return the gateway ``config`` describes; nothing heavy is imported and nobody is asked before a call.

    ``means`` are those that all gateways of a process share; their places keep to ``config`` from now on. Every
    model must pass the ``constraints`` before it is chosen.
    """
    means = means or CallMeans()
    means.places.adopt(config.max_parallel)
    return Gateway(
        RoleChoice(config, constraints=constraints),
        make_clients(config, templates),
        RetryPolicy(max_attempts=config.max_attempts, clock=time.monotonic),
        known=states_before_any_call(config),
        places=means.places,
        health=means.health,
        purse=means.purse(config),
        rests=means.rests_of(config),
        deadline=config.deadline,
    )


def _priority(request: ModelRequest) -> int:
    """A call is as urgent as the task it is for; without a plan nobody else can begin."""
    task = request.brief.task if request.brief is not None else None
    return task.priority if task is not None else Priority.HIGH


def _all_of(errors: Iterable[ProviderError]) -> ProviderError:
    """Return one error that tells each provider's last one; the first asked gives its name and fault."""
    last = {error.provider: error for error in errors}
    first = next(iter(last.values()))
    text = " ".join(str(error) for error in last.values())
    return ProviderError(text, provider=first.provider, fault=first.fault, retry_after=first.retry_after)

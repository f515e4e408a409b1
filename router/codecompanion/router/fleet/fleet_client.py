"""One provider, asked by whichever worker of the fleet can ask it."""

import uuid
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Final

from codecompanion.contracts.errors import ProviderError, ProviderFault
from codecompanion.contracts.model_calls import (
    Finished,
    ModelRequest,
    ProviderState,
    Restarted,
    StreamPart,
)
from codecompanion.contracts.wording import counted
from codecompanion.contracts.work import START, Message, Piece
from codecompanion.router.config import PROVIDERS
from codecompanion.router.fleet.fleet import Fleet
from codecompanion.router.fleet.jobs import CallJob, ReplyPart, key_of, pack, priority_of, topic_of

TICK: Final = 1.0
"""Seconds of silence after which the owner looks where its call is."""
_GRACE: Final = 15.0
"""Seconds beyond the call's deadline: a lost worker is noticed only when its lease has ended."""


@dataclass(slots=True)
class _Call:
    """One call on its way; ``seconds`` is how long it may still take, waits in the queue left out."""

    job: CallJob
    name: str
    topic: str
    seconds: float
    after: tuple[int, int] = START
    shown: bool = False
    odd: int = 0


class FleetClient:
    """A ``ModelClient`` that sends its calls over the bus, and sends them again when the bus lost them.

    What an earlier worker still says is void as soon as a later one has begun: a ``Restarted`` part says so.
    With ``once`` no later worker begins: that the first was lost is raised, so that each try can be paid for.
    """

    def __init__(self, fleet: Fleet, provider: str, *, native_tools: bool = True, once: bool = False) -> None:
        self._fleet = fleet
        self._provider = provider
        self._native_tools = native_tools
        self._once = once

    @property
    def name(self) -> str:
        """The provider's name."""
        return self._provider

    @property
    def native_tools(self) -> bool:
        """As the owner's settings say; workers are asked for just that."""
        return self._native_tools

    async def stream(self, request: ModelRequest, model: str) -> AsyncGenerator[StreamPart, None]:
        """Stream the answer of the worker that takes the call; raises ``ProviderError``."""
        named = request if request.call_id else request.model_copy(update={"call_id": uuid.uuid4().hex})
        job = CallJob(provider=self._provider, model=model, request=named, once=self._once)
        call = _Call(job, key_of(job), topic_of(self._provider), request.deadline + _GRACE)
        settled = False
        try:
            await self._send(call)
            while not settled:
                for piece in await self._next(call):
                    for part in self._parts(call, piece):
                        settled = settled or isinstance(part, Finished)
                        yield part
        finally:
            if settled and request.call_id:
                self._fleet.hold(request.call_id, call.topic, call.name)
            else:
                self._fleet.forget(call.topic, call.name)

    async def _send(self, call: _Call) -> None:
        """Hand the call in, or find it where it is: it may be an earlier life of this owner that sent it."""
        bus = self._fleet.bus
        await self._fleet.until_forgotten(call.name)
        fresh = await bus.replies.open_reply(call.name)
        message = Message(
            id=call.name,
            priority=priority_of(call.job.request),
            payload=await pack(call.job, bus.blobs),
        )
        known = await bus.work.send(call.topic, message)
        if fresh and known in ("done", "taken", "dead"):
            # its reply was lost, so what was done for it is lost too
            await bus.work.withdraw(call.topic, call.name)
            await bus.work.send(call.topic, message)

    async def _next(self, call: _Call) -> list[Piece]:
        """Return the next pieces; in silence, see to it that somebody works on the call."""
        begun = self._fleet.clock()
        pieces = await self._fleet.bus.replies.read(call.name, call.after, TICK)
        took = self._fleet.clock() - begun
        # what went beyond the tick was spent waiting for the bus
        call.seconds -= min(took, TICK)
        if not pieces:
            await self._look_after(call, took)
        return pieces

    async def _look_after(self, call: _Call, waited: float) -> None:
        standing = await self._fleet.bus.work.look(call.topic, call.name)
        if standing.state == "waiting":
            call.seconds += min(waited, TICK)
            self._demand_takers()
        elif standing.state == "unknown":
            await self._send_again(call)
        elif standing.state == "dead":
            raise self._error(
                f"this call ended {counted(standing.attempts, 'worker')} one after the other, the last was "
                f"{standing.consumer!r}; see `orchestra fleet status`",
                ProviderFault.BAD_REQUEST,
            )
        elif standing.state == "done":
            # the end of the reply may have come since; when it has not, it is lost
            call.odd += 1
            if call.odd > 1:
                await self._fleet.bus.work.withdraw(call.topic, call.name)
                await self._send_again(call)
        if call.seconds <= 0:
            raise self._error(
                f"no answer within {counted(call.job.request.deadline, 'second')}; ask for less, "
                "or raise the deadline",
                ProviderFault.TIMEOUT,
            )

    async def _send_again(self, call: _Call) -> None:
        """Hand in a call that the bus has lost; raises where money was set aside for one bill only."""
        if self._once:
            raise self._error("the call was lost on its way and may have been billed", ProviderFault.CUT_STREAM)
        await self._send(call)

    def _demand_takers(self) -> None:
        if self._fleet.lacking_for(self._provider) < self._fleet.patience:
            return
        info = PROVIDERS[self._provider]
        needed = info.url_name if self._provider == "local" else info.key_name
        raise self._error(
            f"no worker of the fleet can ask {info.title} (workers: {self._fleet.describe()}); "
            f"start one that can: `orchestra worker` with {needed} set",
            ProviderFault.MISSING_KEY,
        )

    def _parts(self, call: _Call, piece: Piece) -> list[StreamPart]:
        """Return what a piece says; raises the fault it tells of."""
        parts: list[StreamPart] = []
        if piece.epoch > call.after[0] and call.shown:
            parts.append(Restarted(reason="The worker that had this call was lost; another one asks again."))
            call.shown = False
        call.after = (piece.epoch, piece.number)
        said = ReplyPart.model_validate_json(piece.text)
        if said.fault is not None:
            raise said.fault.error()
        call.shown = call.shown or bool(said.parts)
        return [*parts, *said.parts]

    def _error(self, text: str, fault: ProviderFault) -> ProviderError:
        title = PROVIDERS[self._provider].title
        return ProviderError(f"{title} (fleet): {text}.", provider=self._provider, fault=fault)

    async def check(self) -> ProviderState:
        """Say whether the fleet has someone who can ask the provider; keys are checked where they are."""
        if self._fleet.lacking_for(self._provider) == 0.0:
            return ProviderState(provider=self._provider, configured=True, note="asked by the fleet")
        return ProviderState(
            provider=self._provider,
            configured=False,
            note=f"no worker of the fleet can ask it (workers: {self._fleet.describe()})",
        )

    async def close(self) -> None:
        """Do nothing: the fleet's connection is closed by whoever opened it."""

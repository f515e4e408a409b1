"""A worker of the fleet: takes calls it can make, asks the provider, streams the answer back."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import aclosing, suppress
from typing import Any, Final

from codecompanion.contracts.errors import ProviderError, ProviderFault
from codecompanion.contracts.model_calls import StreamPart
from codecompanion.contracts.ports import BlobLost, Bus, ModelClient
from codecompanion.contracts.work import START, Delivery
from codecompanion.router.fleet.jobs import (
    CallFault,
    CallJob,
    ReplyPart,
    may_be_billed,
    topic_of,
    unpack,
)
from codecompanion.router.fleet.reply_writer import ReplyLost, ReplyWriter

_log = logging.getLogger(__name__)

PRESENT_EVERY: Final = 2.0
_FAREWELL: Final = 3.0
_KEYS: Final = frozenset({ProviderFault.MISSING_KEY, ProviderFault.REFUSED_KEY})


class _KeyUnusable(Exception):
    """The provider does not take this worker's key, or there is none."""


class CallWorker:
    """Makes up to ``at_once`` calls at a time for whoever sent them; ``clients`` hold this worker's keys.

    A call that another worker has taken over, or that its owner gave up, is broken off at once. A provider that
    refuses the key is left to others from then on. ``beat`` is in seconds, well within the bus's lease.
    """

    def __init__(
        self,
        bus: Bus,
        clients: Mapping[str, ModelClient],
        *,
        name: str,
        at_once: int = 4,
        beat: float = 1.0,
        facts: Mapping[str, Any] | None = None,
        say: Callable[[str], None] = _log.info,
    ) -> None:
        self._bus = bus
        self._clients = dict(clients)
        self._name = name
        self._at_once = at_once
        self._beat = beat
        self._facts = dict(facts or {})
        self._say = say
        self._running: set[asyncio.Task[None]] = set()
        self._free = asyncio.Semaphore(at_once)
        self._ending = asyncio.Event()
        self._done = 0

    @property
    def busy(self) -> int:
        """How many calls are being made now."""
        return len(self._running)

    async def run(self) -> None:
        """Work until ``end`` was called and what is under way is finished; raises ``NameTaken``."""
        await self._be_present()
        presence = asyncio.create_task(self._stay_present(), name="presence")
        try:
            await self._take_calls()
            while self._running:
                await asyncio.wait(self._running)
        finally:
            await self._say_farewell(presence)

    async def _say_farewell(self, presence: asyncio.Task[None]) -> None:
        """Hand back what is under way and leave; a bus that is away is not waited for: leases end."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL):
                await _cancel(presence, *self._running)
                await self._bus.roster.leave(self._name)

    def end(self) -> None:
        """Take no more calls; ``run`` returns when those under way are finished."""
        self._ending.set()

    def hand_back(self) -> None:
        """Let others have what is under way, at once."""
        self.end()
        for task in self._running:
            task.cancel()

    async def _stay_present(self) -> None:
        while True:
            await asyncio.sleep(PRESENT_EVERY)
            await self._be_present()

    async def _be_present(self) -> None:
        facts = {
            **self._facts,
            "providers": sorted(self._clients),
            "topics": self._topics(),
            "places": self._at_once,
            "busy": self.busy,
            "done": self._done,
        }
        await self._bus.roster.join(self._name, facts)

    def _topics(self) -> list[str]:
        return [topic_of(provider) for provider in sorted(self._clients)]

    async def _take_calls(self) -> None:
        while not self._ending.is_set():
            if await self._unless_ending(self._free.acquire()) is None:
                return
            delivery = None
            try:
                if self._clients:
                    taking = self._bus.work.take(self._topics(), self._name, PRESENT_EVERY)
                    delivery = await self._unless_ending(taking)
                else:
                    await self._unless_ending(asyncio.sleep(PRESENT_EVERY))
            finally:
                if delivery is None:
                    self._free.release()
            if delivery is not None:
                self._begin(delivery)

    async def _unless_ending(self, work: Any) -> Any:
        """Return what ``work`` gives, or None when the worker ends first."""
        doing = asyncio.ensure_future(work)
        ending = asyncio.create_task(self._ending.wait())
        try:
            await asyncio.wait({doing, ending}, return_when=asyncio.FIRST_COMPLETED)
            return doing.result() if doing.done() else None
        finally:
            for task in (doing, ending):
                if not task.done():
                    task.cancel()
                    with suppress(asyncio.CancelledError):
                        await task

    def _begin(self, delivery: Delivery) -> None:
        task = asyncio.create_task(self._work(delivery), name=f"call {delivery.message.id}")
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._free.release()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a call broke off unexpectedly", exc_info=error)

    async def _work(self, delivery: Delivery) -> None:
        """Make one call; whatever happens, it is finished, handed back, or lost to another."""
        calling = asyncio.create_task(self._call(delivery), name=f"ask for {delivery.message.id}")
        losing = asyncio.create_task(delivery.until_lost(), name="hear whether it is lost")
        beating = asyncio.create_task(self._keep(delivery), name="heartbeat")
        try:
            await asyncio.wait({calling, losing}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await _cancel(calling, losing, beating)
            await delivery.hand_back()
            raise
        await _cancel(calling, losing, beating)
        await self._close(delivery, calling)

    async def _close(self, delivery: Delivery, calling: asyncio.Task[None]) -> None:
        error = None if calling.cancelled() else calling.exception()
        if calling.cancelled() or isinstance(error, ReplyLost):
            self._say(f"call {delivery.message.id} was given up by its owner or taken over")
        elif isinstance(error, _KeyUnusable):
            await delivery.hand_back()
        elif error is not None:
            # left to its lease, as if this worker had gone: another one tries, and after a few it is given up
            _log.error("call %s failed unexpectedly", delivery.message.id, exc_info=error)
        elif await delivery.acknowledge():
            self._done += 1

    async def _keep(self, delivery: Delivery) -> None:
        held = True
        while held:
            held = await delivery.extend()
            await asyncio.sleep(self._beat)

    async def _call(self, delivery: Delivery) -> None:
        if delivery.attempt > 1 and any(one.ends for one in await self._said(delivery)):
            # an earlier worker came to the end and was lost before it could say so
            return
        writer = ReplyWriter(self._bus.replies, delivery.message.id, delivery.epoch)
        try:
            job = await unpack(delivery.message.payload, self._bus.blobs)
            if job.once and may_be_billed(await self._said(delivery)):
                await writer.end(ReplyPart(fault=_lost_worker(job)))
                return
            await self._ask(job, writer)
        except BlobLost as lost:
            _log.warning("call %s cannot be made: %s", delivery.message.id, lost)
            provider = delivery.topic.rpartition("/")[2]
            text = "A part of the request was lost on its way to the worker; it is sent again."
            fault = CallFault(message=text, provider=provider, fault=ProviderFault.UNAVAILABLE)
            await writer.end(ReplyPart(fault=fault))
        except ProviderError as error:
            if error.fault in _KEYS:
                self._leave_out(error)
                raise _KeyUnusable from error
            await writer.end(ReplyPart(fault=CallFault.of(error)))

    async def _said(self, delivery: Delivery) -> list[ReplyPart]:
        """Return what earlier workers have said of a call."""
        said, after = [], START
        while pieces := await self._bus.replies.read(delivery.message.id, after, 0.01):
            after = (pieces[-1].epoch, pieces[-1].number)
            said += [ReplyPart.model_validate_json(piece.text) for piece in pieces]
        return said

    async def _ask(self, job: CallJob, writer: ReplyWriter) -> None:
        """Stream the provider's parts into the reply while they come."""
        client = self._clients.get(job.provider)
        if client is None:
            raise _KeyUnusable
        if job.once:
            await writer.say(ReplyPart(stage="asking"))
        try:
            async with aclosing(client.stream(job.request, job.model)) as parts, writer:
                async for part in parts:
                    await self._pass_on(part, writer)
        except ProviderError as error:
            if job.once and error.fault in _KEYS:
                await writer.say(ReplyPart(stage="not billed"))
            raise

    async def _pass_on(self, part: StreamPart, writer: ReplyWriter) -> None:
        if part.type == "finished":
            await writer.end(ReplyPart(parts=(part,)))
        else:
            writer.add(part)

    def _leave_out(self, error: ProviderError) -> None:
        if self._clients.pop(error.provider, None) is not None:
            left = ", ".join(sorted(self._clients)) or "nothing; start it again with a key that is taken"
            self._say(f"{error} This worker leaves such calls to others; it goes on with {left}.")


def _lost_worker(job: CallJob) -> CallFault:
    return CallFault(
        message="The worker that had this call was lost, and what it was billed is not known.",
        provider=job.provider,
        fault=ProviderFault.CUT_STREAM,
    )


async def _cancel(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

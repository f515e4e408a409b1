"""Pays for model calls: sets the worst case aside before each, charges what it cost after it."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import uuid4

from codecompanion.contracts.errors import OrchestraError, ProviderError, ProviderFault
from codecompanion.contracts.model_calls import Finished, ModelRequest, StreamPart
from codecompanion.contracts.ports import Clock
from codecompanion.contracts.spending import Allowance, Charge, Claim, Payer, Shortfall, Standing
from codecompanion.router.budget.book import SpendingBook
from codecompanion.router.budget.limits import Budgets, Spender, allowances, bounds, most_of_run, setting_of
from codecompanion.router.budget.money import in_dollars, nearest_micros
from codecompanion.router.budget.refusals import above_call, above_first, no_ledger, no_price, used_up, waited
from codecompanion.router.budget.worst_case import SMALLEST_OUTPUT, WorstCase, most_input
from codecompanion.router.config import OFFLINE, ModelRef
from codecompanion.router.prices import PriceList

log = logging.getLogger(__name__)

_NOTHING_BILLED: Final = frozenset(
    {
        ProviderFault.MISSING_KEY,
        ProviderFault.REFUSED_KEY,
        ProviderFault.RATE_LIMITED,
        ProviderFault.BAD_REQUEST,
        ProviderFault.UNAVAILABLE,
    }
)
"""Faults that are told instead of an answer: before any part of one came, nothing was billed."""
_LONGER: Final = 60.0
"""Seconds beyond a call's deadline for which its money stays set aside."""
_LOOK_AGAIN: Final = 0.5
"""Seconds after which is looked again whether other processes have freed money."""


@dataclass(slots=True)
class Payment:
    """One try of a call while it is made: ``request`` is what may be asked, ``set_aside`` what it may cost."""

    request: ModelRequest
    payer: Payer
    accounts: tuple[Allowance, ...] = ()
    worst: int | None = 0
    set_aside: int | None = None
    begun: bool = field(default=False, init=False)
    finished: Finished | None = field(default=None, init=False)

    def take(self, part: StreamPart) -> None:
        """Take notice of a part of the answer."""
        self.begun = True
        if isinstance(part, Finished):
            self.finished = part

    def charge(self, error: BaseException | None) -> Charge | None:
        """Return what the try cost, as far as anybody knows; None where it surely cost nothing."""
        if self.finished is not None:
            usage = self.finished.usage
            known = usage.cost is not None
            return Charge(
                micros=nearest_micros(usage.cost or 0.0) if known else self.set_aside or 0,
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                cached_tokens=usage.cached_tokens,
                sure=known,
            )
        if not self.begun and isinstance(error, ProviderError) and error.fault in _NOTHING_BILLED:
            return None
        return Charge(micros=(self.worst if self.set_aside is None else self.set_aside) or 0, sure=False)


class Purse:
    """Pays by ``budgets`` from the ledger of ``book``.

    Under hard budgets no call is made whose worst case is not set aside in every account it is charged to: its
    output is bounded so that it cannot cost more, and what nobody reports counts as that much. A call waits for
    money that others have set aside, and gets a smaller output where a budget is nearly used up. Without hard
    budgets nothing is set aside, and trouble with the ledger stops no call.
    """

    def __init__(
        self,
        book: SpendingBook,
        budgets: Budgets,
        prices: PriceList,
        *,
        clock: Clock,
        today: Callable[[], date],
        ids: Callable[[], str],
    ) -> None:
        self._book = book
        self._budgets = budgets
        self._prices = prices
        self._clock = clock
        self._today = today
        self._ids = ids
        self._writing: set[asyncio.Task[None]] = set()
        self._least: dict[ModelRef, int | None] = {}

    def objections(self, request: ModelRequest) -> Callable[[ModelRef], str]:
        """Return what says, in words that follow a model's name, why no budget can pay for it; "" if one may.

        Asks nobody, so that a choice may ask it of every model: what other processes spend, and the input's
        price, count only at the call itself.
        """
        if not self._budgets.hard or not self._prices.loaded or request.max_tokens < SMALLEST_OUTPUT:
            return lambda _: ""
        known = bounds(self._budgets, self._spender(request, ""))
        left = {name: limit - self._book.spent(name) for name, limit in known.items() if limit is not None}
        if self._budgets.call is not None:
            left["call"] = self._budgets.call
        tightest = min(left, key=lambda account: left[account], default="")
        return lambda ref: self._objection(ref, tightest, left.get(tightest))

    def _objection(self, ref: ModelRef, tightest: str, left: int | None) -> str:
        if ref not in self._least:
            self._least[ref] = 0 if ref == OFFLINE else WorstCase(self._prices, ref, 0).cost(SMALLEST_OUTPUT)
        least = self._least[ref]
        if least is None:
            return "has no known price, so no budget can be kept with it"
        if left is None or not least or least <= left:
            return ""
        return f"costs at least {in_dollars(least)} a call, and {setting_of(tightest)} has less left"

    @asynccontextmanager
    async def paying(self, ref: ModelRef, request: ModelRequest, most: int | None) -> AsyncIterator[Payment]:
        """Pay for one try, which may cost ``most`` micro-dollars; raises ``ProviderError``: over budget."""
        payment = await self._begun(ref, request, most)
        error: BaseException | None = None
        try:
            yield payment
        except BaseException as raised:
            error = raised
            raise
        finally:
            if payment.worst != 0:
                await self._written(self._end(payment, payment.charge(error)))

    async def _begun(self, ref: ModelRef, request: ModelRequest, most: int | None) -> Payment:
        run_id, _, task_id = request.call_id.partition("/")
        payer = Payer(
            call_id=self._ids(),
            run_id=run_id,
            task_id=task_id,
            role=request.role,
            provider=ref.provider,
            model=ref.model,
        )
        if ref == OFFLINE:
            return Payment(request, payer)
        worst = WorstCase(self._prices, ref, most_input(request))
        cost = await asyncio.to_thread(worst.cost, request.max_tokens)
        spender = self._spender(request, ref.provider)
        payment = Payment(request, payer, allowances(self._budgets, spender), cost)
        if cost != 0 and self._budgets.tell_above is not None and run_id:
            await self._written(self._tell_most(spender, self._budgets.tell_above))
        if self._budgets.hard and cost != 0:
            await self._set_aside(payment, worst, most)
        return payment

    def _spender(self, request: ModelRequest, provider: str) -> Spender:
        workspace = request.brief.order.workspace if request.brief is not None else ""
        return Spender(request.call_id.partition("/")[0], workspace, provider, self._today())

    async def _tell_most(self, spender: Spender, above: int) -> None:
        """Tell, before the first call of a run that this process makes, what the run can cost at most."""
        if self._book.was_told(spender.run_id):
            return
        known = await (await self._book.ledger()).standings()
        most = most_of_run(self._budgets, spender, {one.account: one.spent for one in known})
        if most is None:
            self._book.tell_once(
                spender.run_id, "No budget bounds what this run may cost: set budget.run to bound it."
            )
        elif most > above:
            self._book.tell_once(spender.run_id, f"This run may cost up to {in_dollars(most)}.")
        else:
            self._book.keep_quiet(spender.run_id)

    async def _set_aside(self, payment: Payment, worst: WorstCase, most: int | None) -> None:
        request, wanted = payment.request, payment.worst
        smallest = worst.cost(min(SMALLEST_OUTPUT, request.max_tokens))
        if wanted is None or smallest is None:
            raise no_price(worst.ref)
        if self._budgets.call is not None and smallest > self._budgets.call:
            raise above_call(worst.ref, smallest, self._budgets.call)
        if most is not None and smallest > most:
            raise above_first(worst.ref, smallest, most)
        each = [bound for bound in (wanted, self._budgets.call, most) if bound is not None]
        claim = Claim(
            payer=payment.payer,
            allowances=payment.accounts,
            wanted=min(each),
            least=smallest,
            until=self._clock() + request.deadline + _LONGER,
        )
        payment.set_aside = granted = await self._granted(claim, request.deadline)
        if granted < wanted:
            output = await asyncio.to_thread(worst.most_output, granted, request.max_tokens)
            payment.request = request.model_copy(update={"max_tokens": output})

    async def _granted(self, claim: Claim, patience: float) -> int:
        """Return what was set aside; what others have set aside is waited for, rather than done without."""
        loop = asyncio.get_running_loop()
        ends, least = loop.time() + patience, claim.wanted
        while True:
            answer = await self._asked(claim.model_copy(update={"least": least}))
            if not isinstance(answer, Shortfall):
                return answer
            free = answer.limit - answer.spent
            if free < claim.least:
                raise used_up(claim.payer, answer, claim.least)
            if loop.time() >= ends:
                raise waited(claim.payer, answer)
            least = min(least, free)
            if answer.reserved:
                await self._book.change(_LOOK_AGAIN)

    async def _asked(self, claim: Claim) -> int | Shortfall:
        try:
            ledger = await self._book.ledger()
            return await ledger.reserve(claim)
        except asyncio.CancelledError:
            # it may be written down all the same
            await self._written(self._released(claim.payer.call_id))
            raise
        except OrchestraError as trouble:
            raise no_ledger(claim.payer, trouble) from trouble

    async def _released(self, call_id: str) -> None:
        await (await self._book.ledger()).release(call_id)

    async def _end(self, payment: Payment, charge: Charge | None) -> None:
        ledger = await self._book.ledger()
        known: list[Standing] = []
        if payment.set_aside is None:
            accounts = [allowance.account for allowance in payment.accounts]
            known = await ledger.record(payment.payer, accounts, charge) if charge is not None else []
        elif charge is None:
            await ledger.release(payment.payer.call_id)
        else:
            known = await ledger.settle(payment.payer.call_id, charge)
        limits = {one.account: one.limit for one in payment.accounts if one.limit is not None}
        self._book.note(known, limits)

    async def _written(self, writing: Coroutine[Any, Any, None]) -> None:
        """See a write through, even where the one who waits for it is cancelled."""
        task = asyncio.create_task(self._guarded(writing))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        await asyncio.shield(task)

    async def _guarded(self, writing: Coroutine[Any, Any, None]) -> None:
        try:
            await writing
        except OrchestraError as trouble:
            log.warning("the spending ledger failed: %s", trouble)
            self._book.tell_trouble(trouble)


def purse_of(budgets: Budgets, book: SpendingBook, prices: PriceList) -> Purse:
    """Return a purse that goes by this machine's clock and calendar."""
    return Purse(
        book,
        budgets,
        prices,
        clock=time.time,
        today=lambda: datetime.now().astimezone().date(),
        ids=lambda: uuid4().hex,
    )

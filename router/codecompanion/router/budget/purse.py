"""Pays for model calls: sets the worst case aside before each, charges what it cost after it."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.model_calls import ModelRequest
from codecompanion.contracts.ports import Clock
from codecompanion.contracts.spending import Charge, Claim, Payer, Shortfall, Standing
from codecompanion.router.budget.book import SpendingBook
from codecompanion.router.budget.foresight import Foresight
from codecompanion.router.budget.limits import Budgets, allowances
from codecompanion.router.budget.payment import Payment
from codecompanion.router.budget.refusals import above_call, above_first, no_ledger, no_price, used_up, waited
from codecompanion.router.budget.worst_case import SMALLEST_OUTPUT, WorstCase, most_input
from codecompanion.router.config import OFFLINE, ModelRef
from codecompanion.router.prices import PriceList

log = logging.getLogger(__name__)

_LONGER: Final = 60.0
"""Seconds beyond a call's deadline for which its money stays set aside."""
_LOOK_AGAIN: Final = 0.5
"""Seconds after which is looked again whether other processes have freed money."""


class Purse:
    """Pays by ``budgets`` from the ledger of ``book``.

    Under hard budgets no call is made whose worst case is not set aside in every account it is charged to: its
    output is bounded so that it cannot cost more, and what nobody reports counts as that much. A call waits for
    money that others have set aside, and gets a smaller output where a budget is nearly used up. Without hard
    budgets nothing is set aside, and trouble with the ledger stops no call. ``foresight`` is what can be told
    beforehand.
    """

    def __init__(
        self,
        book: SpendingBook,
        budgets: Budgets,
        prices: PriceList,
        *,
        clock: Clock,
        local: Callable[[], datetime],
        ids: Callable[[], str],
    ) -> None:
        self._book = book
        self._budgets = budgets
        self._prices = prices
        self._clock = clock
        self._ids = ids
        self._writing: set[asyncio.Task[None]] = set()
        self.foresight = Foresight(book, budgets, prices, local)

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
        spender = self.foresight.spender(request, ref.provider)
        accounts = allowances(self._budgets, spender)
        payment = Payment(request, payer, accounts, cost, bound=worst, lower=self._lower)
        if cost != 0 and self._budgets.tell_above is not None:
            await self._written(self.foresight.tell_most(request))
        if self._budgets.hard and cost != 0:
            await self._set_aside(payment, worst, most)
        return payment

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
            self._book.note_spent(answer.account, answer.spent)
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

    def _lower(self, call_id: str, micros: int) -> None:
        """Free what a call under way cannot cost any more, behind its back: nobody waits for that."""
        self._write(self._lowered(call_id, micros))

    async def _lowered(self, call_id: str, micros: int) -> None:
        await (await self._book.ledger()).lower(call_id, micros)
        self._book.note((), {})

    async def _written(self, writing: Coroutine[Any, Any, None]) -> None:
        """See a write through, even where the one who waits for it is cancelled."""
        await asyncio.shield(self._write(writing))

    def _write(self, writing: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(self._guarded(writing))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return task

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
        local=lambda: datetime.now().astimezone(),
        ids=lambda: uuid4().hex,
    )

"""What budgets say before a call, or a run: whom they rule out, which presses, what a run can cost."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime

from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.model_calls import ModelRequest
from codecompanion.router.budget.book import SpendingBook
from codecompanion.router.budget.limits import (
    Budgets,
    Spender,
    bounds,
    most_of_run,
    provider_account,
    provider_bounds,
    setting_of,
    shares_gone,
)
from codecompanion.router.budget.money import in_dollars
from codecompanion.router.budget.worst_case import SMALLEST_OUTPUT, WorstCase
from codecompanion.router.config import OFFLINE, ModelRef
from codecompanion.router.learning.live_pacing import Pace, pace_of
from codecompanion.router.prices import PriceList

log = logging.getLogger(__name__)


class Foresight:
    """Looks at ``budgets`` and what is known to be spent of them; it sets nothing aside and charges nothing.

    ``local`` tells the time where the person is: days and months are those of their calendar.
    """

    def __init__(
        self, book: SpendingBook, budgets: Budgets, prices: PriceList, local: Callable[[], datetime]
    ) -> None:
        self._book = book
        self._budgets = budgets
        self._prices = prices
        self._local = local
        self._least: dict[ModelRef, int | None] = {}

    def objections(self, request: ModelRequest) -> Callable[[ModelRef], str]:
        """Return what says, in words that follow a model's name, why no budget can pay for it; "" if one may.

        Asks nobody, so that a choice may ask it of every model: what other processes have spent since the last
        ``prepare``, and the input's price, count only at the call itself.
        """
        if not self._budgets.hard or not self._prices.loaded or request.max_tokens < SMALLEST_OUTPUT:
            return lambda _: ""
        left = self._left(bounds(self._budgets, self.spender(request, "")))
        if self._budgets.call is not None:
            left["call"] = self._budgets.call
        tightest = min(left, key=lambda account: left[account], default="")
        of_providers = self._left(provider_bounds(self._budgets, self._today()))

        def objection(ref: ModelRef) -> str:
            account = provider_account(ref.provider, self._today())
            of_provider = of_providers.get(account)
            if of_provider is not None and (not tightest or of_provider < left[tightest]):
                return self._objection(ref, account, of_provider)
            return self._objection(ref, tightest, left.get(tightest))

        return objection

    def _left(self, limits: Mapping[str, int | None]) -> dict[str, int]:
        """Return what each bounded account has left, as far as this process knows."""
        return {name: limit - self._book.spent(name) for name, limit in limits.items() if limit is not None}

    def _objection(self, ref: ModelRef, tightest: str, left: int | None) -> str:
        if ref not in self._least:
            self._least[ref] = 0 if ref == OFFLINE else WorstCase(self._prices, ref, 0).cost(SMALLEST_OUTPUT)
        least = self._least[ref]
        if least is None:
            return "has no known price, so no budget can be kept with it"
        if left is None or not least or least <= left:
            return ""
        return f"costs at least {in_dollars(least)} a call, and {setting_of(tightest)} has less left"

    def pace(self, request: ModelRequest) -> Pace | None:
        """Return the budget that is spent too fast to last, the tightest of several; None where all last.

        A day, or a month, is paced by the calendar, a run by its tasks. Asks nobody.
        """
        if not self._budgets.any:
            return None
        gone = shares_gone(self._local(), request.progress)
        paces = [
            pace_of(setting_of(account), limit, self._book.spent(account), gone[kind])
            for account, limit in bounds(self._budgets, self.spender(request, "")).items()
            if limit is not None and (kind := account.partition(" ")[0]) in gone
        ]
        return min((pace for pace in paces if pace is not None), key=lambda pace: pace.speed, default=None)

    def _today(self) -> date:
        return self._local().date()

    async def prepare(self) -> None:
        """Learn what objections go by: the prices, and what was spent so far; cheap when asked again and again.

        Trouble with the ledger is told when a call is paid for.
        """
        if not self._budgets.any:
            return
        if not self._prices.loaded:
            await asyncio.to_thread(self._prices.load)
        try:
            await self._book.look()
        except OrchestraError as trouble:
            log.debug("what was spent cannot be looked up: %s", trouble)

    def spender(self, request: ModelRequest, provider: str) -> Spender:
        """Return who spends with a request, and where."""
        workspace = request.brief.order.workspace if request.brief is not None else ""
        return Spender(request.call_id.partition("/")[0], workspace, provider, self._today())

    async def tell_most(self, request: ModelRequest) -> None:
        """Tell, before the first call of a run that nobody was asked about, what it can cost at most."""
        spender = self.spender(request, "")
        if self._budgets.tell_above is None or not spender.run_id or self._book.was_told(spender.run_id):
            return
        if bound := await self._bound(spender):
            self._book.tell_once(spender.run_id, bound)
        self._book.keep_quiet(spender.run_id)

    async def bound_of_run(self, workspace: str, models: Sequence[ModelRef] | None) -> str:
        """Return, in a sentence, what a run with some models can cost at most; "" where nobody need be asked.

        None stands for models that are not known yet. Raises ``OrchestraError`` if the ledger cannot be read.
        """
        if self._budgets.tell_above is None:
            return ""
        if models is not None and await asyncio.to_thread(self._all_free, models):
            return ""
        return await self._bound(Spender("", workspace, "", self._today()))

    def keep_quiet(self, run_id: str) -> None:
        """Tell nothing more of what a run may cost: the person was asked."""
        self._book.keep_quiet(run_id)

    def _all_free(self, models: Iterable[ModelRef]) -> bool:
        return all(ref == OFFLINE or WorstCase(self._prices, ref, 1).cost(1) == 0 for ref in models)

    async def _bound(self, spender: Spender) -> str:
        above = self._budgets.tell_above
        known = {one.account: one.spent for one in await (await self._book.ledger()).standings()}
        most = most_of_run(self._budgets, spender, known)
        if most is None:
            return "No budget bounds what this run may cost: set budget.run to bound it."
        return f"This run may cost up to {in_dollars(most)}." if above is not None and most > above else ""

"""The ledger as a process uses it: opened when first needed, its warnings given once, its waiters woken."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.spending import SpendLedger, Standing
from codecompanion.router.budget.limits import budget_words
from codecompanion.router.budget.money import in_dollars

_LOOK_EVERY: Final = 2.0
"""Seconds for which what others have spent is not looked up again."""
_LASTING: Final = ("day ", "month ", "provider ", "workspace ")
"""How the accounts begin that are not of one run."""
_WARN_AT: Final = (100, 80, 50)
"""Percent of a budget at which the person is told."""


class SpendingBook:
    """A process's way to the ledger, shared by all who call models in it.

    Where the ledger cannot be used the person is told so once, and every later use is tried again.
    """

    def __init__(
        self,
        open_ledger: Callable[[], SpendLedger],
        warn: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open = open_ledger
        self._warn = warn
        self._clock = clock
        self._look_at = 0.0
        self._ledger: SpendLedger | None = None
        self._opening = asyncio.Lock()
        self._changed = asyncio.Event()
        self._told: set[object] = set()
        self._spent: dict[str, int] = {}

    async def ledger(self) -> SpendLedger:
        """Return the open ledger; raises ``OrchestraError`` where there is none to be had."""
        async with self._opening:
            if self._ledger is None:
                self._ledger = await asyncio.to_thread(self._open)
        return self._ledger

    async def close(self) -> None:
        """Let go of the ledger."""
        if self._ledger is not None:
            await self._ledger.close()
            self._ledger = None

    def note(self, standings: Iterable[Standing], limits: Mapping[str, int]) -> None:
        """Wake up who waits for money, and tell the person which budgets are half, nearly or quite used up."""
        self._changed.set()
        self._changed = asyncio.Event()
        for one in standings:
            self._spent[one.account] = one.spent
            limit = limits.get(one.account)
            if limit:
                self._tell_share(one, limit)

    async def look(self) -> None:
        """Look up what accounts have spent, but those of runs; at most every few seconds.

        Raises ``OrchestraError``.
        """
        if self._clock() < self._look_at:
            return
        self._look_at = self._clock() + _LOOK_EVERY
        ledger = await self.ledger()
        # asked at the same time, they are one commit
        for found in await asyncio.gather(*(ledger.standings(kind) for kind in _LASTING)):
            self._spent.update({one.account: one.spent for one in found})

    def note_spent(self, account: str, micros: int) -> None:
        """Take in what an account has spent."""
        self._spent[account] = micros

    def spent(self, account: str) -> int:
        """Return what an account had spent when this process last charged it, or looked; asks nobody."""
        return self._spent.get(account, 0)

    def was_told(self, about: object) -> bool:
        """Whether the person was told of something in this process, or need not be."""
        return about in self._told

    def keep_quiet(self, about: object) -> None:
        """Let nothing be told of something any more."""
        self._told.add(about)

    def tell_once(self, about: object, sentence: str) -> None:
        """Tell the person something that is told once in a process."""
        if about not in self._told:
            self._told.add(about)
            self._warn(sentence)

    def tell_trouble(self, trouble: OrchestraError) -> None:
        """Tell the person, once, that spending cannot be written down."""
        self.tell_once("trouble", f"what is spent cannot be written down: {trouble}")

    async def change(self, seconds: float) -> None:
        """Return when a call of this process was charged, or after some seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    def _tell_share(self, at: Standing, limit: int) -> None:
        share = next((percent for percent in _WARN_AT if at.spent * 100 >= limit * percent), 0)
        if share:
            # what was passed on the way is not told any more
            passed = {(at.account, percent) for percent in _WARN_AT if percent <= share}
            if (at.account, share) not in self._told:
                self._warn(f"{in_dollars(at.spent)} are spent: {share} % of {budget_words(at.account, limit)}")
            self._told |= passed

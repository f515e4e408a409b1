"""A gateway that pays: scripted models with prices of their own, over a real ledger."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import date, datetime, time

import pytest

from codecompanion.contracts.errors import ProviderError, ProviderFault
from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import ChatMessage, Counted, Finished, ModelRequest, TextDelta, Usage
from codecompanion.memory.spending.ledger import SqliteLedger
from codecompanion.router.budget.book import SpendingBook
from codecompanion.router.budget.limits import Budgets
from codecompanion.router.budget.purse import Purse
from codecompanion.router.catalogue.catalogue import Catalogue, Model, Price
from codecompanion.router.choice import Eligible
from codecompanion.router.config import ModelRef
from codecompanion.router.gateway import Gateway
from codecompanion.router.prices import PriceList
from codecompanion.router.retries import RetryPolicy

DEAR, CHEAP = ModelRef("dear", "a"), ModelRef("cheap", "b")
PRICES = {DEAR: Price(input=1.0, output=10.0), CHEAP: Price(input=0.1, output=1.0)}


class PricedClient:
    """Answers with as many tokens as it may, or fewer; ``faults`` come first, before or after a part."""

    native_tools = True

    def __init__(self, ref, *, made=None, faults=(), begun=False, counted=None):
        self.ref = ref
        self.name = ref.provider
        self.requests: list[ModelRequest] = []
        self.made = made
        self.faults = list(faults)
        self.begun = begun
        self.counted = counted
        self.asked = asyncio.Event()
        self.hold: asyncio.Event | None = None

    async def stream(self, request, model):
        self.requests.append(request)
        self.asked.set()
        if self.faults and not self.begun:
            raise self._fault()
        if self.counted is not None:
            yield Counted(input_tokens=self.counted)
        yield TextDelta(text="so ")
        if self.hold is not None:
            await self.hold.wait()
        if self.faults:
            raise self._fault()
        made = request.max_tokens if self.made is None else min(self.made, request.max_tokens)
        price = PRICES.get(self.ref)
        cost = (20 * price.input + made * price.output) / 1e6 if price is not None else None
        usage = Usage(input_tokens=20, output_tokens=made, cost=cost)
        yield Finished(provider=self.name, model=model, usage=usage)

    def _fault(self):
        return ProviderError("It failed.", provider=self.name, fault=self.faults.pop(0))

    async def close(self):
        """Nothing is open."""


class Choice:
    def __init__(self, *refs):
        self._refs = refs

    def candidates(self, request):
        return self._refs

    def eligible(self, request):
        return Eligible(self._refs)


class World:
    """One gateway over one ledger."""

    def __init__(self, folder, name="call"):
        self.folder = folder
        self.name = name
        self.told = []
        self.clients = {}
        self.day, self.time = date(2026, 11, 29), time(12)
        self.book = SpendingBook(lambda: SqliteLedger.open(folder, lambda: 1.8e9), self.told.append)
        self._names = 0

    def gateway(self, *clients, **budgets):
        own = Catalogue(Model(model=str(ref), price=price) for ref, price in PRICES.items())
        prices = PriceList(own)
        prices.load()
        purse = Purse(
            self.book,
            Budgets(**budgets),
            prices,
            clock=lambda: 1.8e9,
            local=lambda: datetime.combine(self.day, self.time),
            ids=self._name,
        )
        retries = RetryPolicy(max_attempts=2, clock=lambda: 0.0, sleep=_no_sleep)
        return Gateway(
            Choice(*(client.ref for client in clients)),
            {client.name: client for client in clients},
            retries,
            purse=purse,
            clock=lambda: 0.0,
        )

    async def sums(self):
        ledger = await self.book.ledger()
        return {one.account: (one.spent, one.reserved) for one in await ledger.standings()}

    def _name(self):
        self._names += 1
        return f"{self.name}-{self._names}"


async def _no_sleep(_):
    await asyncio.sleep(0)


@pytest.fixture
async def world(tmp_path):
    made = World(tmp_path)
    yield made
    await made.book.close()


@pytest.fixture
def call():
    """Make a call and return its parts."""

    async def make(gateway, *, run="r-1", max_tokens=2000, deadline=20.0):
        request = ModelRequest(
            role=Role.DEBUGGER,
            system="Be brief.",
            messages=(ChatMessage(role="user", text="Hi."),),
            max_tokens=max_tokens,
            deadline=deadline,
            call_id=f"{run}/t-1",
        )
        stream: AsyncGenerator = gateway.stream(request)
        async with aclosing(stream) as parts:
            return [part async for part in parts]

    return make


OVER = ProviderFault.OVER_BUDGET

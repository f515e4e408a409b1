"""What holds for calls made here holds for those of a fleet: privacy, pins, context, and budgets above all."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from codecompanion.contracts.errors import ProviderError
from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import Brief, ChatMessage, Finished, ModelRequest, TextDelta, Usage
from codecompanion.contracts.orders import RunOrder
from codecompanion.memory.spending.ledger import SqliteLedger
from codecompanion.orchestra.bus.memory_bus import MemoryBus
from codecompanion.orchestra.bus.terms import WorkTerms
from codecompanion.router.budget.book import SpendingBook
from codecompanion.router.choice import RoleChoice
from codecompanion.router.config import RouterConfig
from codecompanion.router.fleet.call_worker import CallWorker
from codecompanion.router.fleet.fleet import Fleet
from codecompanion.router.fleet.fleet_gateway import build_fleet_gateway
from codecompanion.router.means import CallMeans
from codecompanion.router.scripted_client import ScriptedClient
from codecompanion.router.scripted_server import Reply, faults

MODEL = "openai/gpt-6.1-sol"
PRICED = {"catalogue": [{"model": MODEL, "price": {"input": 1.0, "output": 10.0}}]}
LOCAL = {"base_url": "http://127.0.0.1:9/v1", "model": "small"}
KEYS = {name: {"api_key": "k"} for name in ("anthropic", "openai", "gemini")}


def ask(workspace="/w", length=0):
    order = RunOrder(kind="change", request="do it", workspace=workspace)
    return ModelRequest(
        role=Role.CODE_GENERATOR,
        system="s",
        messages=(ChatMessage(role="user", text="x" * length),),
        brief=Brief(order=order, purpose="work"),
        deadline=20.0,
        max_tokens=2000,
        call_id="run-1/t1",
    )


def config(**settings):
    return RouterConfig.model_validate(settings)


@asynccontextmanager
async def fleet_of(clients, lease=0.5):
    bus = MemoryBus(terms=WorkTerms(lease=lease, presence=5.0))
    worker = CallWorker(bus, clients, name="w1", beat=0.1)
    working = asyncio.create_task(worker.run())
    await asyncio.sleep(0)
    try:
        async with asyncio.timeout(20), Fleet(bus, asyncio.get_running_loop().time) as fleet:
            yield fleet
    finally:
        worker.hand_back()
        await asyncio.wait_for(working, 5)


@asynccontextmanager
async def own_ledger(folder):
    book = SpendingBook(lambda: SqliteLedger.open(folder, lambda: 1.8e9), lambda _: None)
    try:
        yield book
    finally:
        await book.close()


@pytest.mark.parametrize(
    ("settings", "request_"),
    [
        ({"local_only": ("/w",), "local": LOCAL}, ask()),
        ({"models": {"CodeGenerator": "gemini/g"}}, ask()),
        ({"catalogue": [{"model": MODEL, "context": 1000}]}, ask(length=30_000)),
        ({"also": ("anthropic/claude-opus-5",), "local": LOCAL}, ask()),
    ],
)
async def test_the_same_models_may_take_a_call_as_without_a_fleet(settings, request_):
    here = RoleChoice(config(**KEYS, **settings)).eligible(request_)
    async with fleet_of({name: ScriptedClient([]) for name in (*KEYS, "local")}) as fleet:
        gateway = build_fleet_gateway(config(**settings), None, fleet)
        there = gateway.eligible(request_)
        await gateway.close()
    # without a fleet a provider may be missing here; with one each has a worker
    assert [ref for ref in there.models if ref.provider != "local" or "local" in settings] == list(here.models)
    assert there.pinned == here.pinned


async def test_a_constraint_given_to_the_gateway_is_asked():
    async with fleet_of({name: ScriptedClient([]) for name in KEYS}) as fleet:
        gateway = build_fleet_gateway(
            config(), None, fleet, constraints=[lambda _, ref: "is not wanted" * (ref.provider == "openai")]
        )
        found = gateway.eligible(ask())
    assert "openai" not in {ref.provider for ref in found.models}
    assert ("openai", "is not wanted") in {(ref.provider, why) for ref, why in found.excluded}


async def test_the_code_of_a_private_folder_never_goes_over_the_bus():
    elsewhere = ScriptedClient([Reply(text="from elsewhere")], provider="local")
    async with fleet_of({"local": elsewhere}) as fleet:
        roles = {"models": {"CodeGenerator": "local/big"}}
        gateway = build_fleet_gateway(config(local_only=("/w",), **roles), None, fleet)
        found = gateway.eligible(ask())
        assert str(found.models[0]) == "offline/templates"
        (why,) = [why for ref, why in found.excluded if str(ref) == "local/big"]
        assert "would be asked from another machine" in why and "ORCHESTRA_LOCAL_BASE_URL" in why
        # with a server of one's own it is asked from here: nobody listens there
        own = build_fleet_gateway(config(local_only=("/w",), local=LOCAL, max_attempts=1), None, fleet)
        with pytest.raises(ProviderError, match=r"127\.0\.0\.1:9"):
            [part async for part in own.stream(ask())]
        await own.close()
    assert elsewhere.requests == []


class Dying:
    """Bills, and takes its worker along, so many times; then it answers."""

    name, native_tools = "openai", True

    def __init__(self, deaths):
        self.deaths = deaths
        self.asked = 0

    async def stream(self, request, model):
        self.asked += 1
        yield TextDelta(text="so ")
        if self.asked <= self.deaths:
            raise RuntimeError("the worker is gone")
        yield Finished(provider="openai", model=model, usage=Usage(input_tokens=10, output_tokens=1, cost=1e-5))


async def test_what_a_lost_worker_may_have_been_billed_is_charged(tmp_path):
    client = Dying(deaths=1)
    async with own_ledger(tmp_path) as book, fleet_of({"openai": client}) as fleet:
        settings = config(**PRICED, budgets={"day": 10**9})
        gateway = build_fleet_gateway(settings, None, fleet, CallMeans(book=book))
        parts = [part async for part in gateway.stream(ask())]
        lines = await (await book.ledger()).costs("run-1")
    assert isinstance(parts[-1], Finished)
    assert client.asked == 2
    (line,) = lines
    assert (line.calls, line.unsure) == (2, 1)
    assert line.unsure_micros > 20_000, "the whole output it was allowed"
    assert line.micros == line.unsure_micros + 10


async def test_lost_workers_cannot_spend_more_than_a_budget(tmp_path):
    client = Dying(deaths=100)
    async with own_ledger(tmp_path) as book, fleet_of({"openai": client}) as fleet:
        # enough for the worst case of two tries
        settings = config(**PRICED, budgets={"day": 44_000}, max_attempts=3)
        gateway = build_fleet_gateway(settings, None, fleet, CallMeans(book=book))
        with pytest.raises(ProviderError) as told:
            [part async for part in gateway.stream(ask())]
        (day,) = await (await book.ledger()).standings("day")
    assert client.asked == 2
    assert "budget.day" in str(told.value)
    assert (day.reserved, day.spent <= 44_000) == (0, True)


async def test_a_call_of_which_nothing_was_billed_goes_to_the_next_worker(tmp_path):
    async with own_ledger(tmp_path) as book, fleet_of({}) as fleet:
        bad = ScriptedClient([Reply(fault=faults.status(401), times=None)], provider="openai")
        good = ScriptedClient([Reply(text="hello")], provider="openai")
        settings = config(**PRICED, budgets={"day": 10**9})
        gateway = build_fleet_gateway(settings, None, fleet, CallMeans(book=book))
        first = CallWorker(fleet.bus, {"openai": bad}, name="bad", beat=0.1)
        tasks = [asyncio.create_task(first.run())]

        async def answer():
            return [part async for part in gateway.stream(ask())]

        asking = asyncio.create_task(answer())
        while not bad.requests:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        second = CallWorker(fleet.bus, {"openai": good}, name="good", beat=0.1)
        tasks.append(asyncio.create_task(second.run()))
        assert isinstance((await asking)[-1], Finished)
        for worker in (first, second):
            worker.hand_back()
        await asyncio.gather(*tasks)
        (line,) = await (await book.ledger()).costs("run-1")
    assert (line.calls, len(bad.requests), len(good.requests)) == (1, 1, 1)

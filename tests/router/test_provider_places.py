"""A provider gets no more calls at once than it may; the others wait, the most urgent first."""

import asyncio
import time

import pytest

from codecompanion.contracts.messages import Priority, Role
from codecompanion.contracts.model_calls import Brief, Finished, ModelRequest
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.plan import PlanTask
from codecompanion.router.config import ModelRef, RouterConfig
from codecompanion.router.gateway import Gateway, build_gateway
from codecompanion.router.means import CallMeans
from codecompanion.router.places import ProviderPlaces
from codecompanion.router.retries import RetryPolicy
from codecompanion.router.scripted_client import ScriptedClient
from codecompanion.router.scripted_server import Reply

ORDER = RunOrder(kind="project", request="x", workspace="/w")


class Always:
    """A choice that names one model."""

    def __init__(self, provider):
        self._ref = ModelRef(provider, "m")

    def candidates(self, request):
        return (self._ref,)

    def for_role(self, role):
        return (self._ref,)


def request(name, priority=Priority.NORMAL, deadline=60.0):
    task = PlanTask(id=name, title=name, role=Role.CODE_GENERATOR, priority=priority)
    return ModelRequest(
        role=Role.CODE_GENERATOR,
        system="",
        messages=(),
        brief=Brief(order=ORDER, purpose="work", task=task),
        deadline=deadline,
    )


def gateway(places, seconds=0.05, provider="one"):
    client = ScriptedClient(lambda asked: Reply(text="x", first_token_after=seconds), provider=provider)
    retries = RetryPolicy(max_attempts=1, clock=time.monotonic)
    return Gateway(Always(provider), {provider: client}, retries, places=places), client


async def whole(made, asked):
    return [part async for part in made.stream(asked)][-1]


def names(client):
    return [asked.request.brief.task.id for asked in client.requests]


async def test_the_most_urgent_call_goes_next_and_equals_in_their_order():
    made, client = gateway(ProviderPlaces({"one": 1}))
    wanted = [("first", 5), ("low", 1), ("normal", 5), ("urgent", 10), ("second normal", 5)]
    async with asyncio.TaskGroup() as group:
        for name, priority in wanted:
            group.create_task(whole(made, request(name, Priority(priority))))
            await asyncio.sleep(0)
    assert names(client) == ["first", "urgent", "normal", "second normal", "low"]


async def test_two_gateways_share_the_places_and_other_providers_are_free():
    places = ProviderPlaces({"one": 1})
    (first, one), (second, same), (third, other) = (
        gateway(places),
        gateway(places),
        gateway(places, provider="two"),
    )
    calls = [asyncio.create_task(whole(made, request("x"))) for made in (first, second, third)]
    await asyncio.sleep(0.02)
    assert (len(one.requests), len(same.requests), len(other.requests)) == (1, 0, 1)
    await asyncio.gather(*calls)
    assert len(same.requests) == 1


async def test_a_call_that_is_cancelled_while_it_waits_takes_no_place():
    made, client = gateway(ProviderPlaces({"one": 1}))
    calls = [asyncio.create_task(whole(made, request(name))) for name in ("a", "b", "c")]
    await asyncio.sleep(0.02)
    calls[1].cancel()
    with pytest.raises(asyncio.CancelledError):
        await calls[1]
    assert not calls[0].done()
    await asyncio.gather(calls[0], calls[2])
    assert names(client) == ["a", "c"]


async def test_a_call_that_is_cancelled_under_way_gives_its_place_back():
    made, client = gateway(ProviderPlaces({"one": 1}), seconds=30)
    first = asyncio.create_task(whole(made, request("a")))
    await asyncio.sleep(0.02)
    second = asyncio.create_task(whole(made, request("b")))
    await asyncio.sleep(0.02)
    first.cancel()
    await asyncio.sleep(0.02)
    assert names(client) == ["a", "b"]
    second.cancel()
    await asyncio.gather(first, second, return_exceptions=True)


async def test_the_wait_for_a_place_does_not_count_against_the_deadline():
    made, _ = gateway(ProviderPlaces({"one": 1}), seconds=0.2)
    calls = [asyncio.create_task(whole(made, request(name, deadline=0.35))) for name in ("a", "b", "c")]
    assert all(isinstance(last, Finished) for last in await asyncio.gather(*calls))


async def test_changed_bounds_count_at_once_for_those_who_wait():
    places = ProviderPlaces({"one": 1})
    made, client = gateway(places, seconds=0.3)
    calls = [asyncio.create_task(whole(made, request(name))) for name in ("a", "b", "c")]
    await asyncio.sleep(0.02)
    places.adopt({})
    await asyncio.sleep(0.02)
    assert len(client.requests) == 3
    await asyncio.gather(*calls)


async def test_the_configuration_sets_the_bounds(templates):
    places = ProviderPlaces()
    build_gateway(RouterConfig(max_parallel={"local": 2}), templates, CallMeans(places=places))
    entered = 0

    async def hold() -> None:
        nonlocal entered
        async with places.place("local", Priority.NORMAL):
            entered += 1
            await asyncio.sleep(0.05)

    calls = [asyncio.create_task(hold()) for _ in range(3)]
    await asyncio.sleep(0.02)
    assert entered == 2
    await asyncio.gather(*calls)

"""What every bus promises of its feed: one suite for the in-memory bus and for Redis."""

import asyncio
import gc
import time
import weakref
from collections.abc import AsyncIterator

import pytest

from benchmarks.own_redis import OwnRedis
from codecompanion.contracts.events import Context, Recorded, StopRequested
from codecompanion.contracts.ports import Bus, SubscriberLagged
from codecompanion.orchestra.bus.memory_bus import MemoryBus
from codecompanion.orchestra.bus.redis_address import parse_address
from codecompanion.orchestra.bus.redis_bus import RedisBus

BACKLOG = 50


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.needs("redis-server"))])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    if request.param == "memory":
        made: Bus = MemoryBus(backlog=BACKLOG)
    else:
        server: OwnRedis = request.getfixturevalue("redis")
        made = await RedisBus.open(parse_address(server.url), backlog=BACKLOG)
    yield made
    await made.close()


def event(run_id: str, version: int) -> Recorded:
    return Recorded(
        run_id=run_id,
        version=version,
        position=version,
        at=0.0,
        body=StopRequested(reason="x"),
        context=Context(correlation_id=run_id),
    )


async def take(subscription: AsyncIterator[Recorded], number: int) -> list[tuple[str, int]]:
    async with asyncio.timeout(5):
        taken = [await anext(subscription) for _ in range(number)]
    return [(recorded.run_id, recorded.version) for recorded in taken]


async def has_more(subscription: AsyncIterator[Recorded]) -> bool:
    try:
        async with asyncio.timeout(0.05):
            await anext(subscription)
    except TimeoutError:
        return False
    return True


async def test_every_present_subscriber_gets_every_event_in_order(bus: Bus) -> None:
    subscriptions = [bus.subscribe() for _ in range(3)]
    for version in range(1, 11):
        for run_id in ("run-1", "run-2"):
            bus.publish(event(run_id, version))
    for subscription in subscriptions:
        taken = await take(subscription, 20)
        for run_id in ("run-1", "run-2"):
            assert [version for run, version in taken if run == run_id] == list(range(1, 11))


async def test_a_subscriber_to_one_run_hears_of_no_other(bus: Bus) -> None:
    subscription = bus.subscribe("run-2")
    for run_id in ("run-1", "run-2", "run-1", "run-2"):
        bus.publish(event(run_id, 1))
    assert await take(subscription, 2) == [("run-2", 1)] * 2
    assert not await has_more(subscription)


async def test_a_subscription_begins_with_the_call(bus: Bus) -> None:
    bus.publish(event("run-1", 1))
    subscription = bus.subscribe()
    bus.publish(event("run-1", 2))
    assert await take(subscription, 1) == [("run-1", 2)]
    assert not await has_more(subscription)


async def test_a_waiting_subscriber_is_woken(bus: Bus) -> None:
    subscription = bus.subscribe()
    waiting = asyncio.create_task(take(subscription, 2))
    await asyncio.sleep(0.01)
    bus.publish(event("run-1", 1))
    await asyncio.sleep(0.01)
    bus.publish(event("run-1", 2))
    assert await waiting == [("run-1", 1), ("run-1", 2)]


async def test_a_cancelled_wait_loses_nothing(bus: Bus) -> None:
    subscription = bus.subscribe()
    assert not await has_more(subscription)
    bus.publish(event("run-1", 1))
    assert await take(subscription, 1) == [("run-1", 1)]


async def test_a_slow_subscriber_holds_up_neither_the_publisher_nor_the_others(bus: Bus) -> None:
    slow, quick = bus.subscribe(), bus.subscribe()
    started = time.process_time()
    for version in range(1, 10 * BACKLOG + 1):
        bus.publish(event("run-1", version))
        assert await take(quick, 1) == [("run-1", version)]
    assert time.process_time() - started < 5
    with pytest.raises(SubscriberLagged):
        await take(slow, 1)


async def test_a_lagging_subscriber_can_close_the_gap_from_the_log(bus: Bus) -> None:
    subscription = bus.subscribe()
    log = [event("run-1", version) for version in range(1, 3 * BACKLOG + 8)]
    for recorded in log[: BACKLOG + 7]:
        bus.publish(recorded)
    with pytest.raises(SubscriberLagged, match="read the log to catch up") as lagged:
        await take(subscription, 1)
    seen = [recorded.version for recorded in log[: BACKLOG + 7]]
    assert 0 < lagged.value.missed <= len(seen)
    for recorded in log[BACKLOG + 7 : 2 * BACKLOG]:
        bus.publish(recorded)
    async with asyncio.timeout(5):
        while len(seen) < 2 * BACKLOG:
            version = (await anext(subscription)).version
            if version > seen[-1]:
                seen.append(version)
    assert seen == [recorded.version for recorded in log[: 2 * BACKLOG]]


async def test_publishing_to_nobody_is_fine(bus: Bus) -> None:
    bus.publish(event("run-1", 1))


async def test_a_subscriber_that_leaves_its_loop_is_forgotten(bus: Bus) -> None:
    subscription = bus.subscribe()
    bus.publish(event("run-1", 1))
    async for recorded in subscription:
        assert recorded.version == 1
        break
    gone = weakref.ref(subscription)
    del subscription
    gc.collect()
    assert gone() is None
    bus.publish(event("run-1", 2))


async def test_a_closed_subscription_ends_and_gathers_nothing(bus: Bus) -> None:
    subscription = bus.subscribe()
    waiting = asyncio.create_task(anext(subscription, None))
    await asyncio.sleep(0.01)
    await subscription.aclose()  # type: ignore[attr-defined]
    async with asyncio.timeout(5):
        assert await waiting is None
    bus.publish(event("run-1", 1))
    assert [recorded async for recorded in subscription] == []

"""The feed between processes: events of one arrive at the other, in order, and losses are told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from redis import Redis

from benchmarks.own_redis import OwnRedis
from codecompanion.contracts.events import Context, Recorded, StopRequested
from codecompanion.contracts.ports import SubscriberLagged
from codecompanion.orchestra.bus.redis_address import parse_address
from codecompanion.orchestra.bus.redis_bus import RedisBus
from codecompanion.orchestra.bus.redis_link import LinkTerms

pytestmark = pytest.mark.needs("redis-server")


def event(version: int, run_id: str = "run-1") -> Recorded:
    body = StopRequested(reason="ü")
    context = Context(correlation_id=run_id)
    return Recorded(run_id=run_id, version=version, position=version, at=0.0, body=body, context=context)


@pytest.fixture
async def pair(redis: OwnRedis) -> AsyncIterator[tuple[RedisBus, RedisBus]]:
    async with contextlib.AsyncExitStack() as stack:
        made = []
        for _ in range(2):
            terms = LinkTerms(block=0.2, silence=1.0)
            bus = await RedisBus.open(parse_address(redis.url), link_terms=terms, backlog=500)
            stack.push_async_callback(bus.close)
            made.append(bus)
        async with asyncio.timeout(20):
            yield made[0], made[1]


async def test_events_cross_in_order_and_come_back_to_nobody(pair: tuple[RedisBus, RedisBus]) -> None:
    here, there = pair
    own, others = here.subscribe(), there.subscribe("run-1")
    for version in range(1, 201):
        here.publish(event(version))
        here.publish(event(version, "run-2"))
    assert [(await anext(others)).version for _ in range(200)] == list(range(1, 201))
    there.publish(event(201))
    seen = [(await anext(own)) for _ in range(401)]
    assert [one.version for one in seen if one.run_id == "run-1"] == list(range(1, 202))


async def test_what_was_lost_on_the_way_is_told(pair: tuple[RedisBus, RedisBus], redis: OwnRedis) -> None:
    here, there = pair
    others = there.subscribe()
    here.publish(event(1))
    assert (await anext(others)).version == 1
    redis.pause()
    for version in range(2, 900):
        here.publish(event(version))
        if version % 100 == 0:
            await asyncio.sleep(0)
    redis.go_on()
    seen, missed = [1], 0
    while seen[-1] != 899:
        try:
            seen.append((await anext(others)).version)
        except SubscriberLagged as lag:
            missed += lag.missed
    assert missed > 0
    assert seen == sorted(set(seen))
    assert len(seen) + missed >= 899


async def test_a_foreign_entry_harms_nobody(pair: tuple[RedisBus, RedisBus], look: Redis) -> None:
    here, there = pair
    others = there.subscribe()
    look.xadd("{orchestra}:feed", {"from": "newer release", "number": 1, "event": '{"unknown": 1}'})
    with pytest.raises(SubscriberLagged):
        await anext(others)
    here.publish(event(1))
    assert (await anext(others)).version == 1

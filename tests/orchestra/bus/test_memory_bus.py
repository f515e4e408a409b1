"""What the in-memory bus promises beyond the contract."""

import tracemalloc

import pytest

from codecompanion.contracts.events import Context, Recorded, StopRequested
from codecompanion.contracts.ports import SubscriberLagged
from codecompanion.orchestra.bus.memory_bus import MemoryBus


def event(version: int, text: str = "x") -> Recorded:
    return Recorded(
        run_id="run-1",
        version=version,
        position=version,
        at=0.0,
        body=StopRequested(reason=text),
        context=Context(correlation_id="run-1"),
    )


async def test_the_lost_events_are_counted_and_the_later_ones_kept() -> None:
    bus = MemoryBus(backlog=10)
    subscription = bus.subscribe()
    for version in range(1, 26):
        bus.publish(event(version))
    with pytest.raises(SubscriberLagged) as lagged:
        await anext(subscription)
    assert lagged.value.missed == 20
    assert [(await anext(subscription)).version for _ in range(5)] == [21, 22, 23, 24, 25]


async def test_a_context_ends_the_subscription() -> None:
    bus = MemoryBus()
    async with bus.subscribe() as subscription:
        bus.publish(event(1))
        assert (await anext(subscription)).version == 1
    bus.publish(event(2))
    with pytest.raises(StopAsyncIteration):
        await anext(subscription)


async def test_a_subscriber_that_never_takes_costs_no_more_than_its_backlog() -> None:
    bus = MemoryBus(backlog=100)
    subscription = bus.subscribe()
    tracemalloc.start()
    try:
        for version in range(5_000):
            bus.publish(event(version, "x" * 10_000 + str(version)))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 100 * 20_000
    assert subscription is not None

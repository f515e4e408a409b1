"""Showing what happens: soon, but once for many things that happen together."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from codecompanion.server.cli_commands.gathering import gathered


async def burst(count: int, pause_after: int = 0) -> AsyncIterator[int]:
    for number in range(count):
        yield number
        if number == pause_after:
            await asyncio.sleep(0)


async def times(events: AsyncIterator[int], seconds: float = 0.001) -> int:
    return sum([1 async for _ in gathered(events, seconds)])


@pytest.mark.parametrize("count", [1, 10, 10_000])
async def test_however_many_come_together_they_are_one_or_two_pieces_of_news(count: int) -> None:
    assert 1 <= await times(burst(count)) <= 2


async def test_the_last_thing_is_shown_even_if_it_comes_right_after_another() -> None:
    shown: list[int] = []
    seen = -1

    async def events() -> AsyncIterator[int]:
        nonlocal seen
        async for seen in burst(3):
            yield seen

    async for _ in gathered(events(), 0.001):
        shown.append(seen)
    assert shown[-1] == 2


async def test_nothing_is_shown_where_nothing_happens_and_a_fault_is_told() -> None:
    async def broken() -> AsyncIterator[int]:
        yield 1
        raise OSError("the log is gone")

    with pytest.raises(OSError, match="the log is gone"):
        await times(broken())


async def test_who_stops_looking_leaves_nothing_behind() -> None:
    ended = asyncio.Event()

    async def endless() -> AsyncIterator[int]:
        try:
            while True:
                yield 1
                await asyncio.sleep(0)
        finally:
            ended.set()

    async for _ in (looking := gathered(endless(), 0.001)):
        break
    await looking.aclose()
    async with asyncio.timeout(5):
        await ended.wait()

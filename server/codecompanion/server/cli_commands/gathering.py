"""Showing often enough for a person, and no oftener: many events that come together are one piece of news."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress


async def gathered(events: AsyncIterator[object], seconds: float) -> AsyncIterator[None]:
    """Yield soon after an event, once for all that come within ``seconds``; ends with the events.

    What the events raise is raised here.
    """
    news = asyncio.Event()
    listening = asyncio.create_task(_listen(events, news), name="listen to events")
    try:
        while not listening.done():
            await news.wait()
            news.clear()
            yield
            await asyncio.wait({listening}, timeout=seconds)
        if news.is_set() and not listening.exception():
            yield
        await listening
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.wait({listening})


async def _listen(events: AsyncIterator[object], news: asyncio.Event) -> None:
    try:
        async for _ in events:
            news.set()
    finally:
        news.set()

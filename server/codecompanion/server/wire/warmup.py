"""What makes the later answers as quick as the first, done while the client is idle after the start.

The collector would walk the hundred thousand objects of the start again and again although they live as long
as the process; and lsprotocol compiles the conversion of each method at its first use, which would be felt at
the first code action.
"""

import asyncio
import gc
from collections.abc import Iterable

from codecompanion.server.wire.codec import Codec

IDLE = 0.25
"""Seconds after ``initialized`` before the work begins, so as not to delay the client's first requests."""


async def warm_up(codec: Codec, methods: Iterable[str]) -> None:
    """Take the objects of the start from the collector, and compile the conversions of ``methods``."""
    await asyncio.sleep(IDLE)
    gc.freeze()
    for method in methods:
        codec.prepare(method)
        await asyncio.sleep(0)

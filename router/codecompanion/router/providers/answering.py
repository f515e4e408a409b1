"""What every client's stream goes through: one deadline, one vocabulary of errors, one checked end."""

import asyncio
from collections.abc import AsyncGenerator, Callable

from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.model_calls import Counted, Finished, StreamPart, TextDelta
from codecompanion.router.providers.faults import Faults

# parts that came together would be handled in one go: let others have their turn in between
_PARTS_A_TURN = 16

Translate = Callable[[Exception], Exception]


async def answering(
    parts: AsyncGenerator[StreamPart, None],
    *,
    faults: Faults,
    model: str,
    deadline: float,
    translate: Translate,
) -> AsyncGenerator[StreamPart, None]:
    """Pass ``parts`` on until their ``Finished``; ``deadline`` is in seconds from the first step.

    ``parts`` are closed whichever way this ends. Raises ``ProviderError``: late, cut off (no ``Finished``),
    empty (nothing but a ``Finished``), or what ``translate`` makes of an exception. The cause is left out of
    the chain on purpose, as it may hold the key in a header or an echo.
    """
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + deadline
    empty = True
    passed = 0
    try:
        while True:
            try:
                # around each step, not around all: a timer must not strike while the consumer works
                async with asyncio.timeout_at(ends_at):
                    part = await anext(parts)
            except StopAsyncIteration:
                raise faults.cut_stream() from None
            except TimeoutError:
                raise faults.late(deadline) from None
            except OrchestraError:
                raise
            except Exception as error:  # noqa: BLE001 - the boundary to the SDKs, logged in translate
                raise translate(error) from None
            if isinstance(part, Finished):
                if empty and not part.truncated:
                    raise faults.nothing(model)
                yield part
                return
            empty = empty and _says_nothing(part)
            yield part
            passed += 1
            if passed % _PARTS_A_TURN == 0:
                await asyncio.sleep(0)
    finally:
        await parts.aclose()


def _says_nothing(part: StreamPart) -> bool:
    return isinstance(part, Counted) or (isinstance(part, TextDelta) and not part.text.strip())

"""The one retry layer: how often, how long to wait between tries, and when to stop trying."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from codecompanion.contracts.errors import ProviderError

Sleep = Callable[[float], Awaitable[None]]
MonotonicClock = Callable[[], float]

_FIRST_WAIT = 0.5
_LONGEST_WAIT = 20.0


class RetryPolicy:
    """Retries what may succeed a little later, up to ``max_attempts`` tries.

    The waits double from half a second, each drawn between a half and the whole of its step so that agents
    that failed together do not come back together. A wait the provider asked for is kept at least. No wait
    begins that would outlast the call's deadline.
    """

    def __init__(
        self,
        *,
        max_attempts: int,
        clock: MonotonicClock,
        sleep: Sleep = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._max_attempts = max_attempts
        self._clock = clock
        self._sleep = sleep
        self._chance = chance

    def attempts(self, ends_at: float, hopeless: Callable[[], bool] = lambda: False) -> AsyncRetrying:
        """Return the tries as an asynchronous iterator of context managers; ``ends_at`` is a clock time.

        ``hopeless`` is asked after each fault whether someone else should rather be asked.
        """

        def enough(state: RetryCallState) -> bool:
            no_time_left = self._clock() + state.upcoming_sleep >= ends_at
            return no_time_left or state.attempt_number >= self._max_attempts or hopeless()

        return AsyncRetrying(
            retry=retry_if_exception(_worth_retrying),
            wait=self._wait,
            stop=enough,
            sleep=self._sleep,
            reraise=True,
        )

    def _wait(self, state: RetryCallState) -> float:
        step = min(_FIRST_WAIT * 2.0 ** (state.attempt_number - 1), _LONGEST_WAIT)
        backoff = step * (0.5 + self._chance() / 2)
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, ProviderError) else None
        return max(backoff, asked or 0.0)


def _worth_retrying(error: BaseException) -> bool:
    return isinstance(error, ProviderError) and error.retryable

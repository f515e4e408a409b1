"""Which models and providers are in trouble, and how long to leave them alone, for all calls of a process."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final, Literal

from codecompanion.contracts.errors import ProviderError, ProviderFault
from codecompanion.router.config import PROVIDERS, ModelRef

Sleep = Callable[[float], Awaitable[None]]
MonotonicClock = Callable[[], float]

RestKind = Literal["wait", "model", "provider"]
"""Why someone is left alone: the provider has asked for it, or a model's, or provider's, circuit is open."""
REST_KINDS: Final[Mapping[str, RestKind]] = MappingProxyType(
    {"wait": "wait", "model": "model", "provider": "provider"}
)

MODEL_FAULTS: Final = 5
"""Faults in a row after which a model is left alone."""
PROVIDER_FAULTS: Final = 10
"""The same for a provider, over all its models."""
_FIRST_REST, _LONGEST_REST = 15.0, 60.0
_LONGEST_WAIT: Final = 3600.0
"""Seconds that a provider's own wish to be left alone is heeded at most."""
_WAITED_FOR: Final = 10.0
"""Seconds of such a wish that are waited for, rather than asking someone else."""
_TROUBLE: Final = frozenset(
    {ProviderFault.UNAVAILABLE, ProviderFault.TIMEOUT, ProviderFault.CUT_STREAM, ProviderFault.NONSENSE}
)


class Circuit:
    """Opens after ``threshold`` faults in a row; after a rest one call, and only one, may try again.

    A failed trial doubles the rest, a good one closes the circuit; one that was cancelled, or told nothing,
    leaves the trial to the next. Answers to calls begun before the circuit last opened do not count.
    """

    def __init__(self, threshold: int, clock: MonotonicClock) -> None:
        self._threshold = threshold
        self._clock = clock
        self._faults = 0
        self._rest = _FIRST_REST
        self._opens_at: float | None = None
        self._trying = False
        self._era = 0

    @property
    def rest(self) -> float:
        """Seconds for which no call may be made; 0.0 when one may."""
        if self._opens_at is None:
            return 0.0
        left = self._opens_at - self._clock()
        # while another call tries, one look later is soon enough
        return max(left, 1.0 if self._trying else 0.0)

    def begin(self) -> int:
        """Let a call begin, and return what its end is told by."""
        self._trying = self._opens_at is not None
        return self._era

    def succeeded(self, era: int) -> None:
        """A call came to a good end."""
        if era == self._era:
            self._faults, self._rest, self._opens_at, self._trying = 0, _FIRST_REST, None, False

    def failed(self, era: int) -> None:
        """A call met a fault."""
        if era != self._era:
            return
        self._faults += 1
        if self._trying:
            self._rest = min(2 * self._rest, _LONGEST_REST)
        if self._trying or self._faults >= self._threshold:
            self._opens_at, self._trying = self._clock() + self._rest, False
            self._era += 1

    def open(self, seconds: float) -> None:
        """Let no call be made for some seconds, as others have found the trouble already."""
        if self.rest < seconds:
            self._opens_at, self._trying = self._clock() + seconds, False
            self._era += 1

    def told_nothing(self, era: int) -> None:
        """A call ended without telling whether all is well."""
        if era == self._era:
            self._trying = False


class ProviderHealth:
    """The circuits of all models and providers, and how long each provider wants to be left alone."""

    def __init__(self, clock: MonotonicClock, sleep: Sleep = asyncio.sleep) -> None:
        self._clock = clock
        self._sleep = sleep
        self._circuits: dict[str | ModelRef, Circuit] = {}
        self._alone_until: dict[str, float] = {}

    def rest(self, ref: ModelRef) -> float:
        """Return the seconds for which a model must not be asked because it, or its provider, is in trouble."""
        return max(circuit.rest for circuit in self._of(ref))

    def trouble(self, ref: ModelRef) -> str:
        """Return, in words that follow a model's name, why it is left alone; "" where it is not.

        A short wait that the provider has asked for is no reason to ask someone else.
        """
        if rest := self.rest(ref):
            return f"failed again and again and is left alone for {rest:.0f} s"
        wait = self._wait(ref.provider)
        return f"has had too many calls, and is to be left alone for {wait:.0f} s" if wait > _WAITED_FOR else ""

    def rests(self, ref: ModelRef) -> Iterator[tuple[RestKind, float]]:
        """Yield for how many seconds a model and its provider are left alone, by reason."""
        yield "wait", self._wait(ref.provider)
        yield "model", self._circuit(ref, MODEL_FAULTS).rest
        yield "provider", self._circuit(ref.provider, PROVIDER_FAULTS).rest

    def leave_alone(self, kind: RestKind, ref: ModelRef, seconds: float) -> None:
        """Heed what others were told, or have found out."""
        if kind == "wait":
            until = self._clock() + min(seconds, _LONGEST_WAIT)
            self._alone_until[ref.provider] = max(until, self._alone_until.get(ref.provider, 0.0))
        elif kind == "model":
            self._circuit(ref, MODEL_FAULTS).open(min(seconds, _LONGEST_REST))
        else:
            self._circuit(ref.provider, PROVIDER_FAULTS).open(min(seconds, _LONGEST_REST))

    async def turn(self, ref: ModelRef, ends_at: float) -> None:
        """Wait until a provider wants calls again; raises ``ProviderError`` where that is not in time.

        All who call the provider wait, whoever of them it told.
        """
        while (wait := self._wait(ref.provider)) > 0:
            if self._clock() + wait >= ends_at:
                raise ProviderError(
                    f"{_title(ref)} has asked to be left alone for {wait:.0f} s more: too many calls.",
                    provider=ref.provider,
                    fault=ProviderFault.RATE_LIMITED,
                    retry_after=wait,
                )
            await self._sleep(wait)

    @contextmanager
    def watching(self, ref: ModelRef) -> Iterator[None]:
        """Note how a call ends; raises ``ProviderError`` where none may be made yet."""
        if rest := self.rest(ref):
            raise ProviderError(
                f"{ref} {self.trouble(ref)}.",
                provider=ref.provider,
                fault=ProviderFault.UNAVAILABLE,
                retry_after=rest,
            )
        circuits = [(circuit, circuit.begin()) for circuit in self._of(ref)]
        end = Circuit.told_nothing
        try:
            yield
            end = Circuit.succeeded
        except ProviderError as error:
            if error.fault is ProviderFault.RATE_LIMITED and error.retry_after:
                self.leave_alone("wait", ref, error.retry_after)
            end = Circuit.failed if error.fault in _TROUBLE else Circuit.told_nothing
            raise
        finally:
            for circuit, era in circuits:
                end(circuit, era)

    def _wait(self, provider: str) -> float:
        return max(0.0, self._alone_until.get(provider, 0.0) - self._clock())

    def _of(self, ref: ModelRef) -> tuple[Circuit, Circuit]:
        return self._circuit(ref, MODEL_FAULTS), self._circuit(ref.provider, PROVIDER_FAULTS)

    def _circuit(self, name: str | ModelRef, threshold: int) -> Circuit:
        if name not in self._circuits:
            self._circuits[name] = Circuit(threshold, self._clock)
        return self._circuits[name]


def _title(ref: ModelRef) -> str:
    title = PROVIDERS[ref.provider].title if ref.provider in PROVIDERS else ref.provider
    return title[0].upper() + title[1:]

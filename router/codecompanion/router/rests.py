"""What all processes of a person know of who is to be left alone: providers' own wishes, and open circuits.

What one process is told goes by way of a board that all of them look at before a call. Times on it are of the
wall clock, which may jump: a rest from the future is void, and any other is taken in once, by this process's
own clock, for no longer than was asked for.
"""

import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.ports import Clock
from codecompanion.contracts.rests import Rest, RestBoard
from codecompanion.router.config import PROVIDERS, ModelRef, RouterConfig
from codecompanion.router.health import REST_KINDS, ProviderHealth, RestKind
from codecompanion.router.retries import MonotonicClock

log = logging.getLogger(__name__)

_LOOK_EVERY: Final = 0.25
"""Seconds for which what the board said last is good enough."""
_AHEAD: Final = 5.0
"""Seconds that a rest may begin in the future: clocks are set, and read one after the other."""
_WORTH_TELLING: Final = 1.0
"""Seconds; shorter rests are over before others hear of them."""


class SharedRests:
    """Brings what others have written down into a process's ``health``, and the reverse.

    Trouble with the board stops no call: then each process knows only what it was told itself.
    """

    def __init__(
        self,
        board: Callable[[], Awaitable[RestBoard]],
        health: ProviderHealth,
        now: Clock = time.time,
        clock: MonotonicClock = time.monotonic,
    ) -> None:
        self._board = board
        self._health = health
        self._now = now
        self._clock = clock
        self._look_at = clock()
        self._known: dict[str, float] = {}
        self._read: set[Rest] = set()

    async def bring_in(self, keys: Mapping[str, str]) -> None:
        """Take in what others were told; ``keys`` are the fingerprints of this machine's keys by provider."""
        if self._clock() < self._look_at:
            return
        self._look_at = self._clock() + _LOOK_EVERY
        try:
            found = set(await (await self._board()).rests())
        except OrchestraError as trouble:
            log.debug("what other processes know of providers cannot be read: %s", trouble)
            return
        for rest in found - self._read:
            self._take_in(rest, keys)
        self._read = found

    async def pass_on(self, ref: ModelRef, key: str) -> None:
        """Tell others what this process has learned of a model and its provider since the last time."""
        for kind, seconds in self._health.rests(ref):
            name, until = _name(kind, ref, key), self._clock() + seconds
            if seconds < _WORTH_TELLING or until <= self._known.get(name, 0.0) + _WORTH_TELLING:
                continue
            self._known[name] = until
            try:
                await (await self._board()).note_rest(Rest(name=name, since=self._now(), seconds=seconds))
            except OrchestraError as trouble:
                log.debug("other processes cannot be told of a provider's trouble: %s", trouble)

    def _take_in(self, rest: Rest, keys: Mapping[str, str]) -> None:
        kind, provider, key, model = (*rest.name.split(" ", 3), "", "", "")[:4]
        now = self._now()
        left = min(rest.seconds, rest.since + rest.seconds - now)
        if kind not in REST_KINDS or keys.get(provider) != key or left <= 0 or rest.since > now + _AHEAD:
            return
        self._health.leave_alone(REST_KINDS[kind], ModelRef(provider, model), left)
        self._known[rest.name] = self._clock() + left


class KeyRests:
    """``SharedRests`` for the keys of one gateway; a provider without a key here has nothing to share."""

    def __init__(self, shared: SharedRests, keys: Mapping[str, str]) -> None:
        self._shared = shared
        self._keys = keys

    async def bring_in(self) -> None:
        """As ``SharedRests.bring_in``."""
        if self._keys:
            await self._shared.bring_in(self._keys)

    async def pass_on(self, ref: ModelRef) -> None:
        """As ``SharedRests.pass_on``."""
        if (key := self._keys.get(ref.provider)) is not None:
            await self._shared.pass_on(ref, key)


def fingerprints(config: RouterConfig) -> dict[str, str]:
    """Return what tells each provider's key and address from others, without telling the key."""
    found = {}
    for provider in PROVIDERS:
        if provider != "offline" and config.configured(provider):
            settings = getattr(config, provider)
            key = settings.api_key.get_secret_value() if settings.api_key is not None else ""
            words = f"orchestra rests\n{provider}\n{settings.base_url or ''}\n{key}"
            found[provider] = hashlib.sha256(words.encode()).hexdigest()[:16]
    return found


def _name(kind: RestKind, ref: ModelRef, key: str) -> str:
    return f"{kind} {ref.provider} {key} {ref.model if kind == 'model' else ''}".rstrip()

"""The connection to a Redis: checked when it is opened, waited for when it goes away later."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from codecompanion.contracts.work import TransportAway
from codecompanion.orchestra.bus.redis_address import RedisAddress

if TYPE_CHECKING:
    from redis.commands.core import AsyncScript

_log = logging.getLogger(__name__)

PREFIX: Final = "{orchestra}:"
"""Before every key; the braces keep all keys in one slot of a cluster, as the scripts need it."""
OLDEST: Final = (7, 0)
_FIRST_WAIT: Final = 0.05
_LONGEST_WAIT: Final = 1.0


@dataclass(frozen=True, slots=True)
class LinkTerms:
    """Seconds. A blocking read lasts at most ``block``; a connection that is silent for ``silence`` is dead.

    ``silence`` must be longer than ``block``, or every quiet moment would look like a dead server.
    """

    block: float = 2.0
    silence: float = 5.0
    connect: float = 3.0

    def __post_init__(self) -> None:
        if self.silence <= self.block:
            raise ValueError(
                f"silence ({self.silence:g} s) must be longer than block ({self.block:g} s): "
                "a blocking read that finds nothing would be taken for a dead connection"
            )


class RedisLink:
    """Runs commands and scripts on one Redis; made by ``open``.

    Everything run through ``call`` and ``script`` must be harmless when it is run twice: while the server
    is away they are tried again until it is back, and an answer may be lost although the command was done.
    """

    def __init__(self, address: RedisAddress, terms: LinkTerms) -> None:
        from redis.asyncio import Redis  # noqa: PLC0415 - a third of a second, and only where a Redis is used
        from redis.asyncio.retry import Retry  # noqa: PLC0415
        from redis.backoff import NoBackoff  # noqa: PLC0415

        self.address = address
        self.terms = terms
        self.client = Redis(
            host=address.host,
            port=address.port,
            db=address.database,
            username=address.user,
            password=address.password,
            ssl=address.tls,
            protocol=2,
            decode_responses=True,
            # blobs need not be text
            encoding_errors="surrogateescape",
            socket_timeout=terms.silence,
            socket_connect_timeout=terms.connect,
            # the one retry is ours: it knows which commands may be repeated
            retry=Retry(NoBackoff(), 0),
            client_name="orchestra",
        )
        self._scripts: dict[str, AsyncScript] = {}
        self._away: str | None = None
        self._changed = asyncio.Event()

    @classmethod
    async def open(cls, address: RedisAddress, terms: LinkTerms | None = None) -> "RedisLink":
        """Connect and check the server; raises ``TransportAway`` with the mend."""
        link = cls(address, terms or LinkTerms())
        try:
            await link._check()
        except BaseException:
            await link.close()
            raise
        return link

    async def _check(self) -> None:
        from redis.exceptions import RedisError  # noqa: PLC0415

        try:
            facts: dict[str, Any] = {**await self.client.info("server"), **await self.client.info("memory")}
            role: dict[str, Any] = await self.client.info("replication")
        except (RedisError, OSError) as error:
            raise TransportAway(self._sentence(error)) from error
        version = str(facts.get("redis_version", "0"))
        if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
            raise TransportAway(f"the Redis at {self.address} is version {version}; 7.0 or later is needed")
        if (policy := facts.get("maxmemory_policy")) not in (None, "noeviction"):
            raise TransportAway(
                f"the Redis at {self.address} may throw away queued work (maxmemory-policy is {policy!r}); "
                "set it with: redis-cli config set maxmemory-policy noeviction"
            )
        if role.get("role") == "slave":
            raise TransportAway(f"the Redis at {self.address} is a replica; give the address of its master")

    @property
    def away(self) -> str | None:
        """Why the server cannot be used at the moment; None while it can."""
        return self._away

    async def away_changed(self) -> None:
        """Return when ``away`` has changed."""
        await self._changed.wait()

    async def script(self, name: str, keys: Sequence[str], arguments: Sequence[str | int]) -> Any:
        """Run the script of that name, again and again while the server is away."""
        if name not in self._scripts:
            self._scripts[name] = self.client.register_script(_source(name))
        script = self._scripts[name]
        return await self.call(lambda: script(keys=list(keys), args=list(arguments)))

    async def call(self, run: Callable[[], Awaitable[Any]]) -> Any:
        """Return what ``run`` brings, tried again while the server is away."""
        from redis import exceptions as fault  # noqa: PLC0415

        unusable = (
            fault.ConnectionError,
            fault.TimeoutError,
            fault.ReadOnlyError,
            fault.OutOfMemoryError,
            OSError,
        )
        wait = _FIRST_WAIT
        while True:
            try:
                answer = await run()
            except unusable as error:
                self._note_away(self._sentence(error))
            else:
                self._note_back()
                demand_not_cancelled()
                return answer
            demand_not_cancelled()
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    def _note_away(self, why: str) -> None:
        if self._away is None:
            _log.warning("%s", why)
            self._away = why
            self._notify()

    def _note_back(self) -> None:
        if self._away is not None:
            _log.warning("the Redis at %s is back", self.address)
            self._away = None
            self._notify()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _sentence(self, error: Exception) -> str:
        said = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
        if self.address.password:
            said = said.replace(self.address.password, "***")
        return (
            f"the Redis at {self.address} cannot be used: {said}. "
            "Start it, correct ORCHESTRA_REDIS_URL, or unset it to work without a fleet"
        )

    async def close(self) -> None:
        """Close all connections."""
        await self.client.aclose()


def demand_not_cancelled() -> None:
    """Raise ``CancelledError`` when the running task was cancelled: the client may have swallowed that.

    It does so when the cancellation meets the moment in which a connection is made.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _source(name: str) -> str:
    folder = files("codecompanion.orchestra.bus") / "lua"
    return "\n".join((folder / f"{part}.lua").read_text(encoding="utf-8") for part in ("prelude", name))

"""What the clients built on the official SDKs share.

An SDK is imported and its client made on first use, in a thread: importing one takes up to seconds, which
the event loop must not feel. The SDKs' own retries are off, as the gateway has the one retry layer.
"""

import asyncio
import importlib
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from pydantic import SecretStr

from codecompanion.contracts.errors import OrchestraError, ProviderError, ProviderFault
from codecompanion.contracts.model_calls import (
    Counted,
    Finished,
    ModelRequest,
    ProviderState,
    StreamPart,
    Usage,
)
from codecompanion.router.prices import FREE, PriceList
from codecompanion.router.providers.answering import answering
from codecompanion.router.providers.faults import Failure, Faults

if TYPE_CHECKING:
    from ssl import SSLContext

    from httpx2 import AsyncClient

logger = logging.getLogger(__name__)

Sdk = TypeVar("Sdk")

_CHECK_SECONDS = 15.0
_CONNECT_SECONDS = 10.0


@dataclass(frozen=True)
class Connection:
    """How a provider is reached; ``silence`` is how many seconds it may bring nothing."""

    api_key: SecretStr | None = None
    base_url: str | None = None
    silence: float = 120.0
    prices: PriceList = field(default_factory=PriceList)


@cache
def certificates() -> "SSLContext":
    """Return the certificates to trust: read once, they cost tens of milliseconds and some megabytes."""
    context: SSLContext = importlib.import_module("httpx2").create_ssl_context()
    return context


class SdkClient(ABC, Generic[Sdk]):
    """A ``ModelClient`` around one SDK's asynchronous client, which ``_build`` makes and ``_answer`` uses."""

    def __init__(self, connection: Connection, *, provider: str) -> None:
        self._provider = provider
        self._key = connection.api_key.get_secret_value() if connection.api_key else ""
        self._base_url = connection.base_url
        self._silence = connection.silence
        self._prices = connection.prices
        self._faults = Faults(provider, base_url=self._base_url, secret=self._key)
        self._sdk: Sdk | None = None
        self._http: AsyncClient | None = None
        self._opening = asyncio.Lock()

    @property
    def name(self) -> str:
        """The provider's name as settings know it."""
        return self._provider

    @property
    def native_tools(self) -> bool:
        """Whether tools go through the provider's own tool calling."""
        return True

    def stream(self, request: ModelRequest, model: str) -> AsyncGenerator[StreamPart, None]:
        """Stream the answer, ending with ``Finished``; raises ``ProviderError``."""
        return answering(
            self._answer(request, model),
            faults=self._faults,
            model=model,
            deadline=request.deadline,
            translate=lambda error: self._translate(error, model),
        )

    async def check(self) -> ProviderState:
        """Ask for the list of models, which costs nothing, to see whether the key is good."""
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                await self._list_models(await self.sdk())
        except TimeoutError:
            return self._state("unreachable", str(self._faults.late(_CHECK_SECONDS)))
        except ProviderError as error:
            return self._state_after(error)
        except Exception as error:  # noqa: BLE001 - the boundary to the SDKs, logged in _translate
            return self._state_after(self._translate(error, "models"))
        return self._state("accepted")

    async def close(self) -> None:
        """Close kept connections; the next call opens new ones."""
        self._sdk = None
        if self._http is not None:
            await self._http.aclose()

    async def sdk(self) -> Sdk:
        """Return the SDK's client, made on the first call; raises ``ProviderError`` when there is no key."""
        if not self._ready():
            raise self._faults.missing_key()
        async with self._opening:
            if self._sdk is None:
                self._sdk = await asyncio.to_thread(self._open)
        return self._sdk

    def _open(self) -> Sdk:
        if self._provider not in FREE:
            self._prices.load()
        return self._build()

    def _ready(self) -> bool:
        return bool(self._key)

    @abstractmethod
    def _build(self) -> Sdk:
        """Import the SDK and return its client; runs in a thread."""

    @abstractmethod
    def _answer(self, request: ModelRequest, model: str) -> AsyncGenerator[StreamPart, None]:
        """Stream the answer; may raise what the SDK raises."""

    @abstractmethod
    def _failure(self, error: Exception) -> Failure | None:
        """Return what an SDK error for an HTTP error answer says, None for any other exception."""

    @abstractmethod
    async def _list_models(self, sdk: Sdk) -> None:
        """Ask for the models the key may use."""

    def _http_client(self) -> "AsyncClient":
        httpx2 = importlib.import_module("httpx2")
        timeout = httpx2.Timeout(self._silence, connect=min(_CONNECT_SECONDS, self._silence))
        # redirections are not followed: they would take the key along to who knows where
        client: AsyncClient = httpx2.AsyncClient(timeout=timeout, follow_redirects=False, verify=certificates())
        self._http = client
        return client

    def _finished(
        self, model: str, *, given: int, made: int, cached: int = 0, written: int = 0, truncated: bool = False
    ) -> Finished:
        cost = self._prices.cost(
            self._provider, model, input_tokens=given, output_tokens=made, cached=cached, written=written
        )
        usage = Usage(input_tokens=given, output_tokens=made, cached_tokens=cached, cost=cost)
        return Finished(provider=self._provider, model=model, usage=usage, truncated=truncated)

    def _expect_events(self, headers: Mapping[str, str]) -> None:
        kind = headers.get("content-type", "text/event-stream").partition(";")[0].strip()
        if kind == "text/html":
            raise self._faults.nonsense("a web page instead of a model's answer")
        if kind != "text/event-stream":
            raise self._faults.nonsense(f"{kind} instead of a stream of events")

    def _translate(self, error: Exception, model: str) -> OrchestraError:
        failure = self._failure(error)
        if failure is not None:
            return self._faults.of(failure, model)
        cause = error.__cause__
        for candidate in (error, cause):
            if isinstance(candidate, Exception) and (found := self._transport_fault(candidate)):
                return found
        kind = type(error).__name__
        logger.warning("unexpected %s from %s: %s", kind, self._provider, self._faults.scrub(str(error)))
        return self._faults.nonsense(f"an answer this program cannot read ({kind})")

    def _transport_fault(self, error: Exception) -> ProviderError | None:
        httpx2 = importlib.import_module("httpx2")
        if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError):
            return self._faults.unreachable()
        if isinstance(error, httpx2.TimeoutException):
            return self._faults.silent(self._silence)
        if isinstance(error, httpx2.TransportError):
            return self._faults.cut_stream()
        if isinstance(error, ValueError | httpx2.DecodingError):
            return self._faults.nonsense("an answer that is not the JSON it should be")
        return None

    def _state_after(self, error: OrchestraError) -> ProviderState:
        fault = error.fault if isinstance(error, ProviderError) else None
        if fault is ProviderFault.MISSING_KEY:
            return ProviderState(provider=self._provider, configured=False, note=str(error))
        if fault is ProviderFault.REFUSED_KEY:
            return self._state("refused", str(error))
        if fault is ProviderFault.RATE_LIMITED:
            return self._state("accepted", str(error))
        if fault in (ProviderFault.BAD_REQUEST, ProviderFault.UNKNOWN_MODEL):
            return self._state("not checked", "it answers, but has no list of models to check the key with")
        return self._state("unreachable", str(error))

    def _state(
        self, checked: Literal["not checked", "accepted", "refused", "unreachable"], note: str = ""
    ) -> ProviderState:
        return ProviderState(provider=self._provider, configured=True, checked=checked, note=note)


def counted_of(usage: Mapping[str, int]) -> Counted | None:
    """Return what a provider has counted of the input so far; None where it has not."""
    if not usage["given"]:
        return None
    return Counted(
        input_tokens=usage["given"],
        cached_tokens=usage.get("cached", 0),
        written_tokens=usage.get("written", 0),
    )

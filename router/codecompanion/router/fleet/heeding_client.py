"""A worker's way to a provider: whoever wants to be left alone is not asked, whichever owner's call told it."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from codecompanion.contracts.errors import ProviderError
from codecompanion.contracts.model_calls import ModelRequest, ProviderState, StreamPart
from codecompanion.contracts.ports import ModelClient
from codecompanion.router.config import ModelRef
from codecompanion.router.health import ProviderHealth
from codecompanion.router.rests import KeyRests


class HeedingClient(ModelClient):
    """A ``ModelClient`` that says at once how long a provider, or a model, is left alone.

    The waiting is the owner's: a place at the worker is not held for it.
    """

    def __init__(self, client: ModelClient, health: ProviderHealth, rests: KeyRests | None = None) -> None:
        self._client = client
        self._health = health
        self._rests = rests

    @property
    def name(self) -> str:
        """The provider's name."""
        return self._client.name

    @property
    def native_tools(self) -> bool:
        """As the client's."""
        return self._client.native_tools

    async def stream(self, request: ModelRequest, model: str) -> AsyncGenerator[StreamPart, None]:
        """As ``ModelClient.stream``."""
        ref = ModelRef(self.name, model)
        if self._rests is not None:
            await self._rests.bring_in()
        await self._health.turn(ref, ends_at=0.0)
        try:
            with self._health.watching(ref):
                async with aclosing(self._client.stream(request, model)) as parts:
                    async for part in parts:
                        yield part
        except ProviderError:
            if self._rests is not None:
                await self._rests.pass_on(ref)
            raise

    async def check(self) -> ProviderState:
        """As ``ModelClient.check``."""
        return await self._client.check()

    async def close(self) -> None:
        """Close the client's connections."""
        await self._client.close()

"""The models as the settings in force have them: calls begun before a change finish with the old ones."""

from collections.abc import AsyncGenerator, Callable

from codecompanion.contracts.ids import RunId
from codecompanion.contracts.model_calls import ModelRequest, ProviderState, StreamPart
from codecompanion.contracts.orders import RunOrder
from codecompanion.contracts.ports import ModelGateway
from codecompanion.router.choice import Eligible
from codecompanion.router.config import RouterConfig
from codecompanion.router.gateway import Gateway


class CurrentGateway(ModelGateway):
    """A ``ModelGateway`` that passes every call on to a gateway made for the newest configuration."""

    def __init__(self, make: Callable[[RouterConfig], Gateway], config: RouterConfig) -> None:
        self._make = make
        self._config = config
        self._now = make(config)
        self._former: list[Gateway] = []

    def adopt(self, config: RouterConfig) -> None:
        """Let all further calls go by this configuration; the same one again changes nothing."""
        if config != self._config:
            self._former.append(self._now)
            self._config, self._now = config, self._make(config)

    def stream(self, request: ModelRequest) -> AsyncGenerator[StreamPart, None]:
        """As ``ModelGateway.stream``."""
        return self._now.stream(request)

    def native_tools(self, request: ModelRequest) -> bool:
        """As ``ModelGateway.native_tools``."""
        return self._now.native_tools(request)

    def eligible(self, request: ModelRequest) -> Eligible:
        """Return the models that may take ``request`` now, and why the others may not."""
        return self._now.eligible(request)

    async def prepare(self) -> None:
        """Learn what the next choice goes by."""
        await self._now.prepare()

    async def bound_of_run(self, order: RunOrder) -> str:
        """Return, in a sentence, what a run can cost at most; "" where nobody need be asked about it."""
        return await self._now.bound_of_run(order)

    def keep_quiet(self, run_id: RunId) -> None:
        """Tell nothing of what a run may cost: the person was asked."""
        self._now.keep_quiet(run_id)

    def states(self) -> list[ProviderState]:
        """Return what is known of each provider without asking anyone."""
        return self._now.states()

    async def check(self) -> list[ProviderState]:
        """Ask every configured provider whether its key is good."""
        return await self._now.check()

    async def close(self) -> None:
        """Close all connections, those of former settings too."""
        for gateway in (*self._former, self._now):
            await gateway.close()

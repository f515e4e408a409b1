"""A gateway that asks a folder's learner which model takes each call, before the gateway proper makes it."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Protocol

from codecompanion.contracts.model_calls import ModelRequest, StreamPart
from codecompanion.contracts.ports import ModelGateway
from codecompanion.router.choice import Eligible
from codecompanion.router.learning.learner import Learner


class ChoosingGateway(ModelGateway, Protocol):
    """A gateway that tells which models may take a request, and heeds its preference."""

    def eligible(self, request: ModelRequest) -> Eligible:
        """Return the models that may take ``request`` now, and why the others may not."""
        ...

    async def prepare(self) -> None:
        """Learn what a choice goes by."""
        ...


class LearningGateway(ModelGateway):
    """A ``ModelGateway`` whose choice is a learner's; everything else is the other gateway's."""

    def __init__(self, gateway: ChoosingGateway, learner: Learner) -> None:
        self._gateway = gateway
        self._learner = learner

    async def stream(self, request: ModelRequest) -> AsyncGenerator[StreamPart, None]:
        """As ``ModelGateway.stream``; the decision is kept before the call is made."""
        routed = self._routed(request)
        # before the decision is kept: a change of settings meanwhile is for the next call
        asked = self._gateway.stream(routed)
        await self._learner.journal()
        # for the next decision: this one was made with what was known at the call before
        await self._gateway.prepare()
        async with aclosing(asked) as parts:
            async for part in parts:
                yield part

    def native_tools(self, request: ModelRequest) -> bool:
        """As ``ModelGateway.native_tools``."""
        return self._gateway.native_tools(self._routed(request))

    def _routed(self, request: ModelRequest) -> ModelRequest:
        chosen = self._learner.decide(request, self._gateway.eligible(request))
        return request.model_copy(update={"prefer": str(chosen)})

"""Which models may take a call, best first: the one place where that is decided."""

from collections.abc import Callable, Sequence
from typing import Protocol

from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import ModelRequest
from codecompanion.router.config import CLASS_OF, MODELS_OF_CLASS, OFFLINE, ModelRef, RouterConfig


class Choice(Protocol):
    """Orders the models that may take a request; the gateway tries them one after the other."""

    def candidates(self, request: ModelRequest) -> Sequence[ModelRef]:
        """Return at least one model, the preferred one first."""
        ...

    def for_role(self, role: Role) -> Sequence[ModelRef]:
        """Return the same for an ordinary request of ``role``."""
        ...


class RoleChoice:
    """The role's own model, then models of the same class at the other configured providers.

    The order is that of ``MODELS_OF_CLASS``, then the local server. The offline provider stands in only when
    nothing at all is configured, or when it was asked for: templates never pass for a model's answer.
    ``usable`` tells which providers can be asked, where that is not this machine's own configuration: then a
    role keeps its own model even while nobody can ask it.
    """

    def __init__(self, config: RouterConfig, usable: Callable[[str], bool] | None = None) -> None:
        self._config = config
        self._can_ask = usable or config.configured
        self._own_at_least = usable is not None

    def candidates(self, request: ModelRequest) -> Sequence[ModelRef]:
        """Return the models for ``request``; an order marked offline gets the offline provider only."""
        if request.brief is not None and request.brief.order.offline:
            return [OFFLINE]
        return self.for_role(request.role)

    def for_role(self, role: Role) -> Sequence[ModelRef]:
        """Return the models for an ordinary request of ``role``."""
        own = self._config.model_for(role)
        if self._config.only_offline or own == OFFLINE:
            return [OFFLINE]
        stand_ins = [ref for ref in self._of_class(role) if ref.provider != own.provider]
        usable = [ref for ref in (own, *stand_ins) if ref.model and self._can_ask(ref.provider)]
        return usable or [own if self._own_at_least and own.model else OFFLINE]

    def _of_class(self, role: Role) -> list[ModelRef]:
        hosted = MODELS_OF_CLASS[CLASS_OF[role]]
        return [ModelRef(*item) for item in hosted.items()] + [ModelRef("local", self._config.local.model)]

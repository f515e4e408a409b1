"""Which models may take a call, best first: the one place where that is decided."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePath
from typing import NamedTuple, Protocol

from codecompanion.contracts.messages import Role
from codecompanion.contracts.model_calls import ModelRequest
from codecompanion.router.catalogue.catalogue import Catalogue
from codecompanion.router.catalogue.task_types import request_length
from codecompanion.router.config import (
    CLASS_OF,
    MODELS_OF_CLASS,
    OFFLINE,
    PROVIDERS,
    ModelRef,
    RouterConfig,
    parse_model,
)
from codecompanion.router.learning.live_pacing import Pace

CHARACTERS_A_TOKEN = 3.0
"""Fewer than most texts have, so that what is said to fit does fit."""

Constraint = Callable[[ModelRequest, ModelRef], str]
"""Says why a model may not take a request, in words that follow its name; "" where it may."""


class Eligible(NamedTuple):
    """The models that may take a call, in the order they are tried in, and why the others may not.

    ``pinned`` says that a person, or a lack of choice, has decided that the first of them takes it; ``pace`` is
    that of a budget which is spent too fast.
    """

    models: tuple[ModelRef, ...]
    excluded: tuple[tuple[ModelRef, str], ...] = ()
    pinned: bool = False
    pace: Pace | None = None


class Choice(Protocol):
    """Orders the models that may take a request; the gateway tries them one after the other."""

    def candidates(self, request: ModelRequest) -> Sequence[ModelRef]:
        """Return at least one model, the preferred one first."""
        ...

    def for_role(self, role: Role) -> Sequence[ModelRef]:
        """Return the same for an ordinary request of ``role``."""
        ...

    def eligible(self, request: ModelRequest) -> Eligible:
        """Return the same with what was left out, before any preference of the request."""
        ...


class RoleChoice:
    """The role's own model, then models of the same class at the other configured providers.

    The order is that of ``MODELS_OF_CLASS``, then the local server, then what the person allows beside them.
    The offline provider stands in only when nothing at all may be asked, or when it was asked for: templates
    never pass for a model's answer. ``usable`` tells which providers can be asked, where that is not this
    machine's own configuration: then a role keeps its own model even while nobody can ask it. All
    ``constraints`` are asked of every model before any preference counts. A request that prefers one of the
    models gets that one first.
    """

    def __init__(
        self,
        config: RouterConfig,
        usable: Callable[[str], bool] | None = None,
        constraints: Iterable[Constraint] = (),
    ) -> None:
        self._config = config
        self._can_ask = usable or config.configured
        self._own_at_least = usable is not None
        self._catalogue = Catalogue(config.catalogue)
        self._constraints = tuple(constraints)
        self._of_role = {role: self._considered(role, config.model_for(role)) for role in Role}

    def candidates(self, request: ModelRequest) -> Sequence[ModelRef]:
        """Return the models for ``request``; an order marked offline gets the offline provider only."""
        models = self.eligible(request).models
        preferred = [ref for ref in models if str(ref) == request.prefer]
        return [*preferred, *(ref for ref in models if ref not in preferred)]

    def for_role(self, role: Role) -> Sequence[ModelRef]:
        """Return the models for an ordinary request of ``role``."""
        return self.eligible(ModelRequest(role=role, system="", messages=())).models

    def eligible(self, request: ModelRequest) -> Eligible:
        """Return the models that may take ``request``, and why the others may not."""
        own = self._config.model_for(request.role)
        asked_offline = request.brief is not None and request.brief.order.offline
        if asked_offline or self._config.only_offline or own == OFFLINE:
            return Eligible((OFFLINE,), pinned=True)
        models, excluded = [], []
        needed = int(request_length(request) / CHARACTERS_A_TOKEN)
        private = is_private(self._config, request)
        for ref, room in self._of_role[request.role]:
            if why := self._why_not(request, ref, room=room, needed=needed, private=private):
                excluded.append((ref, why))
            else:
                models.append(ref)
        keeps_own = self._own_at_least and own.model and not private
        fallback = own if keeps_own else OFFLINE
        pinned = request.role in self._config.models or not models
        return Eligible(tuple(models) or (fallback,), tuple(excluded), pinned)

    def _considered(self, role: Role, own: ModelRef) -> tuple[tuple[ModelRef, int | None], ...]:
        """Return the models thought of for a role, each with the tokens it takes in where that is known."""
        hosted = [ModelRef(*item) for item in MODELS_OF_CLASS[CLASS_OF[role]].items()]
        stand_ins = [*hosted, ModelRef("local", self._config.local.model)]
        others = [ref for ref in stand_ins if ref.provider != own.provider]
        allowed = [parse_model(name) for name in self._config.also]
        models = dict.fromkeys(ref for ref in (own, *others, *allowed) if ref.model)
        return tuple((ref, self._catalogue.context(str(ref))) for ref in models)

    def _why_not(
        self, request: ModelRequest, ref: ModelRef, *, room: int | None, needed: int, private: bool
    ) -> str:
        """Return why a model may not take a request, "" where it may; the cheapest questions come first."""
        if private and ref.provider != "local":
            return "would send the code away, and this folder is set to local only"
        if not self._can_ask(ref.provider):
            title = PROVIDERS[ref.provider].title
            lacking = f"no worker of the fleet asks {title}" if self._own_at_least else f"{title} is not set up"
            return f"cannot be asked: {lacking}"
        if room is not None and needed > room:
            return f"takes {room:,} tokens, and the request has about {needed:,}"
        for constraint in self._constraints:
            if why := constraint(request, ref):
                return why
        return ""


def is_private(config: RouterConfig, request: ModelRequest) -> bool:
    """Whether a request is about a folder whose code only the person's own server may see."""
    if not config.local_only or request.brief is None:
        return False
    workspace = PurePath(request.brief.order.workspace)
    return any(workspace.is_relative_to(folder) for folder in config.local_only)

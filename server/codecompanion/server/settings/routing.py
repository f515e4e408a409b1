"""From our settings to what the model layer takes."""

import logging
from pathlib import Path

from pydantic import SecretStr

from codecompanion.contracts.errors import BadRequest
from codecompanion.contracts.messages import Role
from codecompanion.router.budget.limits import Budgets
from codecompanion.router.budget.money import nearest_micros
from codecompanion.router.catalogue.catalogue import Model, own_models
from codecompanion.router.config import (
    LocalConfig,
    ModelRef,
    OpenAIConfig,
    ProviderConfig,
    RouterConfig,
    parse_model,
)
from codecompanion.router.learning.learner import LearningTerms
from codecompanion.server.settings.model import Settings
from codecompanion.server.settings.names import KEY_VARIABLES

log = logging.getLogger(__name__)


def router_config(settings: Settings) -> RouterConfig:
    """Return the model layer's configuration, keys included."""
    return RouterConfig(
        anthropic=ProviderConfig(api_key=_key(settings, "anthropic"), base_url=settings.anthropic_base_url),
        openai=OpenAIConfig(
            api_key=_key(settings, "openai"), base_url=settings.openai_base_url, wire=settings.openai_wire
        ),
        gemini=ProviderConfig(api_key=_key(settings, "gemini"), base_url=settings.gemini_base_url),
        local=LocalConfig(
            api_key=_key(settings, "local"),
            base_url=settings.local_base_url,
            model=settings.local_model or "",
            native_tools=settings.local_native_tools,
        ),
        models=_models(settings),
        also=settings.routing.also or (),
        catalogue=_own_models(settings.routing.catalogue),
        local_only=settings.routing.local_only or (),
        only_offline=settings.offline,
        deadline=settings.deadline,
        max_parallel=_max_parallel(settings),
        budgets=budgets(settings),
    )


def _own_models(file: str | None) -> tuple[Model, ...]:
    """Return the person's own catalogue; one that cannot be used is told, and work goes on without it."""
    try:
        return own_models(Path(file)) if file else ()
    except BadRequest as fault:
        log.warning("%s", fault)
        return ()


def learning_terms(settings: Settings) -> LearningTerms:
    """Return how the router learns."""
    routing = settings.routing
    return LearningTerms(
        enabled=routing.learn, weights=routing.weights, explore=routing.explore, cascade=routing.cascade
    )


def budgets(settings: Settings) -> Budgets:
    """Return what may be spent, in micro-dollars."""
    bounds = settings.budget.model_dump(exclude={"soft"})
    of_providers = settings.provider_budgets.model_dump()
    return Budgets(**_in_micros(bounds), providers=_in_micros(of_providers), soft=settings.budget.soft)


def _in_micros(dollars: dict[str, float | None]) -> dict[str, int]:
    return {name: nearest_micros(amount) for name, amount in dollars.items() if amount is not None}


def _max_parallel(settings: Settings) -> dict[str, int]:
    """Return how many calls each provider gets at the same time: its own number, else the one for all."""
    general = settings.max_parallel_per_provider
    named = {provider: getattr(settings.max_parallel_of, provider) for provider in KEY_VARIABLES}
    return {provider: most for provider, own in named.items() if (most := own or general) is not None}


def _key(settings: Settings, provider: str) -> SecretStr | None:
    secret = settings.key(provider)
    return SecretStr(secret.reveal()) if secret is not None else None


def _models(settings: Settings) -> dict[Role, ModelRef]:
    chosen = {
        Role.PROJECT_MANAGER: settings.models.project_manager,
        Role.CODE_GENERATOR: settings.models.code_generator,
        Role.UI_DESIGNER: settings.models.ui_designer,
        Role.TEST_WRITER: settings.models.test_writer,
        Role.DEBUGGER: settings.models.debugger,
    }
    return {role: parse_model(name) for role, name in chosen.items() if name is not None}

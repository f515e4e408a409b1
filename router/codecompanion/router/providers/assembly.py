"""All clients, made from the settings."""

from codecompanion.contracts.model_calls import ProviderState
from codecompanion.contracts.ports import ModelClient, TemplateLibrary
from codecompanion.router.catalogue.catalogue import Catalogue
from codecompanion.router.config import PROVIDERS, OpenAIConfig, RouterConfig
from codecompanion.router.prices import PriceList
from codecompanion.router.providers.anthropic_client import AnthropicClient
from codecompanion.router.providers.faults import Faults
from codecompanion.router.providers.gemini_client import GeminiClient
from codecompanion.router.providers.offline import OFFLINE_STATE, OfflineClient
from codecompanion.router.providers.openai_client import OpenAIClient
from codecompanion.router.providers.openai_responses import OpenAIResponsesClient
from codecompanion.router.providers.openai_sdk import OpenAISdkClient
from codecompanion.router.providers.sdk import Connection


def make_clients(config: RouterConfig, templates: TemplateLibrary) -> dict[str, ModelClient]:
    """Return a client for every provider, configured or not; no SDK is imported before its first call."""
    prices = PriceList(Catalogue(config.catalogue))

    def connection(provider: str) -> Connection:
        settings = getattr(config, provider)
        return Connection(settings.api_key, settings.base_url, config.silence, prices)

    return {
        "anthropic": AnthropicClient(connection("anthropic")),
        "openai": _openai(config.openai, connection("openai")),
        "gemini": GeminiClient(connection("gemini")),
        "local": OpenAIClient(connection("local"), provider="local", native_tools=config.local.native_tools),
        "offline": OfflineClient(templates),
    }


def states_before_any_call(config: RouterConfig) -> list[ProviderState]:
    """Return what the settings alone say of every provider."""
    return [_state(config, provider) for provider in PROVIDERS]


def _openai(settings: OpenAIConfig, connection: Connection) -> OpenAISdkClient:
    wire = settings.wire or ("chat" if settings.base_url else "responses")
    return OpenAIResponsesClient(connection) if wire == "responses" else OpenAIClient(connection)


def _state(config: RouterConfig, provider: str) -> ProviderState:
    if provider == OFFLINE_STATE.provider:
        return OFFLINE_STATE
    if not config.configured(provider):
        note = str(Faults(provider).missing_key())
        return ProviderState(provider=provider, configured=False, note=note)
    return ProviderState(
        provider=provider, configured=True, note=_local_note(config) if provider == "local" else ""
    )


def _local_note(config: RouterConfig) -> str:
    if config.local.model:
        return ""
    return "no model is set (ORCHESTRA_LOCAL_MODEL), so only roles set to local/<model> use it"

"""Every setting there is, with its type, range and default."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self

from pydantic import Field, PrivateAttr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from codecompanion.contracts.orders import RunMode
from codecompanion.server.settings.budget_group import Budget, ProviderBudgets
from codecompanion.server.settings.given import Flag, Folders, Given, Group
from codecompanion.server.settings.names import KEY_VARIABLES, PROVIDERS, URL_VARIABLES
from codecompanion.server.settings.routing_group import Routing
from codecompanion.server.settings.secret import Secret
from codecompanion.server.settings.values import (
    BaseUrl,
    Command,
    Folder,
    LandingName,
    LogLevel,
    ModelName,
    RedisUrl,
    Sandbox,
    Seconds,
    Wire,
)

_MODEL = Given(f"provider/model such as 'local/qwen2.5-coder:7b'; providers: {', '.join(PROVIDERS)}")


def _key(provider: str) -> Given:
    return Given("a key without spaces or line breaks", KEY_VARIABLES[provider], machine=True)


def _url(provider: str) -> Given:
    expects = "a bare address such as 'http://127.0.0.1:11434/v1' (no user name, no '?')"
    return Given(expects, URL_VARIABLES[provider], machine=True)


class RoleModels(Group):
    """The model of each agent; None leaves the choice to the router."""

    project_manager: Annotated[ModelName | None, _MODEL, Field(description="The model that plans.")] = None
    code_generator: Annotated[ModelName | None, _MODEL, Field(description="The model that writes code.")] = None
    ui_designer: Annotated[ModelName | None, _MODEL, Field(description="The model that designs pages.")] = None
    test_writer: Annotated[ModelName | None, _MODEL, Field(description="The model that writes tests.")] = None
    debugger: Annotated[
        ModelName | None, _MODEL, Field(description="The model that mends what the tests find.")
    ] = None


_CALLS = Given("a whole number from 1 to 64")
_Calls = Annotated[int, Field(ge=1, le=64)]


class ProviderCalls(Group):
    """How many calls each provider gets at the same time; None leaves it to the number for all."""

    anthropic: Annotated[_Calls | None, _CALLS, Field(description="Most calls to Anthropic at once.")] = None
    openai: Annotated[_Calls | None, _CALLS, Field(description="Most calls to OpenAI at once.")] = None
    gemini: Annotated[_Calls | None, _CALLS, Field(description="Most calls to Gemini at once.")] = None
    local: Annotated[_Calls | None, _CALLS, Field(description="Most calls to your own server at once.")] = None


class Settings(BaseSettings):
    """All settings, checked and frozen; made by `load_settings`, or without arguments for the defaults.

    Neither this process's environment nor any file is read here: values come from the caller's sources only.
    """

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    models: RoleModels = RoleModels()
    routing: Routing = Routing()
    budget: Budget = Budget()
    provider_budgets: ProviderBudgets = ProviderBudgets()
    offline: Annotated[Flag, Field(description="Use no model, only the built-in templates.")] = False
    max_parallel: Annotated[
        int,
        Field(ge=1, le=64, description="How many tasks may run at the same time."),
        Given("a whole number from 1 to 64"),
    ] = 12
    max_parallel_per_provider: Annotated[
        _Calls | None,
        Field(description="How many calls each provider may get at the same time; more wait, by priority."),
        _CALLS,
    ] = None
    max_parallel_of: ProviderCalls = ProviderCalls()
    max_calls: Annotated[
        int,
        Field(ge=1, le=100_000, description="How many model calls one run may make before it is ended."),
        Given("a whole number from 1 to 100000"),
    ] = 400
    max_tokens_per_run: Annotated[
        int,
        Field(ge=1000, le=1_000_000_000, description="How many tokens, in and out, one run may use."),
        Given("a whole number from 1000 to 1000000000"),
    ] = 5_000_000
    max_minutes: Annotated[
        float,
        Field(
            gt=0,
            le=10_080,
            allow_inf_nan=False,
            description="Minutes one run may be at work; waiting for you does not count.",
        ),
        Given("minutes, more than 0 and up to 10080"),
    ] = 120.0
    max_repeats: Annotated[
        int,
        Field(ge=2, le=1000, description="How often the same answer or look may come before a run is ended."),
        Given("a whole number from 2 to 1000"),
    ] = 12
    max_repairs: Annotated[
        int,
        Field(ge=0, le=20, description="How many rounds the Debugger gets before a run ends red."),
        Given("a whole number from 0 to 20"),
    ] = 3
    deadline: Annotated[Seconds, Field(description="Seconds one model call may take, retries included.")] = (
        300.0
    )
    test_command: Annotated[
        Command | None,
        Field(description="The command that runs the project's tests, where the built-in choice is wrong."),
        Given("a command such as 'python -m pytest -q', or a list of its words"),
    ] = None
    test_timeout: Annotated[Seconds, Field(description="Seconds one test run may take.")] = 300.0
    test_megabytes: Annotated[
        int | None,
        Field(
            ge=100,
            le=10_000_000,
            description="Megabytes of memory all processes of one test run may use together; by itself three "
            "quarters of the machine's, at most 16384.",
        ),
        Given("a whole number from 100 to 10000000", machine=True),
    ] = None
    log_level: Annotated[
        LogLevel,
        Field(description="How much the log on stderr says."),
        Given("debug, info, warning or error"),
    ] = "info"
    data_folder: Annotated[
        Folder,
        Field(description="Where runs are recorded: a folder in the workspace, or an absolute path."),
        Given("a folder such as '.orchestra', without '..'", machine=True),
    ] = ".orchestra"
    record_typing: Annotated[
        Flag,
        Field(description="Record what is typed, so that any moment can be looked at again."),
    ] = True
    keep_days: Annotated[
        int,
        Field(ge=1, le=3650, description="Days for which ended runs are kept; older ones are removed."),
        Given("a whole number from 1 to 3650", machine=True),
    ] = 90
    keep_megabytes: Annotated[
        int,
        Field(ge=1, le=100_000, description="Megabytes ended runs may take; beyond, the oldest are removed."),
        Given("a whole number from 1 to 100000", machine=True),
    ] = 500
    stepwise: Annotated[Flag, Field(description="Wait for `next` before each agent.")] = False
    approve: Annotated[Flag, Field(description="Wait for your approval once the plan is made.")] = False
    landing: Annotated[
        LandingName,
        Field(
            description="When agents' edits come into your files: live (at once), verified (once the tests are "
            "green on them), review (once you let them in)."
        ),
        Given("live, verified or review"),
    ] = "live"
    sandbox: Annotated[
        Sandbox,
        Field(description="Guard the commands agents run as well as the machine can, or not at all."),
        Given("auto or off", machine=True),
    ] = "auto"
    trusted_folders: Annotated[
        Folders | None,
        Field(description="Folders that are trusted unasked, with all that lies in them."),
        Given("a list of absolute paths", machine=True),
    ] = None

    redis_url: Annotated[
        RedisUrl | None,
        Field(description="The Redis of a fleet of workers that make the model calls; see docs/fleet.md."),
        Given("an address such as 'redis://127.0.0.1:6379/0', without '?'", machine=True),
    ] = None

    anthropic_base_url: Annotated[
        BaseUrl | None, _url("anthropic"), Field(description="Where Anthropic is reached.")
    ] = None
    openai_base_url: Annotated[
        BaseUrl | None, _url("openai"), Field(description="Where OpenAI is reached.")
    ] = None
    gemini_base_url: Annotated[
        BaseUrl | None, _url("gemini"), Field(description="Where Gemini is reached.")
    ] = None
    local_base_url: Annotated[
        BaseUrl | None,
        _url("local"),
        Field(
            description="A server of yours that speaks OpenAI's protocol: Ollama, llama.cpp, vLLM, LM Studio."
        ),
    ] = None
    local_model: Annotated[
        str | None,
        Field(min_length=1, max_length=200, description="The model to ask that server for."),
        Given("the model's name as the server knows it"),
    ] = None

    local_native_tools: Annotated[
        Flag, Field(description="Whether that server takes tool calls the native way; many refuse them.")
    ] = False
    openai_wire: Annotated[
        Wire | None,
        Field(description="Which of OpenAI's interfaces to speak; by itself chosen by the address."),
        Given("responses or chat"),
    ] = None

    anthropic_api_key: Annotated[Secret | None, _key("anthropic"), Field(description="Anthropic's key.")] = None
    openai_api_key: Annotated[Secret | None, _key("openai"), Field(description="OpenAI's key.")] = None
    gemini_api_key: Annotated[Secret | None, _key("gemini"), Field(description="Gemini's key.")] = None
    local_api_key: Annotated[
        Secret | None, _key("local"), Field(description="The key of your own server, if it wants one.")
    ] = None

    _origins: dict[str, str] = PrivateAttr(default_factory=dict)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Leave out the sources that would look at this process by themselves."""
        return (init_settings,)

    @classmethod
    def from_sources(cls, sources: Sequence[PydanticBaseSettingsSource], origins: Mapping[str, str]) -> Self:
        """Return what the sources give together, strongest first; ``origins`` says where each setting stood."""
        given: dict[str, Any] = {"_build_sources": (tuple(sources), {})}
        settings = cls(**given)
        settings._origins = dict(origins)
        return settings

    @property
    def mode(self) -> RunMode:
        """How runs go on that do not say it themselves; step by step outweighs approval of the plan only."""
        if self.stepwise:
            return "stepwise"
        return "approve" if self.approve else "automatic"

    def origin(self, name: str) -> str | None:
        """Return where the setting of that dotted name was given, in words; None for a default."""
        return self._origins.get(name)

    def key(self, provider: str) -> Secret | None:
        """Return a provider's key, None where there is none or the provider needs none."""
        secret: Secret | None = getattr(self, f"{provider}_api_key", None)
        return secret

    def secrets(self) -> tuple[Secret, ...]:
        """Return every key there is, for the redactor."""
        found = (self.key(provider) for provider in KEY_VARIABLES)
        return tuple(secret for secret in found if secret is not None)

"""Which providers there are, which are set up, and which model each role uses.

Everything a person can set arrives here as one frozen ``RouterConfig``; nothing in this layer reads the
environment. A model is written ``provider/model``, for example ``anthropic/claude-sonnet-5-5`` or
``local/qwen2.5-coder:7b``; ``offline`` alone is the template provider.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final, Literal, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from codecompanion.contracts.messages import Role
from codecompanion.router.budget.limits import Budgets
from codecompanion.router.catalogue.catalogue import Model


class ProviderInfo(NamedTuple):
    """How a provider is named to a person, and where its key and address are set."""

    title: str
    key_name: str
    url_name: str


PROVIDERS: Final[Mapping[str, ProviderInfo]] = MappingProxyType(
    {
        "anthropic": ProviderInfo("Anthropic", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"),
        "openai": ProviderInfo("OpenAI", "OPENAI_API_KEY", "OPENAI_BASE_URL"),
        "gemini": ProviderInfo("Gemini", "GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL"),
        "local": ProviderInfo("the local server", "ORCHESTRA_LOCAL_API_KEY", "ORCHESTRA_LOCAL_BASE_URL"),
        "offline": ProviderInfo("the offline provider", "", ""),
    }
)


class ModelRef(NamedTuple):
    """One model of one provider."""

    provider: str
    model: str

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"


OFFLINE: Final = ModelRef("offline", "templates")

ModelClass = Literal["strong", "fast"]

CLASS_OF: Final[Mapping[Role, ModelClass]] = MappingProxyType(
    {
        Role.PROJECT_MANAGER: "strong",
        Role.CODE_GENERATOR: "strong",
        Role.UI_DESIGNER: "fast",
        Role.TEST_WRITER: "strong",
        Role.DEBUGGER: "strong",
    }
)

MODELS_OF_CLASS: Final[Mapping[ModelClass, Mapping[str, str]]] = MappingProxyType(
    {
        "strong": MappingProxyType(
            {"anthropic": "claude-sonnet-5-5", "openai": "gpt-6.1-sol", "gemini": "gemini-4-argon"}
        ),
        "fast": MappingProxyType(
            {"anthropic": "claude-haiku-5-5", "openai": "gpt-6.1-terra", "gemini": "gemini-3.8-flash"}
        ),
    }
)
"""What stands in for a role's own model when its provider cannot be used; the order is the order tried.

A configured local server comes after these, with its own model for every class.
"""

DEFAULT_MODELS: Final[Mapping[Role, ModelRef]] = MappingProxyType(
    {
        Role.PROJECT_MANAGER: ModelRef("anthropic", "claude-sonnet-5-5"),
        Role.CODE_GENERATOR: ModelRef("openai", "gpt-6.1-sol"),
        Role.UI_DESIGNER: ModelRef("gemini", "gemini-3.8-flash"),
        Role.TEST_WRITER: ModelRef("openai", "gpt-6.1-sol"),
        Role.DEBUGGER: ModelRef("anthropic", "claude-sonnet-5-5"),
    }
)


def parse_model(text: str) -> ModelRef:
    """Read ``provider/model``, ``local`` (the local server's own model) or ``offline``; raises ValueError."""
    provider, _, model = text.strip().partition("/")
    if provider not in PROVIDERS:
        raise ValueError(
            f"unknown provider {provider!r} in {text!r}; write provider/model, known: {', '.join(PROVIDERS)}"
        )
    if provider == "offline":
        return OFFLINE
    if not model and provider != "local":
        raise ValueError(f"{text!r} names no model; write for example {_example(provider)!r}")
    return ModelRef(provider, model)


def _example(provider: str) -> str:
    return f"{provider}/{MODELS_OF_CLASS['strong'][provider]}"


def _ref(value: object) -> object:
    return parse_model(value) if isinstance(value, str) else value


def _key(value: object) -> object:
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if not isinstance(value, str):
        return value
    key = value.strip()
    if any(not "!" <= letter <= "~" for letter in key):
        raise ValueError(
            "the key holds a character no key has (a space, a line break, a quote mark?); copy it anew"
        )
    return SecretStr(key) if key else None


def _address(value: str | None) -> str | None:
    if value is None or not value.strip():
        return None
    parts = urlsplit(value.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("not a web address; write for example http://127.0.0.1:11434/v1")
    if "@" in parts.netloc:
        raise ValueError("a web address must not hold a name or password; set the key apart")
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


Key = Annotated[SecretStr | None, BeforeValidator(_key)]
Address = Annotated[str | None, AfterValidator(_address)]
Ref = Annotated[ModelRef, BeforeValidator(_ref)]


class _Frozen(BaseModel):
    # a wrong value is described without being shown: it may be a key in the wrong place
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class ProviderConfig(_Frozen):
    """A hosted provider: set up as soon as it has a key; ``base_url`` sends its calls elsewhere."""

    api_key: Key = None
    base_url: Address = None

    @property
    def configured(self) -> bool:
        """Whether calls can be made."""
        return self.api_key is not None


class OpenAIConfig(ProviderConfig):
    """OpenAI. ``wire`` is the API spoken; left out, it is ``responses``, or ``chat`` for another address.

    OpenAI's present reasoning models take tools only through its Responses API; servers that imitate OpenAI
    mostly know chat completions only.
    """

    wire: Literal["responses", "chat"] | None = None


class LocalConfig(_Frozen):
    """A server that speaks OpenAI's chat completions: set up when it has an address.

    ``model`` is the one to use where a role names none; without it only roles set to ``local/<model>`` use
    the server.

    ``native_tools`` is off because many such servers refuse tools, or want a start-up flag for them; the
    agents then ask for tool calls by schema, which all of them take.
    """

    base_url: Address = None
    model: str = ""
    api_key: Key = None
    native_tools: bool = False

    @property
    def configured(self) -> bool:
        """Whether calls can be made."""
        return self.base_url is not None


class RouterConfig(_Frozen):
    """All settings of the model layer.

    ``models`` holds only what differs from ``DEFAULT_MODELS``, and pins these roles. ``also`` are models that
    any role may be given beside its own and those of its class, ``catalogue`` what the person says of models.
    ``local_only`` are folders whose code only the local server may see. ``deadline`` bounds every call, retries
    and all, in seconds (a request may ask for less); ``silence`` is how many seconds a connection may bring
    nothing; ``max_attempts`` counts the tries with one provider before the next is taken. ``max_parallel`` says
    how many calls a provider gets at the same time; one that it does not name gets as many as there are.
    """

    anthropic: ProviderConfig = ProviderConfig()
    openai: OpenAIConfig = OpenAIConfig()
    gemini: ProviderConfig = ProviderConfig()
    local: LocalConfig = LocalConfig()
    models: Mapping[Role, Ref] = Field(default_factory=dict)
    also: tuple[str, ...] = ()
    catalogue: tuple[Model, ...] = ()
    only_offline: bool = False
    local_only: tuple[str, ...] = ()
    deadline: float = Field(default=300.0, gt=0)
    silence: float = Field(default=120.0, gt=0)
    max_attempts: int = Field(default=3, ge=1, le=10)
    max_parallel: Mapping[str, int] = Field(default_factory=dict)
    budgets: Budgets = Budgets()

    def configured(self, provider: str) -> bool:
        """Whether ``provider`` can be called; the offline provider always can."""
        if provider == "offline":
            return True
        settings: ProviderConfig | LocalConfig = getattr(self, provider)
        return settings.configured

    def model_for(self, role: Role) -> ModelRef:
        """Return the model set for ``role``, whether or not its provider is configured."""
        ref = self.models.get(role, DEFAULT_MODELS[role])
        return ModelRef("local", self.local.model) if ref == ("local", "") else ref

"""What the model layer gets from our settings."""

from codecompanion.contracts.messages import Role
from codecompanion.router.config import PROVIDERS as ROUTER_PROVIDERS
from codecompanion.router.config import ModelRef
from codecompanion.server.settings.names import KEY_VARIABLES, PROVIDERS, URL_VARIABLES
from codecompanion.server.settings.routing import router_config


def test_everything_arrives(load):
    config = router_config(
        load(
            {
                "models": {"debugger": "local/qwen", "uiDesigner": "offline"},
                "deadline": 60,
                "openaiWire": "chat",
            },
            {
                "OPENAI_API_KEY": "sk-openai",
                "ANTHROPIC_API_KEY": "sk-anthropic",
                "ANTHROPIC_BASE_URL": "http://127.0.0.1:1",
                "ORCHESTRA_LOCAL_BASE_URL": "http://127.0.0.1:2/v1",
                "ORCHESTRA_LOCAL_MODEL": "qwen",
                "ORCHESTRA_LOCAL_NATIVE_TOOLS": "true",
            },
        )
    )
    assert config.openai.api_key.get_secret_value() == "sk-openai"
    assert config.openai.wire == "chat"
    assert config.anthropic.base_url == "http://127.0.0.1:1"
    assert (config.local.base_url, config.local.model) == ("http://127.0.0.1:2/v1", "qwen")
    assert config.local.native_tools is True
    assert config.local.api_key is None
    assert config.models == {
        Role.DEBUGGER: ModelRef("local", "qwen"),
        Role.UI_DESIGNER: ModelRef("offline", "templates"),
    }
    assert config.deadline == 60
    assert [config.configured(provider) for provider in PROVIDERS] == [True, True, False, True, True]


def test_defaults_stay_the_routers(load):
    config = router_config(load())
    assert not config.models
    assert config.only_offline is False
    assert router_config(load({"offline": True})).only_offline is True


def test_both_layers_know_the_same_providers_under_the_same_names():
    assert tuple(ROUTER_PROVIDERS) == PROVIDERS
    with_key = {name: info.key_name for name, info in ROUTER_PROVIDERS.items() if info.key_name}
    assert with_key == KEY_VARIABLES
    assert {name: info.url_name for name, info in ROUTER_PROVIDERS.items() if info.url_name} == URL_VARIABLES

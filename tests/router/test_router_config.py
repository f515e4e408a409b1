"""What settings the model layer takes, and that no key ever shows."""

import pytest
from pydantic import ValidationError

from codecompanion.contracts.messages import Role
from codecompanion.router.choice import RoleChoice
from codecompanion.router.config import (
    CLASS_OF,
    DEFAULT_MODELS,
    MODELS_OF_CLASS,
    OFFLINE,
    PROVIDERS,
    ModelRef,
    RouterConfig,
    parse_model,
)
from codecompanion.router.prices import PriceList

ALL_KEYS = {name: {"api_key": "key"} for name in ("anthropic", "openai", "gemini")}


def choose(settings, role, ask=None):
    return [str(ref) for ref in RoleChoice(RouterConfig.model_validate(settings)).for_role(role)]


def test_models_are_written_provider_slash_model():
    assert parse_model("anthropic/claude-x") == ModelRef("anthropic", "claude-x")
    assert parse_model(" local/qwen/qwen2.5-coder:7b ") == ModelRef("local", "qwen/qwen2.5-coder:7b")
    assert parse_model("offline") == OFFLINE
    assert parse_model("local") == ModelRef("local", "")
    assert str(parse_model("openai/gpt-x")) == "openai/gpt-x"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gpt-x", "unknown provider 'gpt-x' in 'gpt-x'; write provider/model, known: anthropic, openai"),
        ("opnai/gpt-x", "unknown provider 'opnai'"),
        ("openai", "'openai' names no model; write for example 'openai/"),
        ("", "unknown provider ''"),
    ],
)
def test_a_wrong_model_names_itself_and_the_mend(text, message):
    with pytest.raises(ValueError, match=message.replace("/", "/")) as caught:
        parse_model(text)
    assert message in str(caught.value)


def test_a_key_never_shows():
    config = RouterConfig.model_validate({"openai": {"api_key": "sk-very-secret"}})
    assert config.openai.api_key.get_secret_value() == "sk-very-secret"
    assert "very-secret" not in f"{config} {config!r} {config.model_dump()} {config.model_dump_json()}"


@pytest.mark.parametrize("key", ["sk-very secret", "sk-very\nsecret", "“sk-verysecret”", 7])
def test_a_key_that_cannot_be_one_is_refused_without_showing_it(key):
    with pytest.raises(ValidationError) as caught:
        RouterConfig.model_validate({"openai": {"api_key": key}})
    assert "secret" not in str(caught.value)


def test_blank_keys_and_addresses_are_none():
    config = RouterConfig.model_validate({"openai": {"api_key": "  ", "base_url": " "}})
    assert config.openai.api_key is None
    assert config.openai.base_url is None
    assert not config.configured("openai")


@pytest.mark.parametrize("address", ["localhost:11434", "ftp://x", "http://", "http://me:secret@host/v1"])
def test_an_address_must_be_a_web_address_without_a_password(address):
    with pytest.raises(ValidationError, match="web address") as caught:
        RouterConfig.model_validate({"local": {"base_url": address}})
    assert "secret" not in str(caught.value)


def test_an_unknown_setting_is_refused():
    with pytest.raises(ValidationError, match="extra"):
        RouterConfig.model_validate({"opnai": {}})


def test_every_role_has_its_own_class_of_model():
    assert {role: choose(ALL_KEYS, role)[0] for role in Role} == {
        role: str(DEFAULT_MODELS[role]) for role in Role
    }
    assert [DEFAULT_MODELS[role].provider for role in Role] == [
        "anthropic",
        "openai",
        "gemini",
        "openai",
        "anthropic",
    ]


def test_stand_ins_are_of_the_same_class_in_the_documented_order():
    assert choose(ALL_KEYS, Role.CODE_GENERATOR) == [
        "openai/gpt-6.1-sol",
        "anthropic/claude-sonnet-5-5",
        "gemini/gemini-4-argon",
    ]
    assert choose(ALL_KEYS, Role.UI_DESIGNER) == [
        "gemini/gemini-3.8-flash",
        "anthropic/claude-haiku-5-5",
        "openai/gpt-6.1-terra",
    ]


def test_a_local_server_comes_last_unless_it_is_asked_for():
    settings = {**ALL_KEYS, "local": {"base_url": "http://127.0.0.1:1", "model": "tiny"}}
    assert choose(settings, Role.DEBUGGER)[-1] == "local/tiny"
    assert choose({**settings, "models": {"Debugger": "local"}}, Role.DEBUGGER)[0] == "local/tiny"
    assert choose({**settings, "models": {"Debugger": "local/big"}}, Role.DEBUGGER)[0] == "local/big"


def test_a_local_server_without_a_model_serves_only_roles_that_name_one():
    settings = {"local": {"base_url": "http://127.0.0.1:1"}}
    assert choose(settings, Role.DEBUGGER) == [str(OFFLINE)]
    assert choose({**settings, "models": {"Debugger": "local/big"}}, Role.DEBUGGER) == ["local/big"]


def test_a_role_without_its_provider_goes_to_another():
    assert choose({"gemini": {"api_key": "k"}}, Role.CODE_GENERATOR) == ["gemini/gemini-4-argon"]


def test_templates_stand_in_only_when_nothing_is_set_up():
    assert choose({}, Role.DEBUGGER) == [str(OFFLINE)]
    assert str(OFFLINE) not in choose(ALL_KEYS, Role.DEBUGGER)
    assert choose({**ALL_KEYS, "only_offline": True}, Role.DEBUGGER) == [str(OFFLINE)]
    assert choose({**ALL_KEYS, "models": {"Debugger": "offline"}}, Role.DEBUGGER) == [str(OFFLINE)]


def test_every_class_names_a_model_of_every_hosted_provider():
    hosted = [name for name in PROVIDERS if name not in ("local", "offline")]
    assert set(CLASS_OF) == set(Role)
    for models in MODELS_OF_CLASS.values():
        assert list(models) == hosted


def test_all_default_models_have_a_known_price():
    prices = PriceList()
    named = {*DEFAULT_MODELS.values(), *(ModelRef(*i) for m in MODELS_OF_CLASS.values() for i in m.items())}
    for ref in named:
        assert prices.cost(*ref, input_tokens=1000, output_tokens=1000), ref

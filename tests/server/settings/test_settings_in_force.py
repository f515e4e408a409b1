"""The last good settings stay in force; the start-up log says what they are."""

from codecompanion.server.logs import redactor
from codecompanion.server.settings.describe import describe
from codecompanion.server.settings.load import LastGood

NO_KEYRING = {}.get


def test_a_wrong_update_is_told_and_changes_nothing(user_file):
    in_force = LastGood({}, user_file, keyring=NO_KEYRING)
    assert in_force.settings.max_parallel == 12
    assert in_force.update({"maxParallel": 4}) == []
    (said,) = in_force.update({"maxParallel": 400})
    assert "is 400" in said
    assert in_force.settings.max_parallel == 4
    assert in_force.update(None) == []
    assert in_force.settings.max_parallel == 12


def test_files_are_read_anew_on_every_update(user_file):
    in_force = LastGood({}, user_file, keyring=NO_KEYRING)
    user_file.parent.mkdir()
    user_file.write_text("maxRepairs = 1")
    assert in_force.update(None) == []
    assert in_force.settings.max_repairs == 1


def test_the_start_up_log_says_what_is_configured_and_from_where(load):
    lines = describe(
        load({"testCommand": ["npm", "test"]}, {"OPENAI_API_KEY": "sk-canary-1234", "ORCHESTRA_OFFLINE": "1"})
    )
    assert lines == [
        "anthropic: no key",
        "openai: key from the environment variable OPENAI_API_KEY",
        "gemini: no key",
        "local: no server set up",
        "offline = True (the environment variable ORCHESTRA_OFFLINE)",
        "testCommand = npm test (the editor settings)",
    ]


def test_the_start_up_log_without_any_setting(load):
    assert describe(load())[-1] == "all other settings are at their defaults"


def test_the_start_up_log_with_a_server_of_ones_own(load):
    environ = {"ORCHESTRA_LOCAL_BASE_URL": "http://127.0.0.1:11434/v1"}
    assert "local: server set up" in describe(load(environ=environ))
    with_key = {**environ, "ORCHESTRA_LOCAL_API_KEY": "sk-canary-1234"}
    assert "local: key from the environment variable ORCHESTRA_LOCAL_API_KEY" in describe(
        load(environ=with_key)
    )


def test_every_key_that_is_read_is_hidden_from_then_on(load, problems):
    load(environ={"OPENAI_API_KEY": "key-of-good-settings"})
    problems({"x": 1}, {"OPENAI_API_KEY": "key-of-bad-settings"})
    assert redactor("key-of-good-settings key-of-bad-settings") == "[hidden] [hidden]"

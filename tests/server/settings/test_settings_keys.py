"""Keys: keyring, then environment, then a file of one's own; from nowhere a folder could bring along."""

import logging
import sys

import keyring
import keyring.backend
import keyring.errors
import pytest
from keyring.backends.fail import Keyring as NoKeyring

from codecompanion.server.settings.keys import read_keyring

KEYRING = {"anthropic": "sk-keyring"}
ENVIRON = {"ANTHROPIC_API_KEY": "sk-environ", "OPENAI_API_KEY": "sk-environ"}
KEYS_FILE = 'anthropic = "sk-file"\nopenai = "sk-file"\ngemini = "sk-file"\nlocal = "sk-file"'


def test_the_order_of_the_keys_sources(load, user_file):
    environ = {**ENVIRON, "ORCHESTRA_LOCAL_BASE_URL": "http://127.0.0.1:1"}
    settings = load(environ=environ, keyring=KEYRING, keys=KEYS_FILE)
    assert [settings.key(provider).reveal() for provider in ("anthropic", "openai", "gemini", "local")] == [
        "sk-keyring",
        "sk-environ",
        "sk-file",
        "sk-file",
    ]
    assert settings.origin("anthropicApiKey") == "the keyring"
    assert settings.origin("openaiApiKey") == "the environment variable OPENAI_API_KEY"
    assert settings.origin("geminiApiKey") == f"the file {user_file.with_name('keys.toml')}"
    assert settings.key("offline") is None


@pytest.mark.parametrize("name", ["openaiApiKey", "anthropicApiKey", "geminiApiKey", "localApiKey"])
def test_keys_in_editor_settings_are_refused_with_the_mend(problems, name):
    (said,) = problems({name: "sk-canary-in-the-wrong-place"})
    assert "is not taken from the editor" in said
    assert "the keyring or keys.toml" in said
    assert "canary" not in said


def test_keys_in_the_settings_file_are_refused_with_the_mend(problems):
    (said,) = problems(toml='openaiApiKey = "sk-canary-in-the-wrong-place"')
    assert "is a key; put it into the environment variable OPENAI_API_KEY, the keyring or keys.toml" in said
    assert "canary" not in said


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o610])
def test_a_keys_file_that_others_may_use_is_refused(problems, load, user_file, mode):
    load(keys='openai = "sk-file"')
    path = user_file.with_name("keys.toml")
    path.chmod(mode)
    (said,) = problems()
    assert said == (
        f"the file {path} holds keys but others may use it (mode {mode:04o}); run: chmod 600 {path}"
    )


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_private_keys_file_is_taken(load, user_file, mode):
    load(keys='openai = "sk-file"')
    user_file.with_name("keys.toml").chmod(mode)
    assert load().key("openai").reveal() == "sk-file"


def test_an_unknown_provider_in_the_keys_file(problems):
    (said,) = problems(keys='antropic = "sk-canary"')
    assert "unknown provider 'antropic'" in said
    assert "did you mean 'anthropic'?" in said
    assert "canary" not in said


@pytest.mark.parametrize(
    "bad", ["two words", "line\nbreak", "'quoted'", 'said "so"', "clé-secrète", "\x1b[31m"]
)
def test_what_cannot_be_a_key_is_refused_without_being_shown(problems, bad):
    (said,) = problems(environ={"OPENAI_API_KEY": bad})
    assert said.startswith("the environment variable OPENAI_API_KEY cannot be used; ")
    assert bad not in said


@pytest.mark.parametrize("odd", ["openai = 5", "openai = ['x']", "[openai]\nkey = 'x'"])
def test_a_key_of_another_type_is_refused(problems, odd):
    (said,) = problems(keys=odd)
    assert "a key must be text" in said


def test_blanks_around_a_pasted_key_do_not_matter(load):
    assert load(environ={"OPENAI_API_KEY": " sk-x\n"}).key("openai").reveal() == "sk-x"


class InMemoryKeyring(keyring.backend.KeyringBackend):
    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service, username):
        return self.held.get((service, username))

    def set_password(self, service, username, password):
        self.held[service, username] = password


class LockedKeyring(InMemoryKeyring):
    def get_password(self, service, username):
        raise keyring.errors.KeyringLocked("canary: the message of a back end is not shown")


class BrokenKeyring(InMemoryKeyring):
    def get_password(self, service, username):
        raise OSError("canary: no bus")


class TestTheRealKeyringPackage:
    @pytest.fixture(autouse=True)
    def _put_back(self):
        before = keyring.get_keyring()
        yield
        keyring.set_keyring(before)

    def test_a_stored_key_is_found(self):
        keyring.set_keyring(InMemoryKeyring())
        keyring.set_password("codecompanion-orchestra", "openai", "sk-stored")
        assert read_keyring("openai") == "sk-stored"
        assert read_keyring("anthropic") is None

    def test_a_machine_without_a_keyring_has_no_keys_in_it(self, caplog):
        keyring.set_keyring(NoKeyring())
        assert read_keyring("openai") is None
        assert caplog.text == ""

    @pytest.mark.parametrize("backend", [LockedKeyring, BrokenKeyring])
    def test_a_keyring_that_fails_is_told_in_the_log_only(self, caplog, backend):
        keyring.set_keyring(backend())
        with caplog.at_level(logging.WARNING):
            assert read_keyring("openai") is None
        assert "the keyring could not be read" in caplog.text
        assert "canary" not in caplog.text

    def test_without_the_package_there_are_no_keys_in_it(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "keyring", None)
        assert read_keyring("openai") is None

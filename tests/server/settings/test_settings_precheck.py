"""Whether there is anything to read is found out without pydantic."""

import subprocess
import sys

import pytest

from codecompanion.server.settings.precheck import anything_set


def test_nothing_set(user_file):
    environ = {"PATH": "/bin", "OPENAI_API_KEY": "", "ORCHESTRATION": "x"}
    assert anything_set(environ, user_file, keyring_installed=False) is False
    assert anything_set(environ, None, keyring_installed=False) is False


@pytest.mark.parametrize(
    "variable", ["OPENAI_API_KEY", "GOOGLE_GEMINI_BASE_URL", "ORCHESTRA_OFFLINE", "ORCHESTRA_MISSPELT"]
)
def test_a_variable_is_something(user_file, variable):
    assert anything_set({variable: "x"}, user_file, keyring_installed=False)


@pytest.mark.parametrize("name", ["orchestra.toml", "keys.toml"])
def test_a_file_is_something(user_file, name):
    user_file.parent.mkdir()
    user_file.with_name(name).touch()
    assert anything_set({}, user_file, keyring_installed=False)


def test_an_installed_keyring_may_hold_something(user_file):
    assert anything_set({}, user_file, keyring_installed=True)
    assert anything_set({}, user_file)  # the test environment has the package


def test_looking_imports_neither_pydantic_nor_keyring():
    code = (
        "import sys\n"
        "import codecompanion.server.cli, codecompanion.server.cli_commands.serve\n"
        "from codecompanion.server.settings.precheck import anything_set\n"
        "from codecompanion.server.settings.folders import user_file\n"
        "anything_set({'OPENAI_API_KEY': 'x'}, user_file({'HOME': '/nowhere'}))\n"
        "print([name for name in ('pydantic', 'pydantic_settings', 'keyring', 'rich', 'asyncio', 'tomllib')"
        " if name in sys.modules])"
    )
    seen = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert seen.stdout.strip() == "[]"

"""`orchestra keys`: what is configured, from where, and what the providers say; never a key."""

import json
from pathlib import Path

import pytest

from codecompanion.contracts.model_calls import ProviderState
from codecompanion.server.cli_commands.keys import keys

CANARY = "C4n4ry-key-000000001"
WHERE = ("where", "set", "the", "the", "set")


@pytest.fixture
def keys_here(environ, capsys, logging_put_back):
    """Run the command in this process with given answers of the providers."""

    def run(env, *, check=False, as_json=False, answers=()):
        async def ask(settings):
            return [ProviderState(**answer) for answer in answers]

        code = keys(check=check, as_json=as_json, environ={**environ, **env}, ask=ask)
        return code, capsys.readouterr().out

    return run


def test_a_real_process_shows_a_table_and_no_key(orchestra, environ):
    folder = Path(environ["HOME"], ".config", "orchestra")
    folder.mkdir(parents=True)
    (folder / "keys.toml").write_text(f'gemini = "{CANARY}"')
    (folder / "keys.toml").chmod(0o600)
    ended = orchestra("keys", env={"OPENAI_API_KEY": CANARY})
    assert (ended.returncode, ended.stderr) == (0, "")
    assert [" ".join(line.split()) for line in ended.stdout.splitlines()] == [
        "provider configured where check",
        "anthropic no set ANTHROPIC_API_KEY",
        "openai yes the environment variable OPENAI_API_KEY not checked",
        f"gemini yes the file {folder}/keys.toml not checked",
        "local no set ORCHESTRA_LOCAL_BASE_URL",
    ]
    assert len({line.index(word) for line, word in zip(ended.stdout.splitlines(), WHERE, strict=True)}) == 1


def test_json_is_a_list_without_keys(keys_here):
    environ = {"ORCHESTRA_LOCAL_BASE_URL": "http://127.0.0.1:1/v1", "ORCHESTRA_LOCAL_API_KEY": CANARY}
    code, out = keys_here(environ, as_json=True)
    lines = json.loads(out)
    assert code == 0
    assert [line["provider"] for line in lines] == ["anthropic", "openai", "gemini", "local"]
    assert lines[3] == {
        "provider": "local",
        "configured": True,
        "origin": "the environment variable ORCHESTRA_LOCAL_BASE_URL",
        "checked": "not checked",
        "note": "",
    }
    assert CANARY not in out


@pytest.mark.parametrize(
    ("answer", "code"), [("accepted", 0), ("refused", 1), ("unreachable", 1), ("not checked", 1)]
)
def test_check_ends_with_0_only_when_every_configured_key_is_accepted(keys_here, answer, code):
    answers = [
        {"provider": "openai", "configured": True, "checked": answer, "note": f"about {CANARY}\n\x1b[31m"},
        {"provider": "anthropic", "configured": False},
        {"provider": "offline", "configured": True},
    ]
    ended, out = keys_here({"OPENAI_API_KEY": CANARY}, check=True, answers=answers)
    assert ended == code
    assert f"{answer}: about [hidden]" in out
    assert CANARY not in out
    assert "\x1b" not in out


def test_check_with_nothing_configured_is_no_failure(keys_here):
    assert keys_here({}, check=True)[0] == 0

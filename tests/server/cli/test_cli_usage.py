"""The command line's frame: what it takes, what it refuses, and how it says so."""

import argparse
import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from codecompanion.server.cli import tcp_address


def test_the_console_script_tells_its_version(environ):
    script = Path(sys.executable).with_name("orchestra")
    ended = subprocess.run([script, "--version"], env=environ, capture_output=True, text=True, check=True)
    assert ended.stdout == f"orchestra {version('codecompanion-orchestra')}\n"


def test_without_a_command_it_shows_the_commands(orchestra):
    ended = orchestra()
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert all(command in ended.stderr for command in ("serve", "run", "keys", "schema"))


@pytest.mark.parametrize(
    "arguments", [["dance"], ["run"], ["run", "x", "--off"], ["serve", "--tcp", "0.0.0.0:1"]]
)
def test_bad_usage_ends_with_2(orchestra, arguments):
    ended = orchestra(*arguments)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:2087", ("127.0.0.1", 2087)),
        ("localhost:0", ("localhost", 0)),
        ("[::1]:65535", ("::1", 65535)),
    ],
)
def test_addresses_of_this_machine(text, expected):
    assert tcp_address(text) == expected


@pytest.mark.parametrize(
    "text",
    ["2087", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "0.0.0.0:1", ":1", "example.org:80"],
)
def test_addresses_that_are_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match=r"127\.0\.0\.1"):
        tcp_address(text)


def test_every_wrong_setting_is_one_line_and_nothing_starts(orchestra):
    ended = orchestra("run", "x", env={"ORCHESTRA_OFLINE": "3", "ORCHESTRA_DEADLINE": "never"})
    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [
        "orchestra: the environment variable ORCHESTRA_DEADLINE is 'never'; give seconds from 1 to 3600",
        "orchestra: unknown environment variable 'ORCHESTRA_OFLINE'; did you mean 'ORCHESTRA_OFFLINE'?",
    ]


def test_the_users_file_is_read(orchestra, environ):
    folder = Path(environ["HOME"], ".config", "orchestra")
    folder.mkdir(parents=True)
    (folder / "orchestra.toml").write_text("maxParalel = 3")
    ended = orchestra("keys")
    assert ended.returncode == 2
    assert f"unknown setting 'maxParalel' in the file {folder / 'orchestra.toml'}" in ended.stderr


def test_schemas_are_json_and_name_the_wire(orchestra):
    schemas = json.loads(orchestra("schema").stdout)
    assert set(schemas) == {"notifications", "commands", "settings"}
    assert "runId" in schemas["notifications"]["orchestra/status"]["properties"]
    assert "position" in schemas["notifications"]["orchestra/event"]["properties"]
    assert "request" in schemas["commands"]["orchestra.startProject"]["arguments"]["properties"]


def test_a_reader_that_goes_away_early_is_no_fault_of_ours(environ):
    command = f"{sys.executable} -P -m codecompanion.server.cli schema | head -c 1"
    ended = subprocess.run(["/bin/sh", "-c", command], env=environ, capture_output=True, text=True, check=True)
    assert (ended.stdout, ended.stderr) == ("{", "")


def test_a_log_file_that_cannot_be_opened_is_told(orchestra):
    ended = orchestra("serve", "--stdio", "--clientProcessId=1", "--log-file", "/nowhere/at/all.log")
    assert ended.returncode == 2
    assert ended.stderr == (
        "orchestra: the log file '/nowhere/at/all.log' cannot be opened: No such file or directory; "
        "give another with --log-file\n"
    )


def test_serving_imports_nothing_slow_before_the_editor_asks(environ, tmp_path):
    command = [sys.executable, "-P", "-X", "importtime", "-m", "codecompanion.server.cli", "serve", "--stdio"]
    ended = subprocess.run(
        command,
        env=environ,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    imported = {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines() if "|" in line}
    assert "codecompanion.server.app" in imported
    assert imported.isdisjoint(
        {"pydantic", "pydantic_settings", "rich", "keyring", "numpy", "openai", "shutil"}
    )
    assert ended.stdout == ""


def test_the_log_goes_to_the_file_and_is_the_owners_alone(orchestra, tmp_path):
    path = tmp_path / "orchestra.log"
    ended = orchestra("serve", "--log-level", "debug", "--log-file", str(path))
    assert (ended.stdout, ended.stderr) == ("", "")
    assert "DEBUG" in path.read_text()
    assert path.stat().st_mode & 0o077 == 0

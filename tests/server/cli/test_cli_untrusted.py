"""No command of the command line starts, connects or reads a key in a folder that is not trusted."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = (
    "run x --offline",
    "run x --template web-app",
    "runs list",
    "runs show --last",
    "runs replay --last",
    "runs diff",
    "runs verify",
    "runs resume",
    "runs fork",
    "runs export --last",
    "runs rename run-1 name",
    "runs archive --last",
    "runs clean --dry-run",
    "review",
    "review accept --all",
    "blame app.py",
    "blame --trailers",
    "blame --note HEAD",
    "undo",
    "db status",
    "db check",
    "router report",
    "router models",
    "router why",
    "budget",
    "schema",
)
# each command once, in one process that says what Python is made to do
SESSION = """
import io, json, os, sys
from codecompanion.server import cli
NOTED = ("subprocess.Popen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.system", "pty.spawn",
         "socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto")
now, noted, codes = "", [], {}
def note(event, arguments):
    if event in NOTED or (event == "open" and str(arguments[0]).endswith("keys.toml")):
        noted.append((now, event, str(arguments[:1])))
    elif event == "import" and arguments[0] == "keyring":
        noted.append((now, "the keyring is asked", ""))
sys.addaudithook(note)
for now in json.loads(sys.argv[1]):
    sys.stdout, told = io.StringIO(), sys.stdout
    try:
        codes[now] = cli.main(now.split())
    except SystemExit as end:
        codes[now] = end.code
    sys.stdout = told
print(json.dumps({"noted": noted, "codes": codes}))
"""


@pytest.mark.parametrize("log", [False, True])
def test_no_command_does_what_trust_is_for(environ: dict[str, str], tmp_path: Path, log: bool) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "app.py").write_text("x = 1\n")
    (work / "Makefile").write_text(f"test:\n\ttouch {tmp_path}/mark\n")
    config = tmp_path / "home/.config/orchestra"
    config.mkdir(parents=True)
    (config / "keys.toml").write_text('openai = "sk-never-read-0000000000"\n')
    (config / "keys.toml").chmod(0o600)
    untrusting = {**environ, "ORCHESTRA_TRUSTED_FOLDERS": "", "ORCHESTRA_REDIS_URL": "redis://127.0.0.1:9/0"}
    if log:
        begin = ["run", "a web app", "--offline", "--trust", "--landing", "review"]
        run = [sys.executable, "-P", "-m", "codecompanion.server.cli", *begin]
        without_redis = {**untrusting, "ORCHESTRA_REDIS_URL": ""}
        subprocess.run(run, cwd=work, env=without_redis, capture_output=True, check=False, timeout=60)
        assert (work / ".orchestra/orchestra.db").exists()
    ended = subprocess.run(
        [sys.executable, "-P", "-c", SESSION, json.dumps(COMMANDS)],
        env=untrusting,
        cwd=work,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        timeout=60,
    )
    seen = json.loads(ended.stdout)
    assert seen["noted"] == []
    assert not (tmp_path / "mark").exists()
    refused = [command for command, code in seen["codes"].items() if code == 2]
    assert {"run x --offline", "blame --trailers", "blame --note HEAD", "runs fork"} <= set(refused)
    assert seen["codes"]["runs list"] == (0 if log else 2)
    assert {seen["codes"][command] for command in ("schema", "router models")} == {0}
    assert not (config / "trust.json").exists()

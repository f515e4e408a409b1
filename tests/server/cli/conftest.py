"""Real processes of the command line, away from the settings of whoever runs the tests."""

import io
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from codecompanion.server import cli
from codecompanion.server.cli_commands import run as run_module

SCRIPT = Path(__file__).with_name("scripted_run.py")
Orchestra = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment with a home of its own and no setting but one: the test's own folder is trusted."""
    home = tmp_path / "home"
    home.mkdir()
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    own = {"HOME": str(home), "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    return {**kept, **own, "ORCHESTRA_TRUSTED_FOLDERS": str(tmp_path)}


@pytest.fixture
def orchestra(environ: dict[str, str], tmp_path: Path) -> Orchestra:
    """Run the command line to its end, in an empty folder."""
    folder = tmp_path / "work"
    folder.mkdir()

    def run(
        *arguments: str, env: Mapping[str, str] | None = None, stdin: str | bytes = b""
    ) -> "subprocess.CompletedProcess[str]":
        ended = subprocess.run(
            [sys.executable, "-P", "-m", "codecompanion.server.cli", *arguments],
            env={**environ, **(env or {})},
            cwd=folder,
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            timeout=30,
            check=False,
        )
        return subprocess.CompletedProcess(
            ended.args, ended.returncode, ended.stdout.decode(), ended.stderr.decode()
        )

    return run


@pytest.fixture
def run_here(
    environ: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    logging_put_back: None,
) -> Callable[..., tuple[int, str, str]]:
    """Run `orchestra run` with a scripted engine within this process: code, output, errors."""
    spec = spec_from_file_location("scripted_run", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    scripted_run = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "scripted_run", scripted_run)
    spec.loader.exec_module(scripted_run)

    def run(scenario: Any, *arguments: str, env: Mapping[str, str] | None = None, stdin: bytes = b"") -> Any:
        for name in list(os.environ):
            monkeypatch.delenv(name)
        for name, value in {**environ, **(env or {})}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        monkeypatch.setattr(run_module, "_real_headless", scripted_run.headless_of(scenario))
        code = cli.main(["run", *arguments, "--workspace", str(tmp_path / "work")])
        return code, *capsys.readouterr()

    (tmp_path / "work").mkdir()
    return run

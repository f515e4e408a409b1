"""The distributions installed as a user would, on each Python, and called from a folder that is in the way."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

from codecompanion.server.app import VERSION
from codecompanion.server.demo.processes import running
from codecompanion.server.demo.scripted_editor import ScriptedEditor

OURS = f"{sys.version_info.major}.{sys.version_info.minor}"
HOSTILE = ("server", "router", "memory", "orchestra", "codecompanion", "pydantic", "pygls")
"""Packages that a user's folder may hold, and that must not be taken for ours or our dependencies."""


def on_python(version: str, kind: str) -> Any:
    """Return a case of the test below, with the interpreter it needs unless that is the one running."""
    marks = () if version == OURS else pytest.mark.needs(f"python{version}")
    return pytest.param(version, kind, marks=marks, id=f"{kind} on {version}")


@pytest.mark.slow
@pytest.mark.needs("registry")
@pytest.mark.parametrize(
    ("version", "kind"), [on_python("3.11", "wheel"), on_python("3.12", "sdist"), on_python("3.13", "wheel")]
)
def test_what_is_installed_works_from_anywhere(
    version: str, kind: str, distributions: Any, tmp_path: Path
) -> None:
    python = new_environment(version, tmp_path / "venv")
    install(python, distributions.wheel if kind == "wheel" else distributions.sdist)
    environ = clean_environment(tmp_path)
    folder = folder_in_the_way(tmp_path / "user")

    for script in ("orchestra", "codecompanion-orchestra"):
        assert said_by([python.with_name(script), "--version"], folder, environ) == f"orchestra {VERSION}\n"
    package = Path(said_by([python, "-P", "-c", FIND], folder, environ).strip())
    # a warning of a newer Python about our source, such as an invalid escape, is an error here
    said_by([python, "-W", "error", "-m", "compileall", "-q", "-f", package], folder, environ)
    answers_an_editor([python.with_name("orchestra"), "serve"], folder, environ)
    request = "an API service for library loans"
    workspace = tmp_path / "loans"
    workspace.mkdir()
    run = [python.with_name("orchestra"), "run", request, "--offline", "--workspace", workspace]
    summary = said_by(run, folder, environ)
    assert "loan" in summary and (workspace / "README.md").is_file()


FIND = "import codecompanion.contracts as c; from pathlib import Path; print(Path(c.__file__).parents[1])"


def new_environment(version: str, folder: Path) -> Path:
    """Make a virtual environment without pip and return its Python."""
    python = sys.executable if version == OURS else f"python{version}"
    subprocess.run([python, "-m", "venv", "--without-pip", str(folder)], check=True)
    return folder / "bin" / "python"


def install(python: Path, distribution: Path) -> None:
    """Install a distribution and all it needs, with the pip of this environment."""
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-compile", "--quiet"]
    ended = subprocess.run([*pip, str(distribution)], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def clean_environment(home: Path) -> dict[str, str]:
    """Return an environment without settings of ours, of Python's or of anyone's keys."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}


def folder_in_the_way(folder: Path) -> Path:
    """Make a folder with packages that must not be imported."""
    for name in HOSTILE:
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text(f"raise RuntimeError('the user has a folder {name}')\n")
    return folder


def said_by(command: list[Any], folder: Path, environ: Mapping[str, str]) -> str:
    """Run a command in a folder, demand that it ends well, and return its standard output."""
    ended = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def answers_an_editor(command: list[Any], folder: Path, environ: Mapping[str, str]) -> None:
    """Open and close a session of the language server."""
    words = [str(word) for word in command]
    with running(words, seconds=60, cwd=folder, env=environ, stdin=PIPE, stdout=PIPE) as server:
        editor = ScriptedEditor(
            server, folder, heard=lambda method, params: None, changed=lambda path, text: None
        )
        assert editor.initialize() == f"codecompanion-orchestra {VERSION}"
        assert editor.command("orchestra.health", {})["version"] == VERSION
        assert editor.close() == 0

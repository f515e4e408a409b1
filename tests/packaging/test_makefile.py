"""What `make` says on a machine that lacks something; what it does where nothing is missing, CI shows."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def make(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run `make` in a folder that holds nothing but our Makefile and pyproject.toml."""
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    # the tests may themselves run under a `make`, whose flags are not meant for this one
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    command = ["make", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("target", ["demo", "test", "check", "soak", "bench"])
def test_each_target_sets_up_what_it_needs(tmp_path: Path, target: str) -> None:
    ended = make(tmp_path, target, "--dry-run", "PYTHON=python3")
    assert ended.returncode == 0, ended.stderr
    assert "python3 -m venv .venv" in ended.stdout
    assert "install --editable ." in ended.stdout


def test_a_part_of_the_tests_can_be_asked_for(tmp_path: Path) -> None:
    ended = make(tmp_path, "test", "--dry-run", "PYTHON=python3", "PYTEST_ARGS=tests/docs -x")
    assert ended.stdout.rstrip().endswith("tests/docs -x")


def test_a_machine_without_a_fitting_python_is_told(tmp_path: Path) -> None:
    ended = make(tmp_path, "demo", "PYTHON=")
    assert ended.returncode != 0
    assert "Python 3.11, 3.12 or 3.13 is needed" in ended.stderr


def test_a_python_without_venv_is_told_with_the_package_to_install(tmp_path: Path) -> None:
    python = tmp_path / "python-without-venv"
    python.write_text("#!/bin/sh\nexit 1\n", "utf-8")
    python.chmod(0o755)
    ended = make(tmp_path, "demo", f"PYTHON={python}")
    assert ended.returncode != 0
    assert "apt-get install python3-venv" in ended.stderr
    assert not (tmp_path / ".venv").exists()

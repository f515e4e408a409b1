"""Where programs live and what they need to be read."""

import os
import sys
from pathlib import Path

import pytest

from codecompanion.orchestra.verification.toolchains import (
    find_program,
    folders_of,
    folders_of_python,
    own_python,
    project_environment,
    users_python,
)


def install(prefix: Path, name: str = "python3.11") -> Path:
    """Make what looks like an installation, and return its program."""
    for part in ("bin", "lib", "private"):
        (prefix / part).mkdir(parents=True)
    program = prefix / "bin" / name
    program.touch()
    program.chmod(0o755)
    return program


def test_only_the_parts_programs_run_from_are_laid_open(tmp_path: Path) -> None:
    program = install(tmp_path / "tool", "node")
    assert folders_of(program) == (tmp_path / "tool/bin", tmp_path / "tool/lib")
    assert folders_of(Path("/usr/bin/env")) == ()


def test_every_name_of_a_linked_program_is_laid_open(tmp_path: Path) -> None:
    real = install(tmp_path / "versions/3.11.7")
    (tmp_path / "versions/3.11").symlink_to("3.11.7")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python3").symlink_to("../versions/3.11/bin/python3.11")
    folders = folders_of(tmp_path / "bin/python3")
    assert {tmp_path / "versions/3.11/bin", real.parent, tmp_path / "bin"} <= set(folders)
    assert not any(folder.name == "private" for folder in folders)


def test_the_projects_own_environment_is_preferred(tmp_path: Path) -> None:
    base = install(tmp_path / "base")
    (base.parent / "python3").symlink_to(base.name)
    for name in (".venv", "sub/env", "node_modules"):
        (tmp_path / "ws" / name / "bin").mkdir(parents=True)
    assert project_environment(tmp_path / "ws", (".venv", "node_modules")) is None
    for name in (".venv", "sub/env"):
        (tmp_path / "ws" / name / "pyvenv.cfg").write_text(f"home = {base.parent}\n")
        (tmp_path / "ws" / name / "bin/python").symlink_to(base)
    found = project_environment(tmp_path / "ws", ("sub/env", ".venv", "node_modules"))
    assert found is not None
    assert found.path == str(tmp_path / "ws/.venv/bin/python")
    assert found.folders == (tmp_path / "base/bin", tmp_path / "base/lib", tmp_path / "ws/.venv")
    (tmp_path / "ws/.venv/bin/python").unlink()
    (tmp_path / "ws/.venv/bin/python").symlink_to("gone")
    other = project_environment(tmp_path / "ws", ("sub/env", ".venv"))
    assert other is not None
    assert other.path == str(tmp_path / "ws/sub/env/bin/python")


def test_an_interpreter_a_workspace_names_lays_no_private_folder_open(tmp_path: Path) -> None:
    secret = tmp_path / "home/secret/python3"
    secret.parent.mkdir(parents=True)
    secret.touch()
    secret.chmod(0o755)
    python = tmp_path / "ws/.venv/bin/python"
    python.parent.mkdir(parents=True)
    (tmp_path / "ws/.venv/pyvenv.cfg").write_text(f"home = {secret.parent}\n")
    python.symlink_to(secret)
    assert folders_of_python(python) == (tmp_path / "ws/.venv",)
    python.unlink()
    python.symlink_to("/etc/passwd")
    assert folders_of_python(python) == ()


async def test_the_users_python_is_found_past_a_version_switcher(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shim = tmp_path / "python3"
    shim.write_text(f'#!/bin/sh\n[ "$PYENV_VERSION" = broken ] && exit 1\nexec {sys.executable} "$@"\n')
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    for version in ("", "3.11\n", "broken", "../../evil; rm x"):
        found = await users_python(tmp_path, version, dict(os.environ))
        assert found is not None
        assert found.path == sys.executable
        assert Path(sys.prefix) in found.folders
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    assert await users_python(tmp_path, "", {}) is None


def test_programs_are_found_on_the_path_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = install(tmp_path / "tool", "make")
    monkeypatch.setenv("PATH", str(program.parent))
    found = find_program("make")
    assert found is not None
    assert (found.path, found.folders) == (str(program), (program.parent, tmp_path / "tool/lib"))
    assert find_program("no-such-program") is None
    assert own_python().path == sys.executable

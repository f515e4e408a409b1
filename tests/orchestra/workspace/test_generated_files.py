"""Which of the files that Git ignores are copied for test runs."""

import os
from pathlib import Path

import pytest

from codecompanion.orchestra.workspace import generated
from codecompanion.orchestra.workspace.generated import generated_files


def chosen(root: Path, *paths: str, room: int = 1_000) -> list[str]:
    return [path for path, _ in generated_files(root, paths, room)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    sizes = {"a.log": 1, "b.py": 30, "c.cpython-311-x86_64-linux-gnu.so": 20, "d.bin": 10, "test_mine.py": 1}
    for name, size in sizes.items():
        (tmp_path / name).write_bytes(b"x" * size)
    return tmp_path


def test_modules_go_first_and_small_files_before_big_ones(root: Path) -> None:
    names = sorted(path.name for path in root.iterdir())
    everything = ["c.cpython-311-x86_64-linux-gnu.so", "b.py", "a.log", "d.bin"]
    assert chosen(root, *names) == everything
    assert chosen(root, *names, room=51) == everything[:3]
    assert chosen(root, *names, room=0) == []


@pytest.mark.parametrize(
    "name", ["test_a.py", "a_test.py", "test.py", "a.test.ts", "a.spec.mjs", ".env", ".env.local", ".netrc"]
)
def test_trials_and_secrets_stay_out(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert chosen(tmp_path, name) == []


@pytest.mark.parametrize("name", ["testing.py", "latest.py", "test_data.json", ".env.example", "contest.js"])
def test_what_only_looks_like_them_is_copied(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert chosen(tmp_path, name) == [name]


def test_links_special_files_and_vanished_ones_stay_out(root: Path) -> None:
    (root / "link.py").symlink_to("b.py")
    (root / "out.py").symlink_to("/etc/hostname")
    os.mkfifo(root / "pipe.py")
    assert chosen(root, "link.py", "out.py", "pipe.py", "absent.py", "b.py") == ["b.py"]


def test_a_file_that_we_may_not_read_stays_out(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system is asked rather than the mode: an administrator may read what the mode forbids."""
    monkeypatch.setattr(os, "access", lambda path, mode: not path.endswith("/b.py"))
    assert chosen(root, "a.log", "b.py") == ["a.log"]


def test_the_bounds_hold(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generated, "BIGGEST_GENERATED_FILE", 20)
    assert chosen(root, "a.log", "b.py", "d.bin") == ["a.log", "d.bin"]
    monkeypatch.setattr(generated, "MOST_GENERATED_BYTES", 5)
    assert chosen(root, "a.log", "d.bin") == ["a.log"]
    monkeypatch.setattr(generated, "MOST_GENERATED_FILES", 0)
    assert chosen(root, "a.log") == []

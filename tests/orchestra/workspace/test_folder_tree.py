"""Listing big and changing folders."""

import os
import time
from pathlib import Path

import pytest

from codecompanion.orchestra.workspace.folder_tree import FolderTree

LATER_NS = 10_000_000_000


def listed(tree: FolderTree) -> list[str]:
    return sorted(folder.child(name) for folder in tree.walk() for name in folder.files)


def settled_tree(root: Path) -> FolderTree:
    """Return a tree that believes the files were last touched long ago, so that it trusts what it read."""
    return FolderTree(root, now_ns=lambda: time.time_ns() + LATER_NS)


def test_an_unchanged_folder_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a.py").touch()
    tree = settled_tree(tmp_path)
    first = listed(tree)
    read: list[str] = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: read.append(str(path)) or scandir(path))
    assert listed(tree) == first == ["d/a.py"]
    assert read == []
    (tmp_path / "d" / "b.py").touch()
    assert listed(tree) == ["d/a.py", "d/b.py"]
    assert read == [str(tmp_path / "d")]


def test_a_folder_touched_just_now_is_read_again(tmp_path: Path) -> None:
    """Within one tick of its time stamp a folder can change without showing it."""
    (tmp_path / "a.py").touch()
    stamp = time.time_ns()
    os.utime(tmp_path, ns=(stamp, stamp))
    tree = FolderTree(tmp_path, now_ns=lambda: stamp + 1_000_000)
    assert listed(tree) == ["a.py"]
    (tmp_path / "b.py").touch()
    os.utime(tmp_path, ns=(stamp, stamp))
    assert listed(tree) == ["a.py", "b.py"]


def test_a_changed_ignore_file_holds_at_once_and_deep_down(tmp_path: Path) -> None:
    (tmp_path / "x" / "y").mkdir(parents=True)
    (tmp_path / "x" / "y" / "a.log").touch()
    tree = settled_tree(tmp_path)
    assert listed(tree) == ["x/y/a.log"]
    (tmp_path / ".gitignore").write_text("*.log")
    assert listed(tree) == [".gitignore"]
    (tmp_path / ".gitignore").write_text("*.txt")
    assert listed(tree) == [".gitignore", "x/y/a.log"]
    (tmp_path / ".gitignore").unlink()
    assert listed(tree) == ["x/y/a.log"]


def test_folders_of_tools_and_packages_are_never_entered(tmp_path: Path) -> None:
    for name in (".git", ".orchestra", "node_modules", "__pycache__", ".venv", "env", ".tox", "venv"):
        (tmp_path / name / "lib").mkdir(parents=True)
        (tmp_path / name / "lib" / "a.py").touch()
    for name in (".venv", "env"):
        (tmp_path / name / "pyvenv.cfg").touch()
    (tmp_path / ".gitignore").write_text(".venv\nnode_modules\n")
    (tmp_path / "a.py").touch()
    tree = FolderTree(tmp_path)
    # a folder called venv that holds no virtual environment is one of the project's
    assert listed(tree) == [".gitignore", "a.py", "venv/lib/a.py"]
    assert next(tree.walk()).dependencies == (".venv", "env", "node_modules")
    assert tree.ignored(".venv/lib/a.py")
    assert tree.ignored("node_modules/x/index.js")
    assert tree.ignored("sub/node_modules/x/index.js")
    assert tree.ignored(".GIT/config")
    assert not tree.ignored("new/deep/file.py")


def test_links_and_odd_names_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "new\nline").touch()
    (tmp_path / os.fsdecode(b"bad\xff")).touch()
    os.mkfifo(tmp_path / "pipe")
    (folder,) = FolderTree(tmp_path).walk()
    assert folder.files == ("a.py",)
    assert folder.links == ("link",)


def test_a_link_to_installed_packages_is_a_dependency_by_what_it_leads_to(tmp_path: Path) -> None:
    root, other = tmp_path / "root", tmp_path / "other"
    (other / "node_modules").mkdir(parents=True)
    (other / "env").mkdir()
    (other / "env" / "pyvenv.cfg").touch()
    (other / "private").mkdir()
    root.mkdir()
    (root / "node_modules").symlink_to(other / "node_modules")
    (root / ".venv").symlink_to(other / "env")
    (root / "venv").symlink_to(other / "private")
    (folder,) = FolderTree(root).walk()
    assert folder.dependencies == (".venv", "node_modules")
    assert folder.links == ("venv",)
    (root / "node_modules").unlink()
    (root / "node_modules").symlink_to(other / "private")
    (folder,) = FolderTree(root).walk()
    assert folder.dependencies == (".venv",)


def test_a_folder_that_goes_away_is_left_out(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.py").touch()
    walk = FolderTree(tmp_path).walk()
    next(walk)
    (tmp_path / "a" / "x.py").unlink()
    (tmp_path / "a").rmdir()
    assert [folder.path for folder in walk] == ["b"]


def make_files(root: Path, folders: int, each: int) -> None:
    for number in range(folders):
        folder = root / f"p{number % 10}" / f"d{number}"
        folder.mkdir(parents=True)
        for name in range(each):
            os.close(os.open(f"{folder}/module_{name}.py", os.O_CREAT | os.O_WRONLY))
    (root / ".gitignore").write_text("*.pyc\n__pycache__/\n/build/\ndist/\n*.egg-info\n" * 8)


def test_a_big_flat_folder_is_listed_at_once(tmp_path: Path) -> None:
    make_files(tmp_path, 1, 20_000)
    started = time.process_time()
    assert len(listed(FolderTree(tmp_path))) == 20_001
    assert time.process_time() - started < 5


@pytest.mark.soak
def test_a_hundred_thousand_files_are_listed_in_seconds(tmp_path: Path) -> None:
    make_files(tmp_path, 1_000, 100)
    tree = FolderTree(tmp_path)
    started = time.perf_counter()
    assert len(listed(tree)) == 100_001
    assert time.perf_counter() - started < 10

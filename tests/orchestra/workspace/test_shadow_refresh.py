"""A refresh that looks only at what was touched must come to the same as a copy made anew."""

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from codecompanion.orchestra.workspace.change_watch import ChangeWatch
from codecompanion.orchestra.workspace.shadow import ShadowCopy
from codecompanion.orchestra.workspace.shadow_source import ShadowSource

Change = Callable[[Path, random.Random], None]


def content(root: Path) -> dict[str, tuple[str, object]]:
    """Return every path of a folder with what it is, folders left out."""
    found: dict[str, tuple[str, object]] = {}
    for path in root.rglob("*"):
        name = str(path.relative_to(root))
        if path.is_symlink():
            found[name] = ("link", str(path.readlink()))
        elif path.is_file():
            found[name] = (oct(path.stat().st_mode & 0o777), path.read_bytes())
    return found


def some_file(root: Path, chance: random.Random) -> Path:
    """Return a file to change: a known one, or a new one in a known or a new folder."""
    folder = root / chance.choice(["", "a", "b", "a/deep", f"new{chance.randrange(4)}"])
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{chance.choice('xyz')}.{chance.choice(['py', 'txt', 'log'])}"


def write(root: Path, chance: random.Random) -> None:
    some_file(root, chance).write_text(str(chance.random()))


def replace(root: Path, chance: random.Random) -> None:
    path = some_file(root, chance)
    path.with_suffix(".tmp~").write_text(str(chance.random()))
    path.with_suffix(".tmp~").replace(path)


def remove(root: Path, chance: random.Random) -> None:
    some_file(root, chance).unlink(missing_ok=True)


def remove_folder(root: Path, chance: random.Random) -> None:
    shutil.rmtree(root / chance.choice(["a/deep", "b", "new1"]), ignore_errors=True)


def move_folder(root: Path, chance: random.Random) -> None:
    source, target = root / chance.choice(["a/deep", "b", "new2"]), root / f"new{chance.randrange(4)}"
    if source.is_dir() and not target.exists():
        source.rename(target)


def ignore(root: Path, chance: random.Random) -> None:
    (root / chance.choice(["", "a"]) / ".gitignore").write_text(
        chance.choice(["*.log\n", "b/\n", "", "deep\n"])
    )


def link(root: Path, chance: random.Random) -> None:
    place = root / f"link{chance.randrange(2)}"
    place.unlink(missing_ok=True)
    place.symlink_to(chance.choice(["a", "b/x.py", "../outside", "gone"]))


def permit(root: Path, chance: random.Random) -> None:
    path = some_file(root, chance)
    path.touch()
    path.chmod(chance.choice([0o644, 0o755, 0o600]))


def write_elsewhere(root: Path, chance: random.Random) -> None:
    """Change a file through another name of it, which the watch does not see."""
    path, other = some_file(root, chance), root.parent / "outside" / "other-name"
    path.touch()
    if not other.exists():
        other.hardlink_to(path)
    other.write_text(str(chance.random()))


CHANGES: tuple[Change, ...] = (
    *(
        write,
        write,
        replace,
        replace,
        remove,
        remove_folder,
        move_folder,
        ignore,
        link,
        permit,
        write_elsewhere,
    ),
)
IN_COPY: tuple[Change, ...] = (write, replace, remove, remove_folder, permit, move_folder)


@pytest.mark.parametrize("seed", range(4))
def test_any_changes_are_seen(tmp_path: Path, seed: int) -> None:
    chance, root = random.Random(seed), tmp_path / "ws"
    for folder in (root / "a/deep", root / "b", tmp_path / "outside"):
        folder.mkdir(parents=True)
    for _ in range(12):
        write(root, chance)
    kept = ShadowCopy(root, parent=tmp_path)
    try:
        for step in range(25):
            for change in chance.choices(CHANGES, k=chance.randrange(4)):
                change(root, chance)
            for change in chance.choices(IN_COPY, k=chance.randrange(3)):
                change(kept.path, chance)
            overlay = {"a/x.py": str(chance.random()), "n/n.py": "new"} if chance.random() < 0.4 else {}
            kept.sync(overlay)
            fresh = ShadowCopy(root, parent=tmp_path)
            fresh.sync(overlay)
            assert content(kept.path) == content(fresh.path), (seed, step)
            assert kept.files() == fresh.files()
            fresh.close()
    finally:
        kept.close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "ws"
    for number in range(30):
        path = root / f"d{number % 3}/f{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
        os.utime(path, ns=(10**18, 10**18))
    return root


@pytest.mark.needs("inotify")
def test_a_refresh_looks_at_nothing_but_what_was_touched(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = ShadowSource(root, link_dependencies=False, most_files=100)
    source.look()
    source.look()
    looked: list[str] = []
    regular = source.regular
    monkeypatch.setattr(source, "regular", lambda path: looked.append(path) or regular(path))
    (root / "d1/f1.py").write_text("changed")
    assert source.look()["d1/f1.py"] == regular("d1/f1.py")
    assert looked == ["d1/f1.py"]
    (root / "d2/new.py").write_text("new")
    (root / "d2/f2.py").unlink()
    found = source.look()
    assert "d2/new.py" in found
    assert "d2/f2.py" not in found
    assert looked == ["d1/f1.py", "d2/new.py"]


def test_after_a_minute_everything_is_looked_at_again(root: Path) -> None:
    now = [0.0]
    source = ShadowSource(root, link_dependencies=False, most_files=100, monotonic=lambda: now[0])
    first = source.look()
    looked: list[str] = []
    regular = source.regular
    source.regular = lambda path: looked.append(path) or regular(path)  # type: ignore[method-assign]
    now[0] = 61.0
    second = source.look()
    assert len(looked) == 30
    assert all(second[path] is first[path] for path in first)


def test_where_nothing_can_be_told_the_watch_says_so(root: Path) -> None:
    elsewhere = ChangeWatch(root, platform="darwin")
    assert not elsewhere.works
    assert not elsewhere.watch("d1")
    assert elsewhere.touched() is None


@pytest.mark.needs("inotify")
def test_the_watch_tells_lost_folders_from_touched_files(root: Path) -> None:
    watch = ChangeWatch(root)
    assert [watch.watch(""), watch.watch("d1"), watch.watch("d1")] == [False, False, True]
    assert watch.touched() == frozenset()
    (root / "d1/f1.py").write_text("y")
    (root / "top.py").touch()
    (root / "d2/f2.py").write_text("not watched")
    assert watch.touched() == {"d1/f1.py", "top.py"}
    shutil.rmtree(root / "d1")
    assert watch.touched() is None
    assert watch.touched() == frozenset()
    assert watch.watch("d1") is False

"""The copy commands run in."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.orchestra.workspace.shadow import ShadowCopy, SyncReport


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for path, text in {
        "a.py": "a",
        "d/b.py": "b",
        "d/e/c.bin": "\0",
        ".gitignore": "build/\n",
        "build/x.log": "",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    age(root)
    return root


@pytest.fixture
def shadow(root: Path, tmp_path: Path) -> Iterator[ShadowCopy]:
    (tmp_path / "temp").mkdir()
    shadow = ShadowCopy(root, parent=tmp_path / "temp")
    yield shadow
    shadow.close()


def age(root: Path) -> None:
    """Make every file an hour old: one changed within the last tick is copied again to be safe."""
    hour_ago = time.time_ns() - 3_600_000_000_001
    for path in root.rglob("*"):
        os.utime(path, ns=(hour_ago, hour_ago), follow_symlinks=False)


def content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_copy_holds_what_is_not_ignored_under_the_same_folder_name(root: Path, shadow: ShadowCopy) -> None:
    assert shadow.sync({}) == SyncReport(written=4, removed=0, kept=0)
    assert content(shadow.path) == {".gitignore": b"build/\n", "a.py": b"a", "d/b.py": b"b", "d/e/c.bin": b"\0"}
    assert shadow.path.name == "project"
    assert shadow.files() == [".gitignore", "a.py", "d/b.py", "d/e/c.bin"]
    assert shadow.text("a.py") == "a"
    assert shadow.text("absent") == ""


def test_only_what_changed_is_written_again(root: Path, shadow: ShadowCopy) -> None:
    shadow.sync({})
    assert shadow.sync({}) == SyncReport(written=0, removed=0, kept=4)
    (root / "a.py").write_text("b")
    (root / "d" / "b.py").unlink()
    (root / "new.py").write_text("n")
    (root / "d" / "e" / "c.bin").chmod(0o755)
    assert shadow.sync({}) == SyncReport(written=3, removed=1, kept=1)
    assert content(shadow.path) == {".gitignore": b"build/\n", "a.py": b"b", "new.py": b"n", "d/e/c.bin": b"\0"}
    assert (shadow.path / "d/e/c.bin").stat().st_mode & 0o777 == 0o755


def test_an_edit_of_the_same_size_and_time_is_seen(root: Path, shadow: ShadowCopy) -> None:
    shadow.sync({})
    status = (root / "a.py").stat()
    (root / "a.py").write_text("z")
    os.utime(root / "a.py", ns=(status.st_atime_ns, status.st_mtime_ns))
    shadow.sync({})
    assert shadow.text("a.py") == "z"


def test_a_file_changed_within_a_tick_of_its_copying_is_copied_again(root: Path, shadow: ShadowCopy) -> None:
    (root / "a.py").write_text("1")
    shadow.sync({})
    assert shadow.sync({}).written == 1


def test_buffers_and_pending_edits_lie_over_the_disk(root: Path, shadow: ShadowCopy) -> None:
    (root / "marked.py").write_bytes(b"\xef\xbb\xbfold\r\n")
    (root / "link").symlink_to("d")
    age(root)
    overlay = {"a.py": "typed", "new/n.py": "n", "marked.py": "new\r\n", "link/b.py": "through the link"}
    shadow.sync(overlay)
    found = content(shadow.path)
    assert found["a.py"] == b"typed"
    assert found["new/n.py"] == b"n"
    assert found["marked.py"] == b"\xef\xbb\xbfnew\r\n"
    assert found["d/b.py"] == b"through the link"
    assert shadow.sync(overlay).written == 0
    assert shadow.sync(overlay | {"a.py": "more"}).written == 1
    shadow.sync({})
    assert content(shadow.path) == {path: data for path, data in content(root).items() if path != "build/x.log"}


def test_a_file_may_become_a_folder_and_back(root: Path, shadow: ShadowCopy) -> None:
    shadow.sync({})
    shadow.sync({"a.py/inner.py": "x"})
    assert content(shadow.path)["a.py/inner.py"] == b"x"
    shadow.sync({})
    assert content(shadow.path)["a.py"] == b"a"


def test_what_tests_did_to_the_copy_is_undone_and_the_workspace_untouched(
    root: Path, shadow: ShadowCopy
) -> None:
    shadow.sync({})
    before = content(root)
    (shadow.path / "a.py").write_text("spoilt")
    (shadow.path / "d" / "b.py").unlink()
    (shadow.path / "left.db").write_text("rubbish")
    (shadow.path / "cache" / "deep").mkdir(parents=True)
    (shadow.path / "d" / "e").chmod(0)
    shadow.sync({})
    assert content(shadow.path) == {path: data for path, data in before.items() if path != "build/x.log"}
    assert content(root) == before
    assert not (shadow.path / "cache").exists()


def test_a_link_planted_in_the_copy_leads_no_write_into_the_workspace(root: Path, shadow: ShadowCopy) -> None:
    shadow.sync({})
    before = content(root)
    (shadow.path / "a.py").unlink()
    (shadow.path / "a.py").symlink_to(root / "a.py")
    shutil.rmtree(shadow.path / "d")
    (shadow.path / "d").symlink_to(root / "d")
    shadow.sync({"a.py": "overlay", "d/b.py": "overlay"})
    assert content(root) == before
    assert not (shadow.path / "d").is_symlink()
    assert shadow.text("d/b.py") == "overlay"


def test_nothing_is_shared_with_the_workspace(root: Path, shadow: ShadowCopy) -> None:
    shadow.sync({})
    for path in shadow.path.rglob("*"):
        if path.is_file():
            assert path.stat().st_nlink == 1
            path.write_text("changed by a test")
    assert (root / "a.py").read_text() == "a"
    assert (root / "d/b.py").read_text() == "b"


def test_links_inside_lead_into_the_copy_and_links_out_are_left_away(root: Path, shadow: ShadowCopy) -> None:
    (root / "d" / "up.py").symlink_to("../a.py")
    (root / "absolute.py").symlink_to(root / "a.py")
    (root / "folder").symlink_to(root / "d")
    (root / "out").symlink_to("/etc")
    (root / "dead").symlink_to("nowhere")
    shadow.sync({})
    for link in ("d/up.py", "absolute.py"):
        assert (shadow.path / link).resolve() == shadow.path / "a.py"
    assert (shadow.path / "folder").resolve() == shadow.path / "d"
    assert not (shadow.path / "out").is_symlink()
    assert not (shadow.path / "dead").is_symlink()


def test_folders_of_packages_are_linked_not_copied_even_if_ignored(root: Path, tmp_path: Path) -> None:
    (root / ".gitignore").write_text("node_modules\n.venv\n")
    for path in (
        "node_modules/x/index.js",
        ".venv/pyvenv.cfg",
        "packages/p/node_modules/y/index.js",
        "packages/p/i.js",
    ):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    linked = ShadowCopy(root, parent=tmp_path)
    linked.sync({})
    assert linked.dependencies == (".venv", "node_modules", "packages/p/node_modules")
    assert [str((linked.path / path).readlink()) for path in linked.dependencies] == [
        str(root / path) for path in linked.dependencies
    ]
    linked.sync({})
    linked.close()
    assert (root / "node_modules/x/index.js").exists()
    left_out = ShadowCopy(root, parent=tmp_path, link_dependencies=False)
    left_out.sync({})
    # where a sandbox makes the mount point, it may stay
    (left_out.path / "node_modules").mkdir()
    left_out.sync({})
    assert (left_out.path / "node_modules").is_dir()
    assert not (left_out.path / ".venv").exists()
    left_out.close()


def test_a_file_named_besides_is_copied_even_if_ignored(root: Path, shadow: ShadowCopy) -> None:
    shadow.sync({}, also=["build/x.log", "absent", "a.py"])
    assert "build/x.log" in shadow.files()


def test_ignored_files_that_tests_may_need_are_copied_but_not_listed(root: Path, shadow: ShadowCopy) -> None:
    (root / ".gitignore").write_text("build/\n_version.py\n*.so\n*.bin\n.env\nlink.py\ntest_mine.py\n*.txt\n")
    (root / ".aiignore").write_text("private.txt\n")
    for path in ("d/_version.py", "d/fast.so", "d/private.txt", "test_mine.py", ".env", "build/_version.py"):
        (root / path).write_text("x")
    (root / "link.py").symlink_to(root / "a.py")
    age(root)
    shadow.sync({})
    assert content(shadow.path).keys() - {".gitignore", ".aiignore"} == {
        *("a.py", "d/b.py"),
        *("d/_version.py", "d/fast.so", "d/e/c.bin"),
    }
    assert shadow.files() == [".aiignore", ".gitignore", "a.py", "d/b.py"]
    assert shadow.text("d/_version.py") == "x"
    (shadow.path / "d/_version.py").write_text("spoilt")
    assert shadow.sync({}).written == 1
    assert shadow.text("d/_version.py") == "x"
    shadow.sync({"d/_version.py": "mine"})
    assert (shadow.text("d/_version.py"), "d/_version.py" in shadow.files()) == ("mine", True)
    (root / "d/_version.py").unlink()
    assert shadow.sync({}).removed == 1
    assert not (shadow.path / "d/_version.py").exists()


def test_ignored_files_never_make_a_workspace_too_big(root: Path, tmp_path: Path) -> None:
    (root / ".gitignore").write_text("build/\n*.log\n_version.py\n")
    (root / "a.log").write_text("1")
    (root / "d/_version.py").write_text("1" * 10)
    room = sum(path.stat().st_size for path in (root / "a.py", root / "d/b.py", root / "d/e/c.bin"))
    room += (root / ".gitignore").stat().st_size
    held = []
    for more in (0, 10, 11):
        shadow = ShadowCopy(root, parent=tmp_path, most_bytes=room + more, most_files=4)
        shadow.sync({})
        held.append(sorted(content(shadow.path).keys() & {"a.log", "d/_version.py"}))
        shadow.close()
    assert held == [[], ["d/_version.py"], ["a.log", "d/_version.py"]]


def test_a_workspace_too_big_to_copy_is_refused_with_the_mend(root: Path, tmp_path: Path) -> None:
    for limits, words in (({"most_files": 2}, "more than 2 files"), ({"most_bytes": 3}, r"0\.0 GB")):
        shadow = ShadowCopy(root, parent=tmp_path, **limits)
        with pytest.raises(WorkspaceError, match=words) as caught:
            shadow.sync({})
        assert ".gitignore" in str(caught.value)
        shadow.close()


def test_closing_removes_everything_twice(root: Path, tmp_path: Path) -> None:
    shadow = ShadowCopy(root, parent=tmp_path)
    shadow.sync({})
    (shadow.path / "d").chmod(0)
    shadow.close()
    shadow.close()
    assert [path.name for path in tmp_path.iterdir()] == ["project"]


def test_a_forgotten_copy_is_removed_with_its_object(root: Path, tmp_path: Path) -> None:
    shadow = ShadowCopy(root, parent=tmp_path)
    shadow.sync({})
    del shadow
    assert [path.name for path in tmp_path.iterdir()] == ["project"]


def test_a_file_that_is_not_ours_to_read_does_not_keep_the_rest_from_being_copied(
    root: Path, shadow: ShadowCopy
) -> None:
    (root / "a.py").chmod(0)
    # an administrator may read it all the same
    expected = {".gitignore", "d/b.py", "d/e/c.bin"} | (
        {"a.py"} if os.access(root / "a.py", os.R_OK) else set()
    )
    shadow.sync({})
    assert content(shadow.path).keys() == expected
    assert set(shadow.files()) == expected

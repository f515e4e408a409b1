"""Reading and writing beneath a folder while links are swapped in."""

import os
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.orchestra.workspace.safe_files import opened_folder, read_file, readable_errors


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert read_file(tmp_path, "a", 5) == b"12345"
    with pytest.raises(WorkspaceError, match=r"'a' is too big: 5 bytes, and at most 4 are read"):
        read_file(tmp_path, "a", 4)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("absent", "does not exist"),
        ("folder", "is a folder"),
        ("file/x", "not a folder"),
        ("no/x", "not exist"),
    ],
)
def test_what_cannot_be_read_is_named_with_the_reason(tmp_path: Path, path: str, words: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(WorkspaceError, match=words) as caught:
        read_file(tmp_path, path, 10)
    assert repr(path) in str(caught.value)


def test_pipes_and_devices_are_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(WorkspaceError, match="pipe, socket or device"):
        read_file(tmp_path, "pipe", 10)
    with pytest.raises(WorkspaceError, match="pipe, socket or device"):
        read_file(Path("/dev"), "zero", 10)


def test_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "link").symlink_to("secret")
    (tmp_path / "ws").mkdir()
    (tmp_path / "ws" / "out").symlink_to(tmp_path)
    for root, path in ((tmp_path, "link"), (tmp_path / "ws", "out/secret")):
        with pytest.raises(WorkspaceError):
            read_file(root, path, 10)


def test_a_folder_swapped_for_a_link_never_leads_out(tmp_path: Path) -> None:
    """1,000 reads and 1,000 writes, 1,000 times swapped for a link out and back by another thread."""
    root, outside = tmp_path / "ws", tmp_path / "outside"
    (root / "d").mkdir(parents=True)
    outside.mkdir()
    (root / "d" / "f").write_bytes(b"inside")
    (outside / "f").write_bytes(b"OUTSIDE")
    stop = threading.Event()
    swaps: list[int] = []

    def swap() -> None:
        while not stop.is_set():
            with suppress(OSError):
                (root / "d").rename(root / "away")
                (root / "d").symlink_to(outside)
                (root / "d").unlink()
                (root / "away").rename(root / "d")
                swaps.append(1)

    swapper = threading.Thread(target=swap)
    swapper.start()
    try:
        seen = []
        number = 0
        while number < 1_000 or len(swaps) < 1_000:
            number += 1
            with suppress(WorkspaceError):
                seen.append(read_file(root, "d/f", 100))
            with suppress(WorkspaceError), readable_errors("d"), opened_folder(root, "d") as folder:
                folder.create(f"new{number}", b"x")
    finally:
        stop.set()
        swapper.join()
    assert set(seen) == {b"inside"}
    assert [path.name for path in outside.iterdir()] == ["f"]


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), opened_folder(tmp_path, "a/b/c", make=True) as folder:
        assert Path(folder.path).is_dir()
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "a").mkdir()
    with pytest.raises(ZeroDivisionError), opened_folder(tmp_path, "a/b", make=True):
        raise ZeroDivisionError
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_taken_name_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with opened_folder(tmp_path, "") as folder, pytest.raises(FileExistsError):
        folder.create("a", b"new")
    assert (tmp_path / "a").read_bytes() == b"old"

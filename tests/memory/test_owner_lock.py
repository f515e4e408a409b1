"""One owner per data folder, and what is left when an owner is killed."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.contracts.ports import Clock
from codecompanion.memory.database import Database
from codecompanion.memory.errors import WorkspaceInUse
from codecompanion.memory.owner_lock import WINDOWS_LOCK_OFFSET, OwnerLock, lock_windows


def test_a_second_owner_is_refused_and_told_who_owns_it(tmp_path: Path) -> None:
    first = OwnerLock.take(tmp_path / "lock")
    with pytest.raises(WorkspaceInUse, match=f"in use by process {os.getpid()}") as refused:
        OwnerLock.take(tmp_path / "lock")
    assert refused.value.pid == os.getpid()
    first.release()
    second = OwnerLock.take(tmp_path / "lock")
    assert not second.found_unclean
    second.release()


def test_a_bad_end_is_found(tmp_path: Path) -> None:
    OwnerLock.take(tmp_path / "lock").release(clean=False)
    second = OwnerLock.take(tmp_path / "lock")
    assert second.found_unclean
    second.release()
    third = OwnerLock.take(tmp_path / "lock")
    assert not third.found_unclean
    third.release()


def test_what_is_no_process_id_is_a_clean_end(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("hello")
    lock = OwnerLock.take(tmp_path / "lock")
    assert not lock.found_unclean
    lock.release()


def test_two_processes_on_one_workspace(tmp_path: Path, clock: Clock, start_child: Callable[..., Any]) -> None:
    folder = tmp_path / ".orchestra"
    child = start_child("hold.py", folder)
    assert child.stdout.readline() == b"open\n"
    with pytest.raises(WorkspaceInUse, match=f"is in use by process {child.pid}: close the other editor"):
        Database.open(folder, clock)
    child.kill()
    child.wait()
    database = Database.open(folder, clock)
    assert database.notices == []
    database.close()


def test_an_owner_that_ends_well_hands_over(
    tmp_path: Path, clock: Clock, start_child: Callable[..., Any]
) -> None:
    child = start_child("hold.py", tmp_path)
    assert child.stdout.readline() == b"open\n"
    child.communicate(timeout=30)
    # blank but of its full length, so that a full disk can be opened again
    assert (tmp_path / "orchestra.lock").read_bytes().strip() == b""
    Database.open(tmp_path, clock).close()


def test_a_place_that_cannot_be_locked_is_named(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(WorkspaceError, match="lock cannot be written: Is a directory"):
        OwnerLock.take(tmp_path / "lock")


class _WindowsLocking:
    """Does what ``msvcrt.locking`` documents: locks bytes at the file's place, refuses what is locked."""

    LK_NBLCK = 2

    def __init__(self) -> None:
        self.locked: set[tuple[int, int]] = set()

    def locking(self, descriptor: int, mode: int, count: int) -> None:
        assert (mode, count) == (self.LK_NBLCK, 1)
        place = (os.fstat(descriptor).st_ino, os.lseek(descriptor, 0, os.SEEK_CUR))
        if place in self.locked:
            raise PermissionError(13, "Permission denied")
        self.locked.add(place)


def test_the_windows_form_locks_behind_the_process_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    windows = _WindowsLocking()
    monkeypatch.setitem(
        sys.modules, "msvcrt", SimpleNamespace(locking=windows.locking, LK_NBLCK=windows.LK_NBLCK)
    )
    descriptors = [os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT) for _ in range(2)]
    try:
        assert [lock_windows(descriptor) for descriptor in descriptors] == [True, False]
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
    assert {offset for _, offset in windows.locked} == {WINDOWS_LOCK_OFFSET}

"""Where a log can live, and what is said where it cannot."""

import errno
from pathlib import Path
from unittest.mock import Mock

import pytest

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.contracts.ports import Clock
from codecompanion.memory import care
from codecompanion.memory.data_folder import (
    BACKUPS_NAME,
    NETWORK_FILE_SYSTEMS,
    data_folder,
    file_system_of,
    prepare_folder,
    require_local_disk,
)
from codecompanion.memory.database import Database

MOUNTS = r"""/dev/vda / ext4 rw,relatime 0 0
proc /proc proc rw 0 0
server:/home /home nfs4 rw 0 0
//box/share /mnt/my\040files cifs rw 0 0
/dev/vdb /home/local ext4 rw 0 0
tmpfs /over tmpfs rw 0 0
me@host: /over fuse.sshfs rw 0 0
short line
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/work/project", "ext4"),
        ("/home/me/project", "nfs4"),
        ("/home/local/project", "ext4"),
        ("/homework", "ext4"),
        ("/mnt/my files/project", "cifs"),
        ("/over/project", "fuse.sshfs"),
        ("/proc", "proc"),
    ],
)
def test_the_deepest_and_last_mount_counts(path: str, kind: str) -> None:
    assert file_system_of(Path(path), MOUNTS) == kind


def test_an_unknown_table_of_mounts_refuses_nothing() -> None:
    assert file_system_of(Path("/work"), "") == ""
    require_local_disk(Path("/work"), "")


@pytest.mark.parametrize("kind", sorted(NETWORK_FILE_SYSTEMS))
def test_a_network_file_system_is_refused_by_name(tmp_path: Path, kind: str) -> None:
    with pytest.raises(
        WorkspaceError, match=rf"network file system \({kind}\).*choose a data folder on a local"
    ):
        require_local_disk(tmp_path, f"/dev/vda / ext4 rw 0 0\nhost:/x {tmp_path.resolve()} {kind} rw 0 0\n")


def test_the_folder_is_made_once_and_kept_out_of_git(tmp_path: Path) -> None:
    folder = data_folder(tmp_path / "project")
    prepare_folder(folder)
    assert (folder / ".gitignore").read_text() == "*\n"
    (folder / ".gitignore").write_text("mine\n")
    prepare_folder(folder)
    assert (folder / ".gitignore").read_text() == "mine\n"


def test_a_file_in_the_way_is_named(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / ".orchestra").write_text("I was here first")
    with pytest.raises(WorkspaceError, match=r"\.orchestra: a file stands where the folder should be"):
        Database.open(tmp_path / ".orchestra", clock)
    with pytest.raises(WorkspaceError, match="a file stands where the folder should be"):
        Database.open(tmp_path / ".orchestra" / "deeper", clock)
    assert (tmp_path / ".orchestra").read_text() == "I was here first"


def test_a_folder_that_cannot_be_written_is_told(clock: Clock) -> None:
    """In /proc not even the superuser can make a folder."""
    with pytest.raises(
        WorkspaceError, match=r"cannot be kept in /proc/nowhere/.orchestra: .*make the folder writable"
    ):
        Database.open(Path("/proc/nowhere/.orchestra"), clock)


CLOSED = Mock(side_effect=PermissionError(errno.EACCES, "Permission denied"))
"""The system's no, played: an administrator may look anywhere."""


def test_a_folder_of_another_user_is_told(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may not even be looked into."""
    (tmp_path / ".orchestra").mkdir()
    monkeypatch.setattr(Path, "is_symlink", CLOSED)
    with pytest.raises(
        WorkspaceError, match=r"cannot be kept in .*: Permission denied; make the folder writable"
    ):
        Database.open(tmp_path / ".orchestra", clock)


@pytest.mark.parametrize("closed", ["is_symlink", "exists", "iterdir"])
def test_a_log_of_another_user_that_is_looked_at_is_told(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, closed: str
) -> None:
    """Be it the folder or only its backups that may not be looked into."""
    folder = tmp_path / ".orchestra"
    Database.open(folder, clock).close()
    (folder / BACKUPS_NAME).mkdir()
    monkeypatch.setattr(Path, closed, CLOSED)
    with pytest.raises(
        WorkspaceError, match=r"the run log in .* cannot be read: Permission denied; make"
    ) as told:
        care.status(folder)
    assert str(folder) in str(told.value)


@pytest.mark.parametrize("name", [".", "orchestra.db", "orchestra.lock", "backups"])
def test_links_are_not_followed(tmp_path: Path, clock: Clock, name: str) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("keep me")
    folder = tmp_path / ".orchestra"
    if name == ".":
        folder.symlink_to(precious)
    else:
        folder.mkdir()
        (folder / name).symlink_to(precious / "file")
    with pytest.raises(WorkspaceError, match="is a link, and the run log never follows links"):
        Database.open(folder, clock)
    assert [(file.name, file.read_text()) for file in precious.iterdir()] == [("file", "keep me")]


def test_a_gitignore_that_is_a_link_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").symlink_to(tmp_path / "elsewhere")
    prepare_folder(tmp_path)
    assert not (tmp_path / "elsewhere").exists()

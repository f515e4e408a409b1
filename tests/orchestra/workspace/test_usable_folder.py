"""Whether a folder can be worked in."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.orchestra.workspace.usable import check_usable


def test_a_writable_folder_is_usable_and_left_as_it_was(tmp_path: Path) -> None:
    check_usable(tmp_path)
    check_usable(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_folder_is_refused_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WorkspaceError, match=r"does not exist; create it or choose another one"):
        check_usable(tmp_path / "absent")
    with pytest.raises(WorkspaceError, match=r"is a file, not a folder; choose the folder it lies in"):
        check_usable(tmp_path / "file")
    with pytest.raises(WorkspaceError, match="not an absolute path"):
        check_usable("some/where")


@pytest.mark.needs("bwrap")
def test_a_read_only_folder_is_refused_even_to_an_administrator(tmp_path: Path) -> None:
    script = (
        "import sys; from codecompanion.orchestra.workspace.usable import check_usable; "
        "from codecompanion.contracts.errors import WorkspaceError\n"
        "try: check_usable(sys.argv[1])\n"
        "except WorkspaceError as error: print(error)"
    )
    sandbox = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev"]
    command = [*sandbox, sys.executable, "-c", script, str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.strip() == (
        f"{str(tmp_path)!r} is on a read-only file system; make it writable or use another folder"
    )


def test_a_folder_that_is_closed_to_us_is_refused_and_one_that_only_looks_so_is_not(tmp_path: Path) -> None:
    """An administrator may write whatever the mode says: the system's own word is what counts for both."""
    folder = tmp_path / "shut"
    folder.mkdir()
    folder.chmod(0o555)
    if os.access(folder, os.W_OK):
        check_usable(folder)
    else:
        with pytest.raises(WorkspaceError, match="may not be opened or changed by this user"):
            check_usable(folder)
    assert list(folder.iterdir()) == []


def test_the_whole_file_system_is_no_workspace(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/")
    for root in (Path(tmp_path.anchor), tmp_path / "link"):
        with pytest.raises(WorkspaceError, match="choose the folder of one project"):
            check_usable(root)

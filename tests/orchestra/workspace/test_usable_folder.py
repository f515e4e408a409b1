"""Whether a folder can be worked in."""

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
    with pytest.raises(WorkspaceError, match=r"does not exist; create it or open another one"):
        check_usable(tmp_path / "absent")
    with pytest.raises(WorkspaceError, match=r"is a file, not a folder; open the folder it lies in"):
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

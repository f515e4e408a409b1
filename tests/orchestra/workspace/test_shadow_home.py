"""Temporary folders of processes that are gone, and of those that are not."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from codecompanion.orchestra.workspace.shadow_home import (
    ShadowHome,
    process_alive,
    remove_leftovers,
    remove_tree,
)

HOLD = (
    "import sys; from pathlib import Path\n"
    "from codecompanion.orchestra.workspace.shadow_home import ShadowHome\n"
    "home = ShadowHome(Path(sys.argv[1])); print(home.path, flush=True); sys.stdin.read()"
)


def test_a_killed_process_leaves_a_folder_that_the_next_one_removes(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        path = Path(holder.stdout.readline().strip())
        (path / "copy").mkdir()
        own = ShadowHome(tmp_path)
        assert remove_leftovers(tmp_path) == []
        assert path.is_dir()
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    assert path.is_dir()
    assert remove_leftovers(tmp_path) == [path]
    assert not path.exists()
    assert own.path.is_dir()
    own.close()
    assert list(tmp_path.iterdir()) == []


def test_a_held_folder_is_kept_though_its_process_cannot_be_seen(tmp_path: Path) -> None:
    """A process in another container may share the temporary folder, but not the process ids."""
    home = ShadowHome(tmp_path)
    unseen = home.path.rename(tmp_path / "orchestra-shadow-4194303999-abc")
    assert remove_leftovers(tmp_path) == []
    assert unseen.is_dir()
    remove_tree(unseen)
    home.close()


def test_folders_that_are_not_ours_are_kept(tmp_path: Path) -> None:
    (tmp_path / "orchestra-shadow-notes").mkdir()
    (tmp_path / "orchestra-shadow-4194303999-link").symlink_to(tmp_path)
    (tmp_path / "orchestra-shadow-4194303999-file").touch()
    assert remove_leftovers(tmp_path) == []
    assert len(list(tmp_path.iterdir())) == 3


def test_a_forked_child_leaves_the_folder_to_its_parent(tmp_path: Path) -> None:
    home = ShadowHome(tmp_path)
    home._owner = os.getpid() + 1
    home.close()
    assert home.path.is_dir()


def test_a_tree_is_removed_whatever_its_permissions_and_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "t" / "shut").mkdir(parents=True)
    (tmp_path / "t" / "shut" / "f").touch()
    (tmp_path / "kept").touch()
    (tmp_path / "t" / "link").symlink_to(tmp_path)
    (tmp_path / "t" / "shut").chmod(0)
    remove_tree(tmp_path / "t")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_process_ids_are_only_asked_where_that_is_harmless() -> None:
    assert process_alive(os.getpid())
    assert not process_alive(4_194_303_999 % (1 << 30))
    assert process_alive(1 << 70)
    assert process_alive(4_194_303, platform="win32")

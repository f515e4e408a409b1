"""The workspace as agents see it."""

from pathlib import Path

import pytest

from codecompanion.contracts.errors import WorkspaceError
from codecompanion.contracts.ports import WorkspaceView
from codecompanion.orchestra.workspace.view import Workspace


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode())


def test_it_is_a_workspace_view(tmp_path: Path) -> None:
    view: WorkspaceView = Workspace(tmp_path, diagnostics=lambda path: [f"{path}:1: wrong"])
    assert view.root == str(tmp_path)
    assert view.diagnostics("a.py") == ["a.py:1: wrong"]
    assert Workspace(tmp_path).diagnostics() == []


def test_files_are_sorted_text_files_of_disk_buffers_and_pending_edits(tmp_path: Path) -> None:
    write(tmp_path, {"b.py": "", "a/x.py": "", "pic.PNG": "", ".env": "", "x.log": "", ".gitignore": "*.log\n"})
    (tmp_path / "link.py").symlink_to("b.py")
    (tmp_path / "dead.py").symlink_to("absent")
    (tmp_path / "out.py").symlink_to("/etc/hostname")
    (tmp_path / "folder").symlink_to("a")
    view = Workspace(tmp_path, lambda: {"new/n.py": "", "buf.log": "", "../out": "", "b.py": "x"})
    view.note_pending("zz.py", "")
    assert view.files() == [".gitignore", "a/x.py", "b.py", "link.py", "new/n.py", "zz.py"]


def test_a_pending_edit_wins_over_a_buffer_and_a_buffer_over_the_disk(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "disk\r\n"})
    buffers: dict[str, str] = {}
    view = Workspace(tmp_path, lambda: buffers)
    assert view.read("a.py") == "disk\r\n"
    assert view.overlay() == {}
    buffers["a.py"] = "disk\r\n"
    assert view.overlay() == {}
    buffers["a.py"] = "buffer"
    assert view.read("./a.py") == "buffer"
    assert view.overlay() == {"a.py": "buffer"}
    view.note_pending("a.py", "pending")
    assert view.read("a.py") == "pending"
    assert view.overlay() == {"a.py": "pending"}
    view.forget_pending("a.py")
    view.forget_pending("a.py")
    assert view.read("a.py") == "buffer"
    del buffers["a.py"]
    assert view.overlay() == {}


def test_a_buffer_is_read_through_a_link_to_its_file(tmp_path: Path) -> None:
    write(tmp_path, {"real.py": "disk"})
    (tmp_path / "link.py").symlink_to("real.py")
    assert Workspace(tmp_path, lambda: {"real.py": "typed"}).read("link.py") == "typed"


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "\ufeffx = 1\n"})
    view = Workspace(tmp_path, lambda: {"b.py": "\ufeffy"})
    assert view.read("a.py") == "x = 1\n"
    assert view.read("b.py") == "y"
    assert Workspace(tmp_path, lambda: {"a.py": "x = 1\n"}).overlay() == {}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("x.png", "'x.png' is not a text file"),
        ("latin.txt", "'latin.txt' is not a UTF-8 text file"),
        ("sub/big.txt", "'sub/big.txt' is too big: 1,000,001 bytes"),
        ("absent.py", "'absent.py' does not exist"),
        ("sub", "'sub' is a folder"),
        ("../other", "leads out"),
        ("/etc/passwd", "not relative"),
        ("out", "'out' is a link that leads out"),
        ("noise.log", "kept out by .gitignore"),
        ("sub/also.log", "kept out by .gitignore"),
        ("node_modules/x/index.js", "kept out"),
        (".git/config", "secrets"),
        (".env", "secrets"),
        ("harmless", "kept out by .gitignore"),
        ("innocent", "secrets"),
    ],
)
def test_what_cannot_be_read_is_refused_in_plain_words(tmp_path: Path, path: str, words: str) -> None:
    write(
        tmp_path,
        {".gitignore": "*.log\n", "noise.log": "", "sub/also.log": "", ".env": "K=1", ".git/config": ""},
    )
    write(tmp_path, {"sub/big.txt": "a" * 1_000_001, "x.png": "\0", "node_modules/x/index.js": ""})
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    (tmp_path / "out").symlink_to("/etc/hostname")
    (tmp_path / "harmless").symlink_to("noise.log")
    (tmp_path / "innocent").symlink_to(".env")
    buffers = {".env": "K=2", "noise.log": "typed"}
    with pytest.raises(WorkspaceError, match=words):
        Workspace(tmp_path, lambda: buffers).read(path)


def test_existence_is_told_even_of_what_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": "*.log\n", "a.log": "", "a.py": "", "d/x": ""})
    (tmp_path / "out").symlink_to("/etc/hostname")
    view = Workspace(tmp_path, lambda: {"typed.py": ""})
    view.note_pending("pending.py", "")
    assert all(map(view.exists, ["a.py", "a.log", "typed.py", "pending.py", "d/x"]))
    assert not any(map(view.exists, ["b.py", "d", "out", "../a.py", "", "a\0b", "/etc/hostname"]))


def test_an_ignored_file_an_agent_wrote_is_seen(tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": "build/\n", "build/gen.py": "generated", "build/old.py": ""})
    view = Workspace(tmp_path)
    view.note_authored("build/gen.py")
    view.note_authored("build/gone.py")
    assert view.files() == [".gitignore", "build/gen.py"]
    assert view.read("build/gen.py") == "generated"
    with pytest.raises(WorkspaceError):
        view.read("build/old.py")


def test_a_pending_edit_opens_no_ignored_file_that_was_there_before(tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": "build/\n", "build/old.py": "private"})
    view = Workspace(tmp_path)
    for path in ("build/old.py", "build/new.py"):
        view.note_pending(path, "by an agent")
        assert view.read(path) == "by an agent"
        view.forget_pending(path)
    write(tmp_path, {"build/new.py": "by an agent"})
    assert view.read("build/new.py") == "by an agent"
    with pytest.raises(WorkspaceError, match="kept out"):
        view.read("build/old.py")


def test_a_listing_is_bounded_and_says_so_and_keeps_what_is_near_the_top(tmp_path: Path) -> None:
    write(tmp_path, {f"a/deep/down/{n}.py": "" for n in range(20)} | {"z.py": "", "y/b.py": ""})
    files, complete = Workspace(tmp_path, most_files=5).listing()
    assert len(files) == 5
    assert {"z.py", "y/b.py"} <= set(files)
    assert not complete
    assert Workspace(tmp_path, most_files=22).listing()[1]


def test_a_listing_is_bounded_in_time(tmp_path: Path) -> None:
    write(tmp_path, {"a/b/c/d.py": "", "x.py": ""})
    clock = iter(range(0, 1_000, 4))
    files, complete = Workspace(tmp_path, monotonic=lambda: float(next(clock))).listing()
    assert files == ["x.py"]
    assert not complete


def test_a_folder_that_is_a_link_is_opened_where_it_leads(tmp_path: Path) -> None:
    write(tmp_path, {"real/a.py": "x"})
    (tmp_path / "link").symlink_to("real")
    view = Workspace(tmp_path / "link")
    assert view.root == str(tmp_path / "real")
    assert view.read("a.py") == "x"

"""Finished edits on the disk: wholly applied and confirmed, or nothing changed."""

import asyncio
import errno
import hashlib
import os
from pathlib import Path

import pytest

from codecompanion.contracts.edits import (
    DeleteFile,
    EditOutcome,
    FileEdit,
    RenameFile,
    ReplaceBlock,
    WholeFile,
)
from codecompanion.contracts.ports import EditSink
from codecompanion.orchestra.workspace import safe_files
from codecompanion.orchestra.workspace.disk_edits import DiskEdits


async def push(root: Path, edit: FileEdit) -> EditOutcome:
    sink: EditSink = DiskEdits(root)
    return await sink.push("edit-1", edit, "a label")


def state(root: Path) -> dict[str, bytes | str]:
    """Return every file's bytes and every link's target, by path."""
    return {
        str(path.relative_to(root)): str(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in root.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }


async def test_a_new_file_is_written_with_its_folders(tmp_path: Path) -> None:
    outcome = await push(tmp_path, WholeFile(path="src/deep/app.py", text="x = 1\r\n"))
    sha256 = hashlib.sha256(b"x = 1\r\n").hexdigest()
    assert outcome == EditOutcome(edit_id="edit-1", path="src/deep/app.py", state="confirmed", sha256=sha256)
    assert state(tmp_path) == {"src/deep/app.py": b"x = 1\r\n"}
    umask = os.umask(0)
    os.umask(umask)
    assert (tmp_path / "src/deep/app.py").stat().st_mode & 0o777 == 0o666 & ~umask


async def test_new_files_are_told_of_and_changed_ones_are_not(tmp_path: Path) -> None:
    made: list[str] = []
    sink = DiskEdits(tmp_path, made.append)
    (tmp_path / "old.py").write_text("x\n")
    for path in ("old.py", "sub/new.py", "sub/new.py", "../out.py"):
        await sink.push("e", WholeFile(path=path, text="y\n"), "")
    assert made == ["sub/new.py"]


async def test_permissions_endings_and_mark_stay(tmp_path: Path) -> None:
    script = tmp_path / "run.sh"
    script.write_bytes(b"\xef\xbb\xbf#!/bin/sh\r\necho a\r\nmixed\n")
    script.chmod(0o754)
    outcome = await push(tmp_path, ReplaceBlock(path="run.sh", search="echo a", replace="echo b\necho c"))
    assert outcome.state == "confirmed"
    assert script.read_bytes() == b"\xef\xbb\xbf#!/bin/sh\r\necho b\r\necho c\r\nmixed\n"
    assert script.stat().st_mode & 0o777 == 0o754
    assert outcome.sha256 == hashlib.sha256(script.read_bytes()[3:]).hexdigest()
    await push(tmp_path, WholeFile(path="run.sh", text="#!/bin/sh\nnew\nmixed\n"))
    assert script.read_bytes() == b"\xef\xbb\xbf#!/bin/sh\r\nnew\r\nmixed\n"


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (ReplaceBlock(path="a.py", search="absent line", replace="x"), "no place in the file matches"),
        (ReplaceBlock(path="a.py", search="same", replace="x"), "match 2 places"),
        (ReplaceBlock(path="new.py", search="x", replace="y"), "'new.py' does not exist"),
        (ReplaceBlock(path="sub/new.py", search="x", replace="y"), "'sub/new.py' does not exist"),
        (WholeFile(path="../x", text=""), "leads out"),
        (WholeFile(path="/tmp/x", text=""), "not relative"),
        (WholeFile(path="out/x", text=""), "link that leads out"),
        (WholeFile(path="folder", text=""), "is a folder"),
        (WholeFile(path="a.py/x", text=""), "not a folder"),
        (WholeFile(path="pic.png", text=""), "is not a text file"),
        (WholeFile(path="latin.txt", text=""), "not a UTF-8"),
        (WholeFile(path="pipe", text=""), "pipe"),
        (WholeFile(path="a.py", text="half \ud800"), "lone surrogate"),
        (WholeFile(path=".git/hooks/pre-commit", text=""), "protected"),
        (WholeFile(path=".GIT/config", text=""), "protected"),
        (WholeFile(path="innocent/config", text=""), "protected"),
        (WholeFile(path="harmless.txt", text=""), "protected"),
        (WholeFile(path=".env", text=""), "protected"),
    ],
)
async def test_a_refused_edit_changes_nothing_and_says_why(tmp_path: Path, edit: FileEdit, words: str) -> None:
    (tmp_path / "a.py").write_text("same\nother\nsame\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "pic.png").write_bytes(b"\x89PNG\0")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    (tmp_path / ".git" / "hooks").mkdir(parents=True)
    (tmp_path / ".git" / "config").write_text("[core]")
    (tmp_path / ".mcp.json").write_text("{}")
    (tmp_path / "out").symlink_to(tmp_path.parent)
    (tmp_path / "innocent").symlink_to(".git")
    (tmp_path / "harmless.txt").symlink_to(".mcp.json")
    before = state(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    outcome = await push(tmp_path, edit)
    (tmp_path / "pipe").unlink()
    assert outcome.state == "failed"
    assert words in outcome.reason
    assert state(tmp_path) == before


async def test_a_link_inside_is_written_through_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.py").write_text("old\n")
    (tmp_path / "link.py").symlink_to("real.py")
    outcome = await push(tmp_path, WholeFile(path="link.py", text="new\n"))
    assert outcome.state == "confirmed"
    assert state(tmp_path) == {"link.py": "real.py", "real.py": b"new\n"}


async def test_a_full_disk_leaves_the_old_text_and_no_rubbish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.py").write_text("old\n")

    def full(descriptor: int, data: memoryview) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(safe_files.os, "write", full)
    for path in ("a.py", "new/b.py"):
        outcome = await push(tmp_path, WholeFile(path=path, text="new\n"))
        assert outcome.state == "failed"
        assert outcome.reason == f"{path!r} cannot be written: the disk is full"
    monkeypatch.undo()
    assert state(tmp_path) == {"a.py": b"old\n"}
    assert not (tmp_path / "new").exists()


async def test_a_change_by_someone_else_at_the_last_moment_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.py").write_text("old\n")
    create = safe_files.Folder.create

    def create_while_user_saves(folder: safe_files.Folder, name: str, data: bytes, **options: bool) -> None:
        create(folder, name, data, **options)
        (tmp_path / "a.py").write_text("typed by the user\n")

    monkeypatch.setattr(safe_files.Folder, "create", create_while_user_saves)
    outcome = await push(tmp_path, WholeFile(path="a.py", text="new\n"))
    assert outcome.state == "failed"
    assert "changed by someone else" in outcome.reason
    assert state(tmp_path) == {"a.py": b"typed by the user\n"}


async def test_many_edits_of_one_file_at_once_are_all_kept(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("".join(f"line {n}\n" for n in range(30)))
    sink = DiskEdits(tmp_path)
    edits = [ReplaceBlock(path="a.py", search=f"line {n}", replace=f"done {n}") for n in range(30)]
    outcomes = await asyncio.gather(*(sink.push(f"e{n}", edit, "") for n, edit in enumerate(edits)))
    assert {outcome.state for outcome in outcomes} == {"confirmed"}
    assert (tmp_path / "a.py").read_text() == "".join(f"done {n}\n" for n in range(30))
    assert list(state(tmp_path)) == ["a.py"]


async def test_what_others_changed_since_the_author_looked_stays(tmp_path: Path) -> None:
    base = "a = 1\r\n\r\nb = 2\r\n"
    (tmp_path / "a.py").write_bytes(b"\xef\xbb\xbfa = 1\r\n\r\nb = 2\r\nmine\r\n")
    edit = WholeFile(path="a.py", text="a = 9\n\nb = 2\n")
    outcome = await DiskEdits(tmp_path).push("e", edit, "", base)
    assert (outcome.state, outcome.held) == ("confirmed", ())
    assert (tmp_path / "a.py").read_bytes() == b"\xef\xbb\xbfa = 9\r\n\r\nb = 2\r\nmine\r\n"


async def test_what_overlaps_is_held_and_the_file_untouched(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("a = mine\n")
    outcome = await DiskEdits(tmp_path).push("e", WholeFile(path="a.py", text="a = its\n"), "", "a = 1\n")
    assert outcome.state == "failed"
    assert [(part.user, part.wanted) for part in outcome.held] == [("a = mine\n", "a = its\n")]
    assert state(tmp_path) == {"a.py": b"a = mine\n"}


async def test_a_file_is_removed_only_as_its_author_knew_it(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x\n")
    sink = DiskEdits(tmp_path)
    refused = await sink.push("e", DeleteFile(path="a.py"), "", "y\n")
    assert "changed by someone else" in refused.reason
    assert (await sink.push("e", DeleteFile(path="a.py"), "", "x\n")).state == "confirmed"
    assert state(tmp_path) == {}
    assert "does not exist" in (await sink.push("e", DeleteFile(path="a.py"), "")).reason


async def test_a_file_is_renamed_into_new_folders_and_never_over_another(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x\n")
    (tmp_path / "b.py").write_text("y\n")
    (tmp_path / "a.py").chmod(0o750)
    sink = DiskEdits(tmp_path)
    taken = await sink.push("e", RenameFile(path="a.py", to="b.py"), "")
    assert "exists already" in taken.reason
    assert (await sink.push("e", RenameFile(path="a.py", to="new/deep/a.py"), "")).state == "confirmed"
    assert state(tmp_path) == {"b.py": b"y\n", "new/deep/a.py": b"x\n"}
    assert (tmp_path / "new/deep/a.py").stat().st_mode & 0o777 == 0o750


@pytest.mark.parametrize(
    "edit",
    [
        DeleteFile(path="link.py"),
        RenameFile(path="link.py", to="b.py"),
        DeleteFile(path=".git/config"),
        RenameFile(path="real.py", to=".git/hooks/x"),
        RenameFile(path="real.py", to="../out.py"),
        DeleteFile(path="out/x.py"),
        DeleteFile(path="folder"),
    ],
)
async def test_links_and_protected_places_are_neither_removed_nor_renamed(
    tmp_path: Path, edit: FileEdit
) -> None:
    work = tmp_path / "work"
    (work / ".git").mkdir(parents=True)
    (work / "folder").mkdir()
    (work / ".git" / "config").write_text("[core]")
    (work / "real.py").write_text("x\n")
    (work / "link.py").symlink_to("real.py")
    (work / "out").symlink_to(tmp_path)
    (tmp_path / "x.py").write_text("outside\n")
    before = state(tmp_path)
    assert (await push(work, edit)).state == "failed"
    assert state(tmp_path) == before
